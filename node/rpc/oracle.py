"""The oracle over RPC: who reports, and how each feed stands."""

import msgspec

from genesis.notation import decimal_of
from node.rpc.addresses import Addresses
from node.rpc.backend import HeaderReader
from node.rpc.blocks import block_hash_or_best
from node.rpc.registry import method
from node.rpc.runtime_api import TypedRuntime
from node.rpc.values import Hash
from runtime.pallets.oracle import FeedHealth


class FeedJson(msgspec.Struct, frozen=True, rename="camel"):
    """A feed; values are decimal strings with a point, null where there is none or it is stale.

    The average is over 24 epochs, weighted by time; observedAt is in ms since 1970.
    """

    id: int
    name: str
    decimals: int
    value: str | None
    average: str | None
    observed_at: int
    updated_at: int
    reports: int
    is_healthy: bool
    round: int
    committed: int
    revealed: int


class OracleHealthJson(msgspec.Struct, frozen=True, rename="camel"):
    """The members that report, those that are jailed, and every feed."""

    members: list[str]
    jailed: list[str]
    round: int
    round_blocks: int
    feeds: list[FeedJson]


class OracleNamespace:
    """What is known from outside the chain."""

    def __init__(self, chain: HeaderReader, runtime: TypedRuntime, addresses: Addresses) -> None:
        self._chain, self._runtime, self._addresses = chain, runtime, addresses

    @method("oracle_health")
    def health(self, at: Hash | None = None) -> OracleHealthJson:
        """Return who reports, and how each feed stands: value, average, health, round."""
        found = self._runtime.oracle_health(block_hash_or_best(self._chain, at))
        return OracleHealthJson(
            members=[self._addresses.encode(who) for who in found.members],
            jailed=[self._addresses.encode(who) for who in found.jailed],
            round=found.round,
            round_blocks=found.round_blocks,
            feeds=[_feed_json(feed) for feed in found.feeds],
        )


def _feed_json(feed: FeedHealth) -> FeedJson:
    return FeedJson(
        id=feed.id,
        name=feed.name.decode(errors="replace"),
        decimals=feed.decimals,
        value=_decimal(feed.value, feed.decimals),
        average=_decimal(feed.average, feed.decimals),
        observed_at=feed.observed_at,
        updated_at=feed.updated_at,
        reports=feed.reports,
        is_healthy=feed.is_healthy,
        round=feed.round,
        committed=feed.committed,
        revealed=feed.revealed,
    )


def _decimal(units: int | None, decimals: int) -> str | None:
    return None if units is None else decimal_of(units, decimals)
