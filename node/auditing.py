"""The auditors' side of the node: what they see of the chain, and how they speak on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from consensus.compute.audit_view import AuditorView, Duty
from consensus.compute.provider_view import SubmissionRefused
from node.assembly import Ground
from node.audit_keys import AuditKeys
from node.chain import Chain, NewBest, Resync
from node.pool.validity import RefusalKind, Refused, Source
from runtime.compute.audit import Finding
from runtime.compute.reading import Reading
from runtime.executive import Executive
from runtime.pallets.audits import Audit, Auditor, Phase
from runtime.primitives.block import Header
from runtime.primitives.extrinsic import encode_bare

SEEN_BEFORE = (RefusalKind.ALREADY_KNOWN, RefusalKind.BANNED)
"""A verdict that is on its way is not sent twice."""


class AuditorViews:
    """Best blocks, as the auditors of this node see them."""

    def __init__(self, executive: Executive, chain: Chain, keys: AuditKeys) -> None:
        self._executive, self._chain, self._keys = executive, chain, keys

    async def best(self) -> AsyncIterator[AuditorView]:
        """Yield the newest view whenever there is a newer one."""
        with self._chain.subscribe() as events:
            yield self.view(self._chain.best)
            async for event in events:
                if isinstance(event, NewBest | Resync):
                    yield self.view(self._chain.best)

    def view(self, header: Header) -> AuditorView:
        """Return what a block asks of this node's auditors."""
        runtime = self._executive.reader_at(self._chain.state_at(header.hash), header.number)
        audits = runtime.audits
        if not audits.open_audits:
            return AuditorView(header.number, ())
        duties: list[Duty] = []
        for number, record in audits.audits.items():
            if record.phase in (Phase.COMMITTING, Phase.REVEALING):
                shown_by = audits.shown_by(record) if record.phase is Phase.REVEALING else None
                auditors = audits.auditors[record.session]
                duties += self._duties(number, record, auditors, shown_by)
        return AuditorView(header.number, tuple(duties))

    def _duties(
        self,
        number: int,
        record: Audit,
        auditors: tuple[Auditor, ...],
        shown_by: bytes | None,
    ) -> Iterator[Duty]:
        for one in auditors:
            if one.key not in self._keys:
                continue
            seat = record.seat_of(one.account)
            yield Duty(
                audit=number,
                auditor=one.account,
                key=one.key,
                spec=record.spec,
                commitment=record.commitment,
                seed=record.seed,
                size=record.size,
                validators=len(auditors),
                until=record.until,
                takes_commits=record.phase is Phase.COMMITTING,
                sealed=None if seat is None else seat.sealed,
                is_shown=seat is not None and seat not in record.awaited,
                randomness=shown_by,
            )


class AuditorSubmit:
    """The auditors' way onto the chain: calls that prove by themselves that they may enter."""

    def __init__(self, ground: Ground) -> None:
        self._executive, self._chain, self._pool = ground.executive, ground.chain, ground.pool

    async def commit(self, duty: Duty, proof: bytes, sealed: bytes, signature: bytes) -> None:
        """Commit to a verdict."""
        await self._submit("commit", duty.audit, duty.auditor, proof, sealed, signature)

    async def reveal(self, duty: Duty, finding: Finding, reading: Reading) -> None:
        """Show a verdict."""
        await self._submit("reveal", duty.audit, duty.auditor, finding, reading)

    async def _submit(self, call: str, *arguments: object) -> None:
        rules = self._executive.rules_at(self._chain.state_at(self._chain.best.hash))
        raw = encode_bare(rules.calls.encode("Audits", call, *arguments))
        try:
            await self._pool.submit(raw, Source.OWN)
        except Refused as error:
            if error.kind not in SEEN_BEFORE:
                raise SubmissionRefused(str(error)) from error
