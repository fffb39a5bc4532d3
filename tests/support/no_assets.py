"""A ledger of assets that has none, for a treasury that pays AGPU and AMAX alone."""

from runtime.frame import DispatchError, TokenError


class NoAssets:
    """There is no asset, nobody has any, and none moves."""

    def exists(self, asset: int) -> bool:
        return False

    def balance(self, asset: int, who: bytes) -> int:
        return 0

    def minimum(self, asset: int) -> int:
        return 0

    def move(
        self,
        asset: int,
        source: bytes,
        dest: bytes,
        amount: int,
        *,
        payer: bytes,
        keep_alive: bool,
    ) -> None:
        raise DispatchError(TokenError.UNKNOWN_ASSET)
