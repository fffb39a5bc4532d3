"""Disputes: who says that a committed result is wrong, or not served, is proven right or wrong.

A dispute bisects a content of the result down to one leaf, which its provider must then open: the
proof travels beside a block, every importer recomputes the leaf, and for a wrong one there is none
that passes. A challenge of availability demands such an opening at once. So both end the same way:
the leaf is opened in time, or the provider is convicted. Source: design page "Compute", Protocol,
items 4 and 5.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from runtime.compute.bisection import Node, are_below, root_node, shown_below
from runtime.compute.classes import Tree, Work, chunk_count, leaf_count, place_of
from runtime.compute.contents import root_on_chain
from runtime.compute.gas import opening_gas
from runtime.compute.job import JobSpec
from runtime.compute.opening import leaf_proof_bytes
from runtime.compute.receipt import Commitment
from runtime.compute.registry import work_of
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
    ensure_signed,
    invariant,
    require,
)
from runtime.frame.fungible import Currency, are_held
from runtime.pallets.disputes import events, weights
from runtime.pallets.disputes.docket import BOND, MAX_EARLY, Docket, turn_at
from runtime.pallets.disputes.events import Error
from runtime.pallets.disputes.ports import Accused, Config, ProviderBook, Verdicts
from runtime.pallets.disputes.records import (
    EMPTY_WINDOW,
    Case,
    Claim,
    Content,
    Kind,
    Shown,
    Timer,
    Turn,
    Verdict,
    Window,
)
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U8, U32, U64, AccountId, Balance, BlockNumber

BOND_DIVISOR = 10
"""A dispute's bond is a tenth of the price of the segment."""
MAX_CASES = 4096
"""Open cases of the whole chain, as many as open jobs; filling that up costs as many bonds."""
NO_HASH = bytes(32)


