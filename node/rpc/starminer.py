"""The starminer namespace: head and accounts, decoded, for explorer and command line."""

import msgspec

from node.explorer.feed import HeadFeed, HeadJson
from node.rpc.addresses import Addresses
from node.rpc.backend import HeaderReader
from node.rpc.registry import method, subscription
from node.rpc.subscriptions import Topic
from node.rpc.values import to_hex
from node.rpc.views import Ledger


class BalanceJson(msgspec.Struct, frozen=True):
    """What an account has of a token; amounts are decimal strings in its smallest unit."""

    symbol: str
    decimals: int
    free: str
    held: str
    frozen: str


class AccountJson(msgspec.Struct, frozen=True, rename="camel"):
    """An account at the best block."""

    address: str
    public_key: str
    nonce: int
    block: int
    balances: list[BalanceJson]


class StarminerNamespace:
    """What people look at first."""

    def __init__(
        self, chain: HeaderReader, ledger: Ledger, feed: HeadFeed, addresses: Addresses
    ) -> None:
        self._chain = chain
        self._ledger = ledger
        self._feed = feed
        self._addresses = addresses

    @method("starminer_head")
    def head(self) -> HeadJson:
        """Return the best and the last final block, the lag between them, and recent blocks."""
        return self._feed.current()

    @subscription(
        "starminer_subscribeHead",
        notification="starminer_headUpdate",
        unsubscribe=("starminer_unsubscribeHead",),
    )
    def subscribe_head(self) -> Topic:
        """Follow what `starminer_head` returns."""
        return self._feed.topic

    @method("starminer_account")
    def account(self, address: str) -> AccountJson:
        """Return an account, named by SS58 or by 0x-hex, at the best block."""
        best = self._chain.best
        found = self._ledger.account(self._addresses.decode(address.strip()), best.hash)
        return AccountJson(
            address=self._addresses.encode(found.account),
            public_key=to_hex(found.account),
            nonce=found.nonce,
            block=best.number,
            balances=[
                BalanceJson(
                    symbol=token.symbol,
                    decimals=token.decimals,
                    free=str(token.free),
                    held=str(token.held),
                    frozen=str(token.frozen),
                )
                for token in found.balances
            ],
        )
