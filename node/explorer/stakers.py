"""Who would validate, and who stands behind others: both page by page."""

from __future__ import annotations

from itertools import islice
from typing import TypeVar

import msgspec

from node.explorer.decoding import Decoder
from node.rpc.addresses import Addresses
from node.rpc.jobs import checked_limit
from node.rpc.registry import method
from runtime.construct import Runtime
from runtime.pallets.staking import Staking
from runtime.primitives.types import AccountId

Row = TypeVar("Row", "CandidateJson", "NominatorJson")

PAGE = 50
"""Accounts of a page: a millisecond to read."""


class CandidateJson(msgspec.Struct, frozen=True):
    """Somebody who would validate and does not in this session; commission in ppb."""

    address: str
    active: str
    commission: int
    queued: bool
    """Whether it is in the next session."""


class CandidatesJson(msgspec.Struct, frozen=True):
    """A page of them, those with the most first; `next` asks for the one after it."""

    count: int
    rows: list[CandidateJson]
    next: str | None


class NominatorJson(msgspec.Struct, frozen=True):
    """Somebody whose stake, in planck, stands behind others."""

    address: str
    active: str
    targets: list[str]


class NominatorsJson(msgspec.Struct, frozen=True):
    """A page of them, those with the most first; `next` asks for the one after it."""

    count: int
    rows: list[NominatorJson]
    next: str | None


class StakersNamespace:
    """What is asked about stakes that are not at work as validators in this session.

    Pages follow each other in the order of the state; within one, the largest stake comes first.
    """

    def __init__(self, decoder: Decoder, addresses: Addresses) -> None:
        self._decoder, self._addresses = decoder, addresses

    @method("explorer_candidates")
    def candidates(self, after: str = "", limit: int = PAGE) -> CandidatesJson:
        """Return those who offered to validate and do not, behind one of them or from the first."""
        checked_limit(limit)
        best = self._decoder.best()
        runtime, seated = best.runtime, frozenset(best.runtime.session.validators)
        keys = self._decoder.keys(best, runtime.staking, Staking.validators, self._key(after))
        found = list(islice((who for who in keys if who not in seated), limit + 1))
        following = {account for account, _ in runtime.session.queued_keys}
        rows = [
            CandidateJson(
                address=self._addresses.encode(who),
                active=active_stake(runtime, who),
                commission=runtime.staking.validators[who].commission,
                queued=who in following,
            )
            for who in found[:limit]
        ]
        return CandidatesJson(candidates_in_all(runtime), by_stake(rows), self._next(found, limit))

    @method("explorer_nominators")
    def nominators(self, after: str = "", limit: int = PAGE) -> NominatorsJson:
        """Return those who stand behind validators, behind one of them or from the first on."""
        checked_limit(limit)
        best = self._decoder.best()
        staking = best.runtime.staking
        keys = self._decoder.keys(best, staking, Staking.nominators, self._key(after))
        found = list(islice(keys, limit + 1))
        rows = [
            NominatorJson(
                address=self._addresses.encode(who),
                active=active_stake(best.runtime, who),
                targets=[self._addresses.encode(one) for one in staking.nominators[who].targets],
            )
            for who in found[:limit]
        ]
        return NominatorsJson(
            staking.counter_for_nominators, by_stake(rows), self._next(found, limit)
        )

    def _key(self, address: str) -> AccountId | None:
        return self._addresses.decode(address.strip()) if address else None

    def _next(self, found: list[AccountId], limit: int) -> str | None:
        return self._addresses.encode(found[limit - 1]) if len(found) > limit else None


def candidates_in_all(runtime: Runtime) -> int:
    """Count those who offered to validate and do not in this session."""
    staking = runtime.staking
    seated = sum(who in staking.validators for who in runtime.session.validators)
    return staking.counter_for_validators - seated


def active_stake(runtime: Runtime, who: AccountId) -> str:
    """Return what of an account's bond counts, in planck."""
    bond = runtime.staking.ledger.get(who)
    return str(bond.active if bond else 0)


def by_stake(rows: list[Row]) -> list[Row]:
    """Sort accounts by their stake, the largest first."""
    return sorted(rows, key=lambda row: -int(row.active))
