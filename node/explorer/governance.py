"""Referenda as people follow them: what is proposed, how it stands, and what it would need."""

from __future__ import annotations

import msgspec

from node.explorer.blocks import missing
from node.explorer.decoding import DecodedBlock, Decoder
from node.explorer.readable import Json
from node.rpc.addresses import Addresses
from node.rpc.registry import method
from runtime.frame.preimages import BoundedCall
from runtime.pallets.referenda import Referenda, TrackDetails, enactment_name
from runtime.pallets.referenda.types import Killed, Ongoing, ReferendumInfo, ReferendumStatus
from runtime.primitives.compact import DecodeError
from runtime.primitives.fixed import Perbill

REFERENDA_LISTED = 100
"""The newest ones."""

CURVE_STEPS = 40
"""Straight pieces of a drawn curve."""


class ReferendumRowJson(msgspec.Struct, frozen=True):
    """A referendum in one line."""

    index: int
    state: str
    track: str | None
    since: int
    call: str | None
    ayes: str | None
    """Planck of AMAX with conviction, as are the nays; null once it is over."""
    nays: str | None
    support: float | None
    """In percent of all that may vote."""
    ends: int | None
    """The block at which it is decided, or approved if it goes on passing; null if none is set."""


class CurveJson(msgspec.Struct, frozen=True):
    """What is needed at a block of the decision, in percent."""

    block: int
    approval: float
    support: float


class ReferendumJson(msgspec.Struct, frozen=True, rename="camel"):
    """A referendum; votes are planck of AMAX, `approval` and `support` percent."""

    index: int
    state: str
    since: int
    block: int
    track: str | None
    origin: Json
    call: Json
    proposer: str | None
    ayes: str
    nays: str
    supporting: str
    electorate: str
    approval: float
    support: float
    decides_until: int | None
    confirms_at: int | None
    curve: list[CurveJson]
    outcome: Json
    """What its call led to, once it was made: its block, and `Ok` or the error."""
    status: Json


class GovernanceNamespace:
    """What is asked about referenda."""

    def __init__(self, decoder: Decoder, addresses: Addresses) -> None:
        self._decoder, self._addresses = decoder, addresses

    @method("explorer_referenda")
    def referenda(self, below: int | None = None) -> list[ReferendumRowJson]:
        """Return the newest 100 referenda, or those below a number, newest first."""
        best = self._decoder.best()
        pallet = best.runtime.referenda
        last = pallet.referendum_count if below is None else min(below, pallet.referendum_count)
        newest = range(last - 1, -1, -1)[:REFERENDA_LISTED]
        found = ((index, pallet.referendum_info_for.get(index)) for index in newest)
        return [row_of(best, index, info) for index, info in found if info is not None]

    @method("explorer_referendum")
    def referendum(self, index: int) -> ReferendumJson:
        """Return a referendum with its call and its curve."""
        best = self._decoder.best()
        pallet = best.runtime.referenda
        info = pallet.referendum_info_for.get(index)
        if info is None:
            raise missing(f"no referendum {index}: {pallet.referendum_count} were submitted")
        if isinstance(info, Ongoing):
            return self._ongoing(best, index, info.status)
        electorate = best.runtime.amax.active_issuance()
        return ReferendumJson(
            index=index,
            state=state_of(info),
            since=info.since,
            block=best.header.number,
            track=None,
            origin=None,
            call=None,
            proposer=None,
            ayes="0",
            nays="0",
            supporting="0",
            electorate=str(electorate),
            approval=0.0,
            support=0.0,
            decides_until=None,
            confirms_at=None,
            curve=[],
            outcome=outcome_of(best, index),
            status=best.readable.show(None, info, "Referenda"),
        )

    def _ongoing(self, best: DecodedBlock, index: int, status: ReferendumStatus) -> ReferendumJson:
        pallet, deciding = best.runtime.referenda, status.deciding
        rules, electorate = pallet.rules(status.track), best.runtime.amax.active_issuance()
        since = best.header.number if deciding is None else deciding.since
        return ReferendumJson(
            index=index,
            state=state_of(Ongoing(status)),
            since=status.submitted,
            block=best.header.number,
            track=rules.name,
            origin=best.readable.show(None, status.origin, "Referenda"),
            call=call_of(best, status.proposal),
            proposer=self._addresses.encode(status.submission_deposit.who),
            ayes=str(status.tally.ayes),
            nays=str(status.tally.nays),
            supporting=str(status.tally.support),
            electorate=str(electorate),
            approval=percent(status.tally.approval()),
            support=percent(status.tally.support_of(electorate)),
            decides_until=decides_at(pallet, index, status),
            confirms_at=None if deciding is None else deciding.confirming,
            curve=curve_of(rules, since),
            outcome=None,
            status=best.readable.show(None, status, "Referenda"),
        )


