"""Audits: verified segments are drawn by chance, and checked in full by validators before they pay.

The sample that every importer checks misses a cheat on few leaves. So each verified segment waits
two blocks for the draw; one that is drawn waits for a committee. Its members are known to nobody
until they speak: each proves by its VRF that it is drawn, commits to a sealed verdict, and shows it
once the time to commit is over, with leaves that only who had all the bytes can show.
Source: design pages "Compute", Protocol, item 3, and "Economy", section 5.10.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from runtime.compute.audit import (
    COMMITTEE,
    Finding,
    is_audited,
)
from runtime.compute.job import JobSpec
from runtime.compute.reading import Reading
from runtime.compute.receipt import Commitment
from runtime.frame import (
    Context,
    Map,
    Origin,
    Pallet,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_none,
    ensure_signed,
    invariant,
    require,
)
from runtime.frame.fungible import Currency
from runtime.frame.offence import OffenceReports
from runtime.frame.unsigned import Admission, admitted
from runtime.pallets.audits import events, weights
from runtime.pallets.audits.closing import Closing
from runtime.pallets.audits.committee import next_size, outcome_of
from runtime.pallets.audits.events import Error
from runtime.pallets.audits.judging import WHY_NOT, Judge
from runtime.pallets.audits.records import (
    MAX_AUDITORS,
    MAX_OPEN,
    SILENT,
    WISHES_UNTIL,
    Audit,
    Auditor,
    Config,
    Phase,
    Ports,
    Seat,
)
from runtime.pallets.audits.wakes import MAX_WAKES, Wakes
from runtime.primitives import vrf
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.membership import AUDIT_KEY
from runtime.primitives.scale import encode
from runtime.primitives.schema import Bounded, Fixed
from runtime.primitives.types import H256, U32, U64, AccountId, BlockNumber

DRAW_DELAY = 2
"""Blocks from a verification to its draw: its author may write the next one too."""
SHOWN_DELAY = 1
"""Blocks from the end of the commitments, which is known a block later, to the challenge."""
MAX_STEPS = 64
"""Audits moved on in one block: four times as many as a block verifies segments. What they cost
bounds them too; the rest waits for the next block."""

VrfProof = Annotated[bytes, Fixed(vrf.PROOF_BYTES)]
Signature64 = Annotated[bytes, Fixed(64)]


class Audits(Pallet):
    """Verified segments are drawn by chance, and checked in full before they are paid."""

    events = events.EVENTS
    errors = Error
    gossiped_unsigned = ("commit", "reveal")

    next_audit_id: Value[U64] = Value(default=0)
    """The id of the next verified segment."""
    audits: Map[U64, Audit] = Map(hasher=TWOX_64_CONCAT)
    """Verified segments that may be or are audited, and audits that were closed not long ago."""
    open_audits: Value[U32] = Value(default=0)
    """Audits under way."""
    kept_audits: Value[U32] = Value(default=0)
    """Closed audits that are kept."""
    wakes: Map[BlockNumber, Annotated[tuple[U64, ...], Bounded(MAX_WAKES)]] = Map(
        default=(), hasher=TWOX_64_CONCAT
    )
    """Audits, by the block in which they may have to move on."""
    wake_cursor: Value[BlockNumber] = Value(default=0)
    """The first block whose list is not worked off."""
    auditors: Map[U32, Annotated[tuple[Auditor, ...], Bounded(MAX_AUDITORS)]] = Map(
        default=(), hasher=TWOX_64_CONCAT
    )
    """The validators of sessions that audits under way are drawn from."""
    drawn_from: Map[U32, U32] = Map(default=0, hasher=TWOX_64_CONCAT)
    """How many audits under way are drawn from each session."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        ports: Ports,
        offences: OffenceReports,
        config: Config,
        *,
        index: int,
        name: str = "Audits",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.currency, self.ports, self.offences = currency, ports, offences
        self.config = config
        self.timers, self.closing, self.judge = Wakes(self), Closing(self), Judge(self)

    # ------------------------------------------------------------------------------------- calls

    @call(0, weight=weights.COMMIT, pays_fee=False)
    def commit(
        self,
        origin: Origin,
        audit: U64,
        auditor: AccountId,
        proof: VrfProof,
        sealed: H256,
        signature: Signature64,
    ) -> None:
        """Commit to a verdict on a segment. A drawn validator's node does, with its audit key."""
        ensure_none(origin)
        record, one, output = self.judge.commit(audit, auditor, proof, sealed, signature)
        seat = Seat(auditor, one.exposure, sealed, output, verdict=None, is_silent=False)
        seats = (*record.seats, seat)
        record = replace(record, seats=seats)
        if len(seats) == len(self.auditors[record.session]):
            record = replace(record, until=self.timers.soon(audit))
        self.audits[audit] = record
        self.deposit(events.VerdictSealed(audit, auditor))

    @call(1, weight=weights.reveal, pays_fee=False)
    def reveal(
        self, origin: Origin, audit: U64, auditor: AccountId, finding: Finding, reading: Reading
    ) -> None:
        """Show the verdict that was committed to, and leaves that the auditor must have read."""
        ensure_none(origin)
        record = self.judge.reveal(audit, auditor, finding, reading)
        seats = tuple(
            replace(seat, verdict=finding.verdict) if seat.auditor == auditor else seat
            for seat in record.seats
        )
        record = replace(record, seats=seats)
        if not record.awaited:
            record = replace(record, until=self.timers.soon(audit))
        self.audits[audit] = record
        self.deposit(events.VerdictRevealed(audit, auditor, finding.verdict))

    @call(2, weight=weights.REPORT)
    def report_signers(self, origin: Origin, audit: U64) -> None:
        """Let those pay who called a segment good that was proven bad later. Anyone may."""
        ensure_signed(origin)
        record = require(self.audits.get(audit), Error.UNKNOWN_AUDIT)
        ensure(record.phase is Phase.CLOSED, Error.WRONG_PHASE)
        place = record.commitment
        failed = self.ports.verdicts.has_failed(place.job, place.segment, place.provider)
        ensure(failed, Error.NOT_DISPROVED)
        self.closing.disprove(audit, record)

    # ------------------------------------------------------------------------------------- hooks

    def on_poll(self, number: BlockNumber, left: int) -> Weight:
        """Draw, and move audits on whose time has come."""
        room = min(left, self.config.max_picoseconds)
        if room < weights.TICK.ref_time:
            return Weight()
        if not self.wake_cursor:
            self.wake_cursor = number
        cost = weights.TICK
        last = self.timers.last(number)
        for _ in range(MAX_STEPS):
            audit = self.timers.first(last)
            if audit is None or (cost + self._most(audit)).ref_time > room:
                break
            self.timers.drop_first()
            cost += self._step(audit)
        return cost

    @constant
    def committee(self) -> U32:
        """Return how many validators are drawn at first, in expectation."""
        return COMMITTEE

    # ----------------------------------------------------------- what receipts see, of jobs below

    def opening(self, job: int, segment: int) -> tuple[JobSpec, Commitment, H256] | None:
        """Return what an opening is checked against, if its segment waits for one."""
        return self.ports.segments.opening(job, segment)

    def verify(self, job: int, segment: int, proof_hash: H256) -> int:
        """Mark a segment as verified; its payment waits for the draw.

        Nobody can check a private one in full: its witnesses were drawn before.
        """
        found = self.ports.segments.opening(job, segment)
        units = self.ports.segments.verify(job, segment, proof_hash)
        assert found is not None, "what was verified waited for its opening"
        spec, commitment, _ = found
        if spec.is_private:
            return units
        self.ports.verdicts.hold(job, segment)
        audit, self.next_audit_id = self.next_audit_id, self.next_audit_id + 1
        self.audits[audit] = Audit(
            spec=spec,
            commitment=commitment,
            phase=Phase.PENDING,
            until=self.timers.put(audit, self.context.number + DRAW_DELAY),
            seed=bytes(32),
            session=0,
            size=0,
            draws=0,
            shown_from=0,
            seats=(),
        )
        return units

    def validate_unsigned(self, name: str, arguments: tuple[Any, ...]) -> Admission:
        """Let a verdict of a drawn auditor in, once; nodes tell it to each other."""
        with admitted(WHY_NOT):
            match name:
                case "commit":
                    self.judge.commit(*arguments)
                case "reveal":
                    self.judge.reveal(*arguments)
                case _:
                    return super().validate_unsigned(name, arguments)
        audit, auditor = arguments[:2]
        provides = encode((name, audit, auditor), tuple[str, U64, AccountId])
        return Admission(provides, self.config.commit_blocks)

    def shown_by(self, record: Audit) -> H256 | None:
        """Return the randomness that says which leaves readings show, once there is one."""
        return self.ports.randomness.of_block(record.shown_from)

    # ----------------------------------------------------------------------------------- the way

    def _most(self, audit: int) -> Weight:
        """Return what the next step of an audit costs at most: with many seats, its end."""
        record = self.audits.get(audit)
        seats = 0 if record is None else len(record.seats)
        return weights.STEP + weights.faults(seats)

    def _step(self, audit: int) -> Weight:
        """Do what is due for an audit; nothing, if it moved on before."""
        record = self.audits.get(audit)
        if record is None or record.until > self.context.number:
            return weights.LOOK
        match record.phase:
            case Phase.PENDING:
                return self._draw(audit, record)
            case Phase.COMMITTING:
                return self._hear(audit, record)
            case Phase.REVEALING:
                return self._decide(audit, record)
            case Phase.CLOSED:
                self.closing.forget(audit)
                return weights.FORGET

    def _draw(self, audit: int, record: Audit) -> Weight:
        """Decide by chance whether a segment is audited; if not, it is paid."""
        seed, commitment = self.ports.randomness.of_block(record.until), record.commitment
        rate = self._least_rate(commitment.provider)
        if self.open_audits < WISHES_UNTIL:
            rate = max(rate, record.spec.audit_rate)
        is_full = self.open_audits >= MAX_OPEN
        if seed is None or is_full or not is_audited(seed, commitment.hash, rate):
            self.ports.verdicts.give(commitment.job, commitment.segment, commitment.provider)
            del self.audits[audit]
            return weights.RELEASE
        self.open_audits += 1
        record = replace(record, seed=seed, session=self._seat_session())
        place = (commitment.job, commitment.segment, commitment.provider)
        self.deposit(events.AuditDrawn(audit, *place))
        self._ask(audit, record, min(COMMITTEE, len(self.auditors[record.session])))
        return weights.DRAW

    def _ask(self, audit: int, record: Audit, size: int) -> None:
        """Draw a committee, or widen it: who was drawn before is drawn again."""
        until = self.timers.put(audit, self.context.number + self.config.commit_blocks)
        self.audits[audit] = replace(
            record, phase=Phase.COMMITTING, until=until, size=size, draws=record.draws + 1
        )
        self.deposit(events.CommitteeDrawn(audit, size))

    def _hear(self, audit: int, record: Audit) -> Weight:
        """End the time to commit; the leaves to be shown follow from the next block's chance."""
        if not record.awaited:
            return self._decide(audit, record)
        shown_from = self.context.number + SHOWN_DELAY
        until = self.timers.put(audit, shown_from + self.config.reveal_blocks)
        self.audits[audit] = replace(
            record, phase=Phase.REVEALING, shown_from=shown_from, until=until
        )
        return weights.DRAW

    def _decide(self, audit: int, record: Audit) -> Weight:
        """Count the verdicts: close the audit, or ask more auditors."""
        late = record.awaited
        for seat in late:
            self.closing.fault(audit, record, seat, SILENT)
        seats = tuple(
            replace(seat, is_silent=True) if seat in late else seat for seat in record.seats
        )
        record = replace(record, seats=seats)
        validators = len(self.auditors[record.session])
        outcome = outcome_of(record, validators)
        if outcome is None:
            self._ask(audit, record, next_size(record, validators))
            return weights.DRAW + weights.faults(len(late))
        return self.closing.close(audit, record, outcome) + weights.faults(len(late))

    def _least_rate(self, provider: AccountId) -> int:
        terms = self.ports.terms.audits
        is_new = self.ports.newcomers.is_new(provider)
        return terms.newcomer_rate if is_new else terms.least_rate

    def _seat_session(self) -> int:
        """Note who validates now, for an audit that is drawn; return the session."""
        validators = self.ports.validators
        session = validators.session()
        if not self.drawn_from[session]:
            self.auditors[session] = tuple(
                Auditor(account, key, exposure)
                for (account, exposure), key in validators.owners_of(AUDIT_KEY)
            )
        self.drawn_from[session] += 1
        return session

    # -------------------------------------------------------------------------------- invariants

    @invariant
    def audits_are_counted(self) -> bool:
        """Counters of audits under way and of closed ones are right."""
        phases = [record.phase for _, record in self.audits.items()]
        under_way = phases.count(Phase.COMMITTING) + phases.count(Phase.REVEALING)
        sums = sum(count for _, count in self.drawn_from.items())
        return (self.open_audits, sums, self.kept_audits) == (
            under_way,
            under_way,
            phases.count(Phase.CLOSED),
        )

    @invariant
    def each_audit_wakes(self) -> bool:
        """Each audit is on the list of a block at which it must move on, not before the cursor."""
        listed = [(audit, block) for block, due in self.wakes.items() for audit in due]
        known = dict.fromkeys(listed)
        cursor = self.wake_cursor
        return all((audit, record.until) in known for audit, record in self.audits.items()) and all(
            block >= cursor for _, block in listed
        )

    @invariant
    def sessions_of_audits_are_known(self) -> bool:
        """Who may audit is known for the sessions of audits under way, and for no other."""
        needed = sorted(session for session, _ in self.drawn_from.items())
        return needed == sorted(session for session, _ in self.auditors.items())

    @invariant
    def nobody_sits_twice(self) -> bool:
        """Each auditor has one seat at most in an audit."""
        seats = [[seat.auditor for seat in record.seats] for _, record in self.audits.items()]
        return all(len(dict.fromkeys(seated)) == len(seated) for seated in seats)
