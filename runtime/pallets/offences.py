"""Offences: which rules were broken, by whom, and how many did it at the same time.

Whoever proves an offence reports it through the pallet whose rule it is. Here it is counted, once:
what it costs depends on how many offended in the same time slot, so each report may raise what the
others owe. Reports are forgotten with the session that they are of, when nobody could report it
again. Source: FRAME, `pallet_offences`, which keeps them for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Annotated

from runtime.frame import Context, DoubleMap, Map, Pallet, Value, Weight, event, invariant
from runtime.frame.offence import (
    MAX_OFFENDERS,
    Kind,
    OffenceDetails,
    OffenceHandler,
    OpaqueTimeSlot,
    ProvenOffence,
)
from runtime.primitives.hashing import TWOX_64_CONCAT, blake2_256
from runtime.primitives.scale import encode
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U32, AccountId, BlockNumber

MAX_PRUNED = 16
"""Reports forgotten in a block: more than can be filed in as many, all validators being away in
each session."""

LOOK = Weight(reads=4, writes=1)
"""The first session whose reports are kept, and the first whose offences are punished."""
FORGET = Weight(reads=2, writes=3)
"""A report, where it is filed, and where it is counted."""
PRUNE = LOOK + FORGET * MAX_PRUNED

Reported = tuple[Kind, OpaqueTimeSlot, AccountId]
"""What makes two reports one: not what the offender had at stake, which sessions may tell apart."""


@dataclass(frozen=True, slots=True)
class Filing:
    """Where a report is counted."""

    kind: Kind
    time_slot: OpaqueTimeSlot


@event
class Offence:
    """A broken rule was reported: which, and when. It happens once for each report."""

    kind: Kind
    timeslot: OpaqueTimeSlot


class Offences(Pallet):
    """Which rules were broken, by whom, and how many did it at the same time."""

    events = (Offence,)

    reports: Map[H256, OffenceDetails] = Map(hasher=TWOX_64_CONCAT)
    """Offenders and who reported them, by the hash of kind, time slot and offender."""
    concurrent_reports_index: DoubleMap[
        Kind, OpaqueTimeSlot, Annotated[tuple[H256, ...], Bounded(MAX_OFFENDERS)]
    ] = DoubleMap(default=(), hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT))
    """The reports of one kind in one time slot."""
    filed: DoubleMap[U32, H256, Filing] = DoubleMap(hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT))
    """Where each report is counted, by its session: what to forget when the session is too old."""
    filed_since: Value[U32] = Value(default=0)
    """The first session whose reports are kept."""

    def __init__(
        self, context: Context, handler: OffenceHandler, *, index: int, name: str = "Offences"
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.handler = handler

    def report_offence(self, reporter: AccountId | None, offence: ProvenOffence) -> bool:
        """Count an offence and let its offenders pay; return False if it was reported before.

        The offender itself earns nothing by a report.
        """
        return self.report_together(reporter, (offence,))

    def report_together(
        self, reporter: AccountId | None, offences: tuple[ProvenOffence, ...]
    ) -> bool:
        """Count what several did by one rule, in one time slot, and let all of them pay once.

        Return False if each of them was reported before.
        """
        new = tuple(one for one in offences if report_id(one) not in self.reports)
        if not new:
            return False
        for one in new:
            self._file(reporter, one)
        first = new[0]
        concurrent = self.concurrent_reports_index[first.kind, first.time_slot]
        offenders = tuple(self.reports[report] for report in concurrent)
        fraction = first.slash_fraction(len(offenders))
        self.handler.on_offence(offenders, fraction, first.session_index, disables=first.disables)
        self.deposit(Offence(first.kind, first.time_slot))
        return True

    def is_known_offence(self, offence: ProvenOffence) -> bool:
        """Return whether the offence was reported before."""
        return report_id(offence) in self.reports

    def on_poll(self, number: BlockNumber, left: int) -> Weight:  # noqa: ARG002
        """Forget some reports of sessions whose offences are not punished any more."""
        if left < PRUNE.ref_time:
            return Weight()
        session = self.filed_since
        if session >= self.handler.oldest_session():
            return LOOK
        pruned = tuple(islice(self.filed.items_under(session), MAX_PRUNED))
        for (_, report), filing in pruned:
            del self.reports[report]
            del self.filed[session, report]
            place = filing.kind, filing.time_slot
            others = tuple(one for one in self.concurrent_reports_index[place] if one != report)
            self.concurrent_reports_index[place] = others
        if len(pruned) < MAX_PRUNED:
            self.filed_since = session + 1
        return LOOK + FORGET * len(pruned)

    def _file(self, reporter: AccountId | None, offence: ProvenOffence) -> None:
        """Keep a report where it is counted, and where it is forgotten."""
        kind, time_slot, offender = offence.kind, offence.time_slot, offence.offender
        report = report_id(offence)
        reporters = () if reporter is None or reporter == offender[0] else (reporter,)
        self.reports[report] = OffenceDetails(offender, reporters)
        concurrent = (*self.concurrent_reports_index[kind, time_slot], report)
        self.concurrent_reports_index[kind, time_slot] = concurrent
        self.filed[offence.session_index, report] = Filing(kind, time_slot)

    @invariant
    def each_report_is_counted_once(self) -> bool:
        """Equal: the reports, those counted by time slot, and those filed by session."""
        reports = sorted(report for report, _ in self.reports.items())
        counted = [one for _, listed in self.concurrent_reports_index.items() for one in listed]
        filed = sorted(report for (_, report), _ in self.filed.items())
        return reports == sorted(counted) == filed


def report_id(offence: ProvenOffence) -> H256:
    """Return what names a report: nobody is punished twice for one offence."""
    reported = (offence.kind, offence.time_slot, offence.offender[0])
    return blake2_256(encode(reported, Reported))