class Disputes(Pallet):
    """Cases against committed segments: wrong results, and results that are not served."""

    events = events.EVENTS
    errors = Error

    next_case_id: Value[U64] = Value(default=0)
    """The id of the next case."""
    cases: Map[U64, Case] = Map(hasher=TWOX_64_CONCAT)
    """Cases that are not decided."""
    open_cases: Value[U32] = Value(default=0)
    """How many there are."""
    early: Value[Annotated[tuple[U64, ...], Bounded(MAX_EARLY)]] = Value(default=())
    """Disputes of segments whose opening is awaited: the payment is held back after it."""
    timers: Map[U64, Timer] = Map(hasher=TWOX_64_CONCAT)
    """Turns in the order in which they began; those that run out are closed in this order."""
    timer_window: Value[Window] = Value(default=EMPTY_WINDOW)
    """The ends of the queue of turns."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        providers: ProviderBook,
        verdicts: Verdicts,
        config: Config,
        *,
        index: int,
        name: str = "Disputes",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.currency, self.providers = currency, providers
        self.verdicts, self.config = verdicts, config
        self.docket = Docket(self)

    # ------------------------------------------------------------------------------------- calls

    @call(0, weight=weights.OPEN)
    def dispute_segment(self, origin: Origin, job: U64, segment: U32, content: Content) -> None:
        """Say that some leaf of a committed result is wrong. Anyone may.

        A tenth of the segment's price goes on hold, or more where the answer would cost more. It
        comes back with half of what the provider loses if that cannot open the leaf that the
        bisection leads to; it is lost, half to the provider, if it can, or if you miss a turn.
        """
        who = ensure_signed(origin)
        accused, work = self._accused(job, segment)
        count = chunk_count(work, content.tree)
        ensure(count > 0, Error.NO_SUCH_CONTENT)
        node = root_node(count)
        root = root_on_chain(content.tree, accused.commitment)
        bond = self._dispute_bond(accused, work)
        claim = Claim(Kind.DISPUTE, content, node, root, bond)
        self.docket.hold_payment(self.docket.open(who, accused, claim), accused)

    @call(1, weight=weights.MOVE)
    def show_nodes(self, origin: Origin, case: U64, hashes: Shown) -> None:
        """Show all hashes some levels below the disputed node. Its provider or node key only."""
        who = ensure_signed(origin)
        record, accused = self._in_turn(case, Turn.SHOW)
        ensure(self.providers.acting_for(who) == record.provider, Error.NOT_PROVIDER)
        count = self._count(record, accused)
        ensure(are_below(count, record.node, record.hash, hashes), Error.WRONG_HASHES)
        self.docket.move(case, replace(record, shown=tuple(hashes), turn=Turn.PICK))
        self.deposit(events.NodesShown(case, record.node))

    @call(2, weight=weights.MOVE)
    def pick_node(self, origin: Origin, case: U64, place: U8) -> None:
        """Point at the shown hash that differs from your own, by its place. The challenger only."""
        who = ensure_signed(origin)
        record, accused = self._in_turn(case, Turn.PICK)
        ensure(who == record.challenger, Error.NOT_CHALLENGER)
        ensure(place < len(record.shown), Error.NO_SUCH_NODE)
        node = shown_below(self._count(record, accused), record.node)[place]
        picked = replace(record, node=node, hash=record.shown[place], shown=())
        self.docket.move(case, replace(picked, turn=turn_at(node)))
        self.deposit(events.NodePicked(case, node))

    @call(3, weight=weights.OPEN)
    def challenge_leaf(self, origin: Origin, job: U64, segment: U32, leaf: U32) -> None:
        """Demand a leaf of a committed result that its provider does not serve. Anyone may.

        The price of the answer goes on hold: the provider has it for the answer. Without an answer
        it comes back with half of what the provider then loses.
        """
        who = ensure_signed(origin)
        accused, work = self._accused(job, segment)
        ensure(leaf < leaf_count(work), Error.NO_SUCH_LEAF)
        place = place_of(work, leaf)
        content = Content.OUTPUT if place.tree is Tree.OUTPUT else Content.AUXILIARY
        bond, node = self.answer_price(work, leaf), Node(0, place.index)
        self.docket.open(who, accused, Claim(Kind.AVAILABILITY, content, node, NO_HASH, bond))

    # ------------------------------------------------------------------------------------- hooks

    def on_initialize(self, number: BlockNumber) -> Weight:  # noqa: ARG002
        """Hold back what was opened since, before it is paid."""
        return weights.EARLY + self.docket.look_at_early()

    def on_poll(self, number: BlockNumber, left: int) -> Weight:
        """Close cases whose turn ran out."""
        return self.docket.close_overdue(number, left)

    @constant
    def window_blocks(self) -> U32:
        """Blocks for which a paid segment can be disputed and must be served."""
        return self.config.window_blocks

    @constant
    def turn_blocks(self) -> U32:
        """Blocks that either side has for a turn, beside one for each other open case."""
        return self.config.turn_blocks

    @constant
    def minimum_bond(self) -> Balance:
        """Least bond of a dispute, in planck."""
        return self.config.minimum_bond

    # -------------------------------------------------------------- what other parts may ask for

    def demanded(self, case: int, job: int, segment: int) -> tuple[JobSpec, Commitment, int] | None:
        """Return what the opening of a disputed leaf is checked against; None if none is wanted."""
        record = self.cases.get(case)
        if record is None or (record.job, record.segment) != (job, segment):
            return None
        if record.turn is not Turn.OPEN or self.context.number > record.deadline:
            return None
        accused = self.docket.standing(record)
        if accused is None:
            return None
        return accused.spec, accused.commitment, self.leaf_of(record, accused.spec)

    def demands_on(self, provider: AccountId) -> list[tuple[int, Case, Accused]]:
        """Return the cases in which it is a provider's turn, with what is accused; for queries.

        The most urgent come first.
        """
        found = []
        for number, case in self.cases.items():
            is_his = case.provider == provider and case.turn is not Turn.PICK
            if is_his and self.context.number <= case.deadline:
                accused = self.docket.standing(case)
                if accused is not None:
                    found.append((number, case, accused))
        return sorted(found, key=lambda demand: (demand[1].deadline, demand[0]))

    def answer(self, case: int, job: int, segment: int) -> None:
        """Close a case by an opening that this block carries, which every importer has checked.

        Raises:
            DispatchError: no such opening is demanded in this block.
        """
        require(self.demanded(case, job, segment), Error.NOT_DEMANDED)
        self.docket.close(case, self.cases[case], Verdict.ANSWERED)

    def leaf_of(self, case: Case, spec: JobSpec) -> int:
        """Return which leaf of the job a case has come down to."""
        assert case.node.is_leaf, f"the case is at level {case.node.level}"
        work = work_of(spec.job_class, spec.params)
        is_output = case.content is Content.OUTPUT
        return case.node.index + (0 if is_output else chunk_count(work, Tree.OUTPUT))

    def answer_price(self, work: Work, leaf: int) -> Balance:
        """Return what publishing and checking one leaf costs the network."""
        config = self.config
        checking = opening_gas(work) * config.price_per_nanosecond
        return checking + leaf_proof_bytes(work, leaf) * config.price_per_byte

    # ----------------------------------------------------------------------------------- helpers

    def _accused(self, job: int, segment: int) -> tuple[Accused, Work]:
        """Return a segment that can be accused now, and its work."""
        ensure(self.open_cases < MAX_CASES, Error.TOO_MANY_CASES)
        accused = require(self.docket.accused(job, segment), Error.NOTHING_TO_JUDGE)
        ensure(not accused.spec.is_private, Error.PRIVATE)
        last = accused.entered_at + self.config.window_blocks
        ensure(self.context.number <= last, Error.WINDOW_CLOSED)
        return accused, work_of(accused.spec.job_class, accused.spec.params)

    def _dispute_bond(self, accused: Accused, work: Work) -> Balance:
        """Return a tenth of the price, and no less than what half of pays for any answer."""
        answer = self.config.price_per_byte * work.proof_bytes
        answer += self.config.price_per_nanosecond * opening_gas(work)
        return max(accused.price // BOND_DIVISOR, self.config.minimum_bond, 2 * answer)

    def _in_turn(self, number: int, turn: Turn) -> tuple[Case, Accused]:
        """Return a case in which it is time for a turn, and the segment that it is about."""
        case = require(self.cases.get(number), Error.UNKNOWN_CASE)
        ensure(case.turn is turn, Error.WRONG_TURN)
        ensure(self.context.number <= case.deadline, Error.TOO_LATE)
        return case, require(self.docket.standing(case), Error.MOOT)

    def _count(self, case: Case, accused: Accused) -> int:
        work = work_of(accused.spec.job_class, accused.spec.params)
        return chunk_count(work, case.content.tree)

    # -------------------------------------------------------------------------------- invariants

    @invariant
    def bonds_are_held(self) -> bool:
        """Each challenger has on hold exactly the bonds of its open cases."""
        bonds = ((case.challenger, case.bond) for _, case in self.cases.items())
        return are_held(self.currency, BOND, bonds)

    @invariant
    def every_case_is_timed(self) -> bool:
        """Each open case has one timer for its present turn, and cases are counted."""
        cases, window = dict(self.cases.items()), self.timer_window
        timers = dict(self.timers.items())
        current = [
            timer.case
            for timer in timers.values()
            if timer.case in cases and cases[timer.case].moves == timer.moves
        ]
        return (
            sorted(current) == sorted(cases)
            and sorted(timers) == list(range(window.first, window.end))
            and self.open_cases == len(cases)
        )
