"""Validators and nominators: who authors and votes in this session, and with what at stake."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from consensus.lottery import secondary_author
from consensus.slots import Authority, Epoch
from node.backend.ledger import slot_claim
from node.explorer.decoding import DecodedBlock, Decoder
from node.explorer.readable import Json
from node.rpc.addresses import Addresses
from node.rpc.registry import method
from runtime.construct import Runtime
from runtime.primitives.types import AccountId

BLOCKS_COUNTED = 256
"""Blocks whose authors are counted: headers alone are read for it, in some milliseconds."""

SLOTS_COUNTED = 512
"""Slots of the epoch under way among which the empty ones are looked for: one hash each."""

NOMINATORS_LOOKED = 512
"""Nominators that are read, in the order of the state, to find those with the most."""

NOMINATORS_LISTED = 50

CANDIDATES_LISTED = 50
"""Validators that wait for an election."""


class ValidatorJson(msgspec.Struct, frozen=True, rename="camel"):
    """A validator; stake and bond are planck, work is micro-CU of the last blocks."""

    address: str
    voter: str | None
    """Its key in GRANDPA, as grandpa_roundState names it."""
    weight: int
    bond: str
    active: str
    behind: str
    """All that stands behind it in this era, its own and its nominators'."""
    nominators: int
    commission: int
    """In parts per billion of its rewards."""
    points: int
    """Of this era, by which the validators divide what their pot receives."""
    disabled: bool
    next_session: bool
    blocks: int
    missed: int
    """Slots of this epoch that stayed empty when it was its turn: nobody else may fill those."""
    work: int


class CandidateJson(msgspec.Struct, frozen=True):
    """Somebody who would validate and was not elected."""

    address: str
    active: str
    commission: int
    queued: bool
    """Whether it is in the next session."""


class NominatorJson(msgspec.Struct, frozen=True):
    """Somebody whose stake stands behind others."""

    address: str
    active: str
    targets: list[str]


class SlashJson(msgspec.Struct, frozen=True):
    """What is owed for an offence and not taken yet; `era` is that of the offence."""

    era: int
    record: Json


class ValidatorsJson(msgspec.Struct, frozen=True, rename="camel"):
    """The validators of the session, in order of authority; `counted` blocks and slots."""

    block: int
    session: int
    epoch: int
    era: int
    slot: int
    epoch_ends: int
    counted: int
    slots: int
    empty: int
    staked: str
    """Behind all validators of the era, in planck."""
    reward: str | None
    """Of the era before, for all of them together."""
    grandpa_set: int
    validators: list[ValidatorJson]
    candidates: list[CandidateJson]
    nominators: list[NominatorJson]
    nominator_count: int
    slashes: list[SlashJson]


