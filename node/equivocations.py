"""Reports what our import queue and our voter caught: two blocks in a slot, two votes in a round.

A report is an unsigned extrinsic of this node's own, and is not gossiped: whoever saw the offence
reports it, and the first author among them puts it into a block. A case is closed when the offence
is known to a final state, whoever reported it; until then it is submitted again if it got lost with
an abandoned fork. Source: Substrate, `sc_consensus_babe`, `sc_consensus_grandpa::Environment`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

import trio

from node.assembly import Ground
from node.log import Logger
from node.pool.validity import Refused, Source
from node.store.blocks import UnknownBlock
from runtime.frame.unsigned import NotAdmitted, Why
from runtime.primitives.block import Header
from runtime.primitives.equivocation import BlockEquivocation, Equivocation
from runtime.primitives.extrinsic import decode_extrinsic
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import decode, encode
from runtime.primitives.types import U64, PublicKey, Slot

MAX_CASES = 256
"""Cases under way: four by each of 64 validators. More at once change nothing for the offenders."""

MAX_CASE_BLOCKS = 600
"""Blocks after which a case is given up: an hour, in which others would have reported it too."""

Name = tuple[str, bytes, int, int]
"""What the offence was, whose, and when: each is reported once."""


@dataclass(frozen=True, slots=True)
class Case:
    """An offence that this node saw."""

    proof: Equivocation
    opened_at: int
    """The best block then."""
    report: bytes | None = None
    """The extrinsic, once it could be made."""


class EquivocationReporter:
    """Makes reports of offences, and sees to it that each reaches the chain once."""

    def __init__(
        self, ground: Ground, own_keys: Callable[[], Collection[bytes]], log: Logger
    ) -> None:
        self._chain, self._executive = ground.chain, ground.executive
        self._api, self._pool = ground.api, ground.pool
        self._own_keys, self._log = own_keys, log
        self._cases: OrderedDict[Name, Case] = OrderedDict()
        self._closed: OrderedDict[Name, None] = OrderedDict()
        self._news = trio.Event()

    @property
    def open_cases(self) -> int:
        """How many offences are not known to a final state yet."""
        return len(self._cases)

    def found(self, proof: Equivocation) -> None:
        """Open a case; from any task, at any time. Our own keys we do not report."""
        name = name_of(proof)
        if name in self._cases or name in self._closed or len(self._cases) >= MAX_CASES:
            return
        if offender_of(proof) in self._own_keys():
            self._log.error("own_key_equivocated", key=offender_of(proof))
            return
        self._cases[name] = Case(proof, self._chain.best.number)
        self._news.set()

    async def run(self) -> None:
        """Pursue the cases whenever there is a new one, or a new block, until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._hear_blocks)
            while True:
                await self._news.wait()
                self._news = trio.Event()
                for name, case in tuple(self._cases.items()):
                    await self._pursue(name, case)

    async def _hear_blocks(self) -> None:
        with self._chain.subscribe() as events:
            async for _ in events:
                if self._cases:
                    self._news.set()

    async def _pursue(self, name: Name, case: Case) -> None:
        """Bring a case forward: make its report, submit it, or close it."""
        report = case.report or self._made(case.proof)
        best, final = self._chain.best, self._chain.finalized
        is_late = best.number > case.opened_at + MAX_CASE_BLOCKS
        if is_late or (report is not None and self._judged(report, final) is Why.STALE):
            self._close(name, is_late=is_late)
            return
        if report is None:
            return
        self._cases[name] = replace(case, report=report)
        if blake2_256(report) not in self._pool and self._judged(report, best) is None:
            await self._submit(name, report)

    async def _submit(self, name: Name, report: bytes) -> None:
        try:
            await self._pool.submit(report, Source.OWN)
        except Refused as refusal:
            self._log.debug("report_waits", kind=name[0], why=str(refusal))
        else:
            self._log.info("equivocation_reported", kind=name[0], offender=name[1])

    def _close(self, name: Name, *, is_late: bool) -> None:
        del self._cases[name]
        self._closed[name] = None
        if len(self._closed) > MAX_CASES:
            self._closed.popitem(last=False)
        if is_late:
            self._log.warning("report_given_up", kind=name[0], offender=name[1])

    def _made(self, proof: Equivocation) -> bytes | None:
        """Make the report of an offence on the first state that knows its session, if any does."""
        for header in self._places(proof):
            owner = self._ownership(proof, header)
            made: list[bytes] = []
            if owner is not None:
                arguments = encode(proof, type(proof)) + encode(owner, bytes)
                self._ask(proof, SUBMIT, arguments, header, made.append)
            if made and self._judged(made[0], header) is not Why.BAD_PROOF:
                return made[0]
        return None

    def _places(self, proof: Equivocation) -> Iterator[Header]:
        """Yield blocks of the session of an offence, as far as their states are there."""
        places = [self._chain.finalized.hash, self._chain.best.hash]
        if isinstance(proof, BlockEquivocation):
            twins = (proof.first_header, proof.second_header)
            places = [
                *(twin.hash for twin in twins),
                *(twin.parent_hash for twin in twins),
                *places,
            ]
        for block_hash in places:
            header = self._chain.header(block_hash)
            if header is not None and self._chain.blocks.has_state(block_hash):
                yield header

    def _ownership(self, proof: Equivocation, header: Header) -> bytes | None:
        if isinstance(proof, BlockEquivocation):
            asked = encode((proof.slot, proof.offender), tuple[Slot, PublicKey])
        else:
            voter = proof.equivocation.identity
            asked = encode((proof.set_id, voter), tuple[U64, PublicKey])
        answer = self._ask(proof, PROVE, asked, header)
        owner: bytes | None = decode(answer, bytes | None)
        return owner

    def _ask(
        self,
        proof: Equivocation,
        call: str,
        arguments: bytes,
        header: Header,
        submit: Callable[[bytes], None] | None = None,
    ) -> bytes:
        api = "BabeApi" if isinstance(proof, BlockEquivocation) else "GrandpaApi"
        state = self._chain.state_at(header.hash)
        return self._api.call(
            f"{api}_{call}", arguments, state, header.number, header.hash, submit=submit
        )

    def _judged(self, report: bytes, header: Header) -> Why | None:
        """Return why a report could not follow a block, or None if it could."""
        try:
            state = self._chain.state_at(header.hash)
        except UnknownBlock:
            return Why.NOT_ALLOWED
        rules = self._executive.rules_at(state)
        call = rules.calls.decode(decode_extrinsic(report).call)
        runtime = self._executive.runtime_at(state, header.number)
        try:
            runtime.by_name[call.entry.pallet].validate_unsigned(call.entry.name, call.arguments)
        except NotAdmitted as refusal:
            return refusal.why
        return None


PROVE = "generate_key_ownership_proof"
SUBMIT = "submit_report_equivocation_unsigned_extrinsic"


def offender_of(proof: Equivocation) -> bytes:
    """Return the key that said two things."""
    if isinstance(proof, BlockEquivocation):
        return proof.offender
    return proof.equivocation.identity


def name_of(proof: Equivocation) -> Name:
    """Return what tells an offence from others."""
    if isinstance(proof, BlockEquivocation):
        return ("block", proof.offender, proof.slot, 0)
    double = proof.equivocation
    return ("vote", double.identity, proof.set_id, double.round_number)
