"""A ledger of many assets: what pallets ask of one, and nothing else."""

from runtime.frame import DoubleMap, Map, Pallet, TokenError, Value, ensure
from runtime.frame.pallet import Context
from runtime.primitives.types import U32, AccountId, Balance


class PlainAssets(Pallet):
    """Balances by asset and account; admins and least balances are not looked at."""

    issued: Map[U32, Balance] = Map(default=0)
    known: Map[U32, AccountId] = Map()
    frozen: Map[U32, bool] = Map(default=False)
    prices: Value[tuple[tuple[U32, Balance], ...]] = Value(default=())
    """What a unit is worth to whoever asks this ledger: in one key, like the quotes of Rwa."""
    balances: DoubleMap[U32, AccountId, Balance] = DoubleMap(default=0)

    def __init__(self, context: Context) -> None:
        super().__init__(context, index=73, name="Assets")

    def exists(self, asset: int) -> bool:
        return asset in self.known

    def create(self, asset: int, admin: bytes, least: int) -> None:
        assert least > 0
        ensure(asset not in self.known, TokenError.CANNOT_CREATE)
        self.known[asset] = admin

    def total_issuance(self, asset: int) -> int:
        return self.issued[asset]

    def balance(self, asset: int, who: bytes) -> int:
        return self.balances[asset, who]

    def mint_into(self, asset: int, who: bytes, amount: int) -> None:
        ensure(asset in self.known, TokenError.UNKNOWN_ASSET)
        self.issued[asset] += amount
        self.balances[asset, who] += amount

    def burn_from(self, asset: int, who: bytes, amount: int) -> None:
        self._take(asset, who, amount)
        self.issued[asset] -= amount

    def transfer(
        self, asset: int, source: bytes, dest: bytes, amount: int, *, keep_alive: bool
    ) -> None:
        assert isinstance(keep_alive, bool)
        self._take(asset, source, amount)
        self.balances[asset, dest] += amount

    def freeze_asset(self, asset: int) -> None:
        self.frozen[asset] = True

    def thaw_asset(self, asset: int) -> None:
        self.frozen[asset] = False

    def _take(self, asset: int, who: bytes, amount: int) -> None:
        ensure(not self.frozen[asset], TokenError.FROZEN)
        ensure(amount <= self.balances[asset, who], TokenError.FUNDS_UNAVAILABLE)
        self.balances[asset, who] -= amount