def row_of(best: DecodedBlock, index: int, info: ReferendumInfo) -> ReferendumRowJson:
    """Return a referendum in one line."""
    if not isinstance(info, Ongoing):
        return ReferendumRowJson(
            index, state_of(info), None, info.since, None, None, None, None, None
        )
    status = info.status
    called = call_of(best, status.proposal)
    name = called["name"] if isinstance(called, dict) else None
    pallet, electorate = best.runtime.referenda, best.runtime.amax.active_issuance()
    confirms = None if status.deciding is None else status.deciding.confirming
    return ReferendumRowJson(
        index=index,
        state=state_of(info),
        track=pallet.rules(status.track).name,
        since=status.submitted,
        call=name,
        ayes=str(status.tally.ayes),
        nays=str(status.tally.nays),
        support=percent(status.tally.support_of(electorate)),
        ends=confirms or decides_at(pallet, index, status),
    )


def decides_at(pallet: Referenda, index: int, status: ReferendumStatus) -> int | None:
    """Return the block at which a referendum is decided; None before its decision has begun."""
    if status.deciding is None:
        return None
    period = pallet.rules(status.track).decision_period
    return pallet.decision_end.get(index) or status.deciding.since + period


def state_of(info: ReferendumInfo) -> str:
    """Return the state of a referendum in a word."""
    if isinstance(info, Ongoing):
        status = info.status
        if status.deciding is not None:
            return "deciding" if status.deciding.confirming is None else "confirming"
        if status.in_queue:
            return "queued"
        return "preparing" if status.decision_deposit is not None else "without deposit"
    return "killed" if isinstance(info, Killed) else type(info).__name__.lower()


def outcome_of(best: DecodedBlock, index: int) -> Json:
    """Return what the call of a referendum that passed led to; None before it was made."""
    outcome = best.runtime.scheduler.outcomes.get(enactment_name(index))
    return best.readable.show(None, outcome, "Scheduler")


def call_of(best: DecodedBlock, bounded: BoundedCall) -> Json:
    """Return the call that a referendum proposes, or why it cannot be shown."""
    raw = best.runtime.preimage.peek(bounded)
    if raw is None:
        return "its preimage is not on the chain"
    try:
        return best.readable.call(best.calls.decode(raw))
    except DecodeError as error:
        return f"not a call of this runtime: {error}"


def curve_of(rules: TrackDetails, since: int) -> list[CurveJson]:
    """Return what a track asks for in the course of a decision that began at a block."""
    curve = []
    for step in range(CURVE_STEPS + 1):
        elapsed = Perbill.from_ratio(step, CURVE_STEPS)
        curve.append(
            CurveJson(
                block=since + rules.decision_period * step // CURVE_STEPS,
                approval=percent(Perbill(rules.min_approval.threshold(elapsed))),
                support=percent(Perbill(rules.min_support.threshold(elapsed))),
            )
        )
    return curve


def percent(part: Perbill) -> float:
    """Return a fraction in percent, for people and charts."""
    return part.parts / 10**7
