"""Behaviour over RPC: the score of an account, what it earned by which rule, whom it brought."""

import msgspec

from node.rpc.addresses import Addresses
from node.rpc.backend import HeaderReader
from node.rpc.blocks import block_hash_or_best
from node.rpc.errors import invalid_params
from node.rpc.registry import method
from node.rpc.runtime_api import TypedRuntime
from node.rpc.values import Hash
from runtime.pallets.mining import BehaviourScore, Claimable
from runtime.pallets.mining.records import Items
from runtime.pallets.referral import ReferredBy, Tree
from runtime.primitives.scale import decode, encode
from runtime.primitives.types import U64, U64_MAX, AccountId


class ScorePartsJson(msgspec.Struct, frozen=True):
    """The five dimensions of a score, each in parts per billion."""

    compute: int
    stake: int
    governance: int
    infra: int
    referral: int


class ScoreJson(msgspec.Struct, frozen=True, rename="camel"):
    """The score of an account in an epoch, in parts per billion; final once the epoch is closed.

    `claimable` is what the account can claim of each pool now, in planck, as decimal strings.
    """

    epoch: int
    is_final: bool
    score: int
    parts: ScorePartsJson
    claimable: dict[str, str]


class EarnedJson(msgspec.Struct, frozen=True):
    """What a rule paid, in planck, as a decimal string."""

    rule: str
    amount: str


class EarningsJson(msgspec.Struct, frozen=True):
    """What an account earned in an epoch: by each rule, and in all."""

    epoch: int
    items: list[EarnedJson]
    total: str


class RefereeJson(msgspec.Struct, frozen=True, rename="camel"):
    """An account that somebody brought; amounts on hold in planck, as decimal strings."""

    account: str
    since_era: int
    is_active: bool
    vesting: str
    claimable: str


class ReferralTreeJson(msgspec.Struct, frozen=True, rename="camel"):
    """Who brought an account and since which era, what its referees earned it, and who they are."""

    referrer: str | None
    since_era: int | None
    earned: str
    referees: list[RefereeJson]


class MiningNamespace:
    """What accounts ask about their behaviour and their earnings."""

    def __init__(self, chain: HeaderReader, runtime: TypedRuntime, addresses: Addresses) -> None:
        self._chain, self._runtime, self._addresses = chain, runtime, addresses

    @method("mining_score")
    def score(self, account: str, epoch: int | None = None, at: Hash | None = None) -> ScoreJson:
        """Return the score of an account in an epoch, or in the one under way."""
        if epoch is not None:
            _check_epoch(epoch)
        who, block = self._addresses.decode(account), block_hash_or_best(self._chain, at)
        asked = encode((who, epoch), tuple[AccountId, U64 | None])
        found = decode(self._runtime.call("MiningApi_score", asked, block), BehaviourScore)
        return _score_json(found, self._claimable(who, block))

    @method("earnings_get")
    def earnings(self, account: str, epoch: int, at: Hash | None = None) -> EarningsJson:
        """Return what an account earned in an epoch by each rule; the last 84 closed are known."""
        _check_epoch(epoch)
        who, block = self._addresses.decode(account), block_hash_or_best(self._chain, at)
        asked = encode((who, epoch), tuple[AccountId, U64])
        found: Items = decode(self._runtime.call("MiningApi_earnings", asked, block), Items)
        items = [EarnedJson(one.rule.name.lower(), str(one.amount)) for one in found]
        return EarningsJson(epoch, items, str(sum(one.amount for one in found)))

    @method("referral_tree")
    def tree(self, account: str, at: Hash | None = None) -> ReferralTreeJson:
        """Return who brought an account, and whom it brought, a thousand at most."""
        who, block = self._addresses.decode(account), block_hash_or_best(self._chain, at)
        answer = self._runtime.call("ReferralApi_tree", encode(who, AccountId), block)
        return self._tree_json(decode(answer, Tree))

    def _claimable(self, who: bytes, block: bytes) -> dict[str, str]:
        answer = self._runtime.call("MiningApi_claimable", encode(who, AccountId), block)
        found: tuple[Claimable, ...] = decode(answer, tuple[Claimable, ...])
        return {one.pool.name.lower(): str(one.amount) for one in found}

    def _tree_json(self, found: Tree) -> ReferralTreeJson:
        link = found.referrer
        return ReferralTreeJson(
            referrer=None if link is None else self._addresses.encode(link.referrer),
            since_era=None if link is None else link.since,
            earned=str(found.earned),
            referees=[self._referee_json(one) for one in found.referees],
        )

    def _referee_json(self, one: ReferredBy) -> RefereeJson:
        return RefereeJson(
            account=self._addresses.encode(one.referee),
            since_era=one.since,
            is_active=one.is_active,
            vesting=str(one.vesting),
            claimable=str(one.claimable),
        )


def _check_epoch(epoch: int) -> None:
    if not 0 <= epoch <= U64_MAX:
        raise invalid_params(f"wanted an epoch from 0 to {U64_MAX}, got {epoch}")


def _score_json(found: BehaviourScore, claimable: dict[str, str]) -> ScoreJson:
    parts = found.parts
    return ScoreJson(
        epoch=found.epoch,
        is_final=found.is_final,
        score=found.score,
        parts=ScorePartsJson(
            compute=parts.compute,
            stake=parts.stake,
            governance=parts.governance,
            infra=parts.infra,
            referral=parts.referral,
        ),
        claimable=claimable,
    )