class ValidatorsNamespace:
    """What is asked about those who keep the chain."""

    def __init__(self, decoder: Decoder, addresses: Addresses) -> None:
        self._decoder, self._addresses = decoder, addresses
        self._chain = decoder.chain

    @method("explorer_validators")
    def validators(self) -> ValidatorsJson:
        """Return who validates in this session, who would, and who stands behind them."""
        best = self._decoder.best()
        runtime, session, staking = best.runtime, best.runtime.session, best.runtime.staking
        era, (slots, missed) = staking.era(), self._missed(best)
        authored, counted = self._authored(best.header.hash)
        nominators = [*self._nominators(runtime)]
        return ValidatorsJson(
            block=best.header.number,
            session=session.current_index,
            epoch=runtime.babe.current_epoch(),
            era=era,
            slot=runtime.babe.current_slot,
            epoch_ends=self._epoch_begins(runtime, 1),
            counted=counted,
            slots=slots,
            empty=sum(missed.values()),
            staked=str(staking.eras_total_stake[era]),
            reward=_maybe(staking.eras_validator_reward.get(era - 1)) if era else None,
            grandpa_set=runtime.grandpa.current_set_id,
            validators=[*self._rows(best, era, authored, missed)],
            candidates=[*islice(self._candidates(runtime), CANDIDATES_LISTED)],
            nominators=sorted(nominators, key=lambda one: -int(one.active))[:NOMINATORS_LISTED],
            nominator_count=len(nominators),
            slashes=[
                SlashJson(of, best.readable.fields(slash, "Staking"))
                for of, slashes in staking.unapplied_slashes.items()
                for slash in slashes
            ],
        )

    def _rows(
        self, best: DecodedBlock, era: int, authored: dict[int, int], missed: dict[int, int]
    ) -> Iterator[ValidatorJson]:
        runtime, session, staking = best.runtime, best.runtime.session, best.runtime.staking
        weights, stakes = dict(runtime.babe.authorities), dict(session.electorate)
        work = runtime.canonical_work.of(session.validators)
        disabled = dict(session.disabled_validators)
        following = {account for account, _ in session.queued_keys}
        points = staking.eras_reward_points[era].individual
        for place, (account, proven) in enumerate(zip(session.validators, work, strict=True)):
            bond = staking.ledger.get(account)
            exposure = staking.eras_stakers_overview.get((era, account))
            keys: Any = session.next_keys.get(account)
            yield ValidatorJson(
                address=self._addresses.encode(account),
                voter=None if keys is None else self._addresses.encode(keys.grandpa),
                weight=weights.get(keys.babe, stakes.get(account, 0)) if keys else 0,
                bond=str(bond.total if bond else 0),
                active=str(bond.active if bond else 0),
                behind=str(exposure.total if exposure else 0),
                nominators=exposure.nominator_count if exposure else 0,
                commission=staking.eras_validator_prefs[era, account].commission,
                points=points.get(account, 0),
                disabled=place in disabled,
                next_session=account in following,
                blocks=authored.get(place, 0),
                missed=missed.get(place, 0),
                work=proven,
            )

    def _candidates(self, runtime: Runtime) -> Iterator[CandidateJson]:
        """Yield those who offered to validate and are not in the session."""
        session, staking = runtime.session, runtime.staking
        following = {account for account, _ in session.queued_keys}
        for account, prefs in staking.validators.items():
            if account not in session.validators:
                yield CandidateJson(
                    address=self._addresses.encode(account),
                    active=self._active(runtime, account),
                    commission=prefs.commission,
                    queued=account in following,
                )

    def _nominators(self, runtime: Runtime) -> Iterator[NominatorJson]:
        for account, held in islice(runtime.staking.nominators.items(), NOMINATORS_LOOKED):
            targets = [self._addresses.encode(one) for one in held.targets]
            yield NominatorJson(
                self._addresses.encode(account), self._active(runtime, account), targets
            )

    def _active(self, runtime: Runtime, account: AccountId) -> str:
        bond = runtime.staking.ledger.get(account)
        return str(bond.active if bond else 0)

    def _authored(self, block_hash: bytes) -> tuple[dict[int, int], int]:
        """Count the blocks of each authority among the last ones, and these."""
        authored: dict[int, int] = {}
        counted = 0
        while counted < BLOCKS_COUNTED:
            header = self._chain.header(block_hash)
            claim = None if header is None else slot_claim(header)
            if header is None or claim is None:
                break
            authored[claim.authority_index] = authored.get(claim.authority_index, 0) + 1
            counted, block_hash = counted + 1, header.parent_hash
        return authored, counted

    def _missed(self, best: DecodedBlock) -> tuple[int, dict[int, int]]:
        """Count the slots of this epoch so far, and the empty ones by whose turn they were.

        Who wins a slot by lot is known to itself alone; that nobody filled it means at least that
        the one whose turn it was anyway did not.
        """
        babe = best.runtime.babe
        epoch = Epoch(
            babe.current_epoch(),
            self._epoch_begins(best.runtime, 0),
            babe.randomness,
            tuple(Authority(public, weight) for public, weight in babe.authorities),
        )
        first = max(epoch.start_slot, babe.current_slot - SLOTS_COUNTED + 1)
        filled, header = set[int](), self._chain.header(best.header.hash)
        while header is not None and (claim := slot_claim(header)) and claim.slot >= first:
            filled.add(claim.slot)
            header = self._chain.header(header.parent_hash)
        missed: dict[int, int] = {}
        for slot in range(first, babe.current_slot):
            if slot not in filled:
                turn = secondary_author(epoch, slot)
                missed[turn] = missed.get(turn, 0) + 1
        return babe.current_slot + 1 - first, missed

    def _epoch_begins(self, runtime: Runtime, later: int) -> int:
        """Return the first slot of an epoch: this one, or one that comes so much later."""
        epoch_slots = self._decoder.executive.config.epoch_slots
        return runtime.babe.genesis_slot + (runtime.babe.current_epoch() + later) * epoch_slots


def _maybe(planck: int | None) -> str | None:
    return None if planck is None else str(planck)
