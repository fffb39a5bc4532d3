"""Validators and nominators: who authors and votes in this session, and with what at stake."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

import msgspec

from node.explorer.decoding import DecodedBlock, Decoder
from node.explorer.index import Index
from node.explorer.readable import Json
from node.explorer.records import SlotRow
from node.explorer.slots import epoch_of
from node.explorer.stakers import candidates_in_all
from node.rpc.addresses import Addresses
from node.rpc.registry import method
from runtime.primitives.types import AccountId

EPOCHS_COUNTED = 48
"""Epochs whose slots are counted: a row of a heat map that a phone can scroll."""

SLOT_ROWS = 2_400
"""Rows of the index that are read for it, in some milliseconds: of 100 validators 24 epochs."""


class SlotsJson(msgspec.Struct, frozen=True):
    """Slots of an epoch that were filled, and that stayed empty when it was somebody's turn."""

    epoch: int
    blocks: int
    missed: int


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
    """Slots that it filled in the epochs that are counted."""
    missed: int
    """Slots that stayed empty in them when it was its turn: nobody else may fill those."""
    slots: list[SlotsJson]
    """The same by epoch, newest first; it had no slot in those that are left out."""
    work: int


class SlashJson(msgspec.Struct, frozen=True):
    """What is owed for an offence and not taken yet; `era` is that of the offence."""

    era: int
    record: Json


class ValidatorsJson(msgspec.Struct, frozen=True, rename="camel"):
    """The validators of the session, in order of authority; `epochs` are those counted."""

    block: int
    session: int
    epoch: int
    era: int
    slot: int
    epoch_ends: int
    epochs: list[SlotsJson]
    """Slots of the last epochs, newest first, of whoever validated then."""
    staked: str
    """Behind all validators of the era, in planck."""
    reward: str | None
    """Of the era before, for all of them together."""
    grandpa_set: int
    validators: list[ValidatorJson]
    candidate_count: int
    """Those who would validate and do not: explorer_candidates lists them."""
    nominator_count: int
    """Those who stand behind others: explorer_nominators lists them."""
    slashes: list[SlashJson]


class ValidatorsNamespace:
    """What is asked about those who keep the chain."""

    def __init__(self, decoder: Decoder, index: Index, addresses: Addresses) -> None:
        self._decoder, self._index, self._addresses = decoder, index, addresses

    @method("explorer_validators")
    def validators(self) -> ValidatorsJson:
        """Return who validates in this session, who would, and who stands behind them."""
        best = self._decoder.best()
        runtime, session, staking = best.runtime, best.runtime.session, best.runtime.staking
        era, slots = staking.era(), self._slots()
        epoch = epoch_of(self._decoder, runtime)
        return ValidatorsJson(
            block=best.header.number,
            session=session.current_index,
            epoch=epoch.index,
            era=era,
            slot=runtime.babe.current_slot,
            epoch_ends=epoch.start_slot + self._decoder.executive.config.epoch_slots,
            epochs=[one.json() for one in slots],
            staked=str(staking.eras_total_stake[era]),
            reward=_maybe(staking.eras_validator_reward.get(era - 1)) if era else None,
            grandpa_set=runtime.grandpa.current_set_id,
            validators=[*self._rows(best, era, slots)],
            candidate_count=candidates_in_all(runtime),
            nominator_count=staking.counter_for_nominators,
            slashes=[
                SlashJson(of, best.readable.fields(slash, "Staking"))
                for of, slashes in staking.unapplied_slashes.items()
                for slash in slashes
            ],
        )

    def _rows(
        self, best: DecodedBlock, era: int, slots: list[EpochSlots]
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
            own = [
                SlotsJson(one.epoch, row.blocks, row.missed)
                for one in slots
                if (row := one.by.get(account))
            ]
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
                blocks=sum(one.blocks for one in own),
                missed=sum(one.missed for one in own),
                slots=own,
                work=proven,
            )

    def _slots(self) -> list[EpochSlots]:
        """Return who filled and missed how many slots in each of the last epochs, newest first."""
        rows = self._index.slots(SLOT_ROWS)
        by_epoch = [
            EpochSlots(epoch, {who: row for _, who, row in found})
            for epoch, found in groupby(rows, key=lambda row: row[0])
        ]
        # the last one read may have been cut in the middle
        is_cut = len(rows) == SLOT_ROWS and len(by_epoch) > 1
        return by_epoch[: len(by_epoch) - is_cut][:EPOCHS_COUNTED]


class EpochSlots(NamedTuple):
    """An epoch, and what each account did with its slots in it."""

    epoch: int
    by: dict[AccountId, SlotRow]

    def json(self) -> SlotsJson:
        """Return the slots of all together."""
        rows = self.by.values()
        return SlotsJson(
            self.epoch, sum(row.blocks for row in rows), sum(row.missed for row in rows)
        )


def _maybe(planck: int | None) -> str | None:
    return None if planck is None else str(planck)
