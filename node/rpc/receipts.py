"""The receipts namespace: verified work, and where a worker on this machine hands its own in."""

import msgspec

from node.rpc.addresses import Addresses
from node.rpc.errors import Code, RpcError
from node.rpc.jobs import DEFAULT_LISTED, amount, checked_limit
from node.rpc.registry import method
from node.rpc.values import Hex, maybe_hex, to_hex
from node.rpc.views import ReceiptIntake, ReceiptView, Work


class ReceiptJson(msgspec.Struct, frozen=True, rename="camel"):
    """A receipt: the claim, and the verdict with who reached it and how."""

    id: str
    job: str | None
    kind: str
    provider: str
    units: int
    block: int
    verdict: str
    verified_by: str
    method: str
    output_root: str
    paid: str | None


class ReceiptsNamespace:
    """What anybody asks about receipts."""

    def __init__(self, work: Work, addresses: Addresses) -> None:
        self._work = work
        self._addresses = addresses

    @method("receipts_recent")
    def recent(self, limit: int = DEFAULT_LISTED) -> list[ReceiptJson]:
        """Return the newest receipts first."""
        return [self._json(receipt) for receipt in self._work.receipts(checked_limit(limit))]

    def _json(self, receipt: ReceiptView) -> ReceiptJson:
        return ReceiptJson(
            id=to_hex(receipt.id),
            job=maybe_hex(receipt.job),
            kind=receipt.kind,
            provider=self._addresses.encode(receipt.provider),
            units=receipt.units,
            block=receipt.block,
            verdict=receipt.verdict,
            verified_by=receipt.verified_by,
            method=receipt.method,
            output_root=to_hex(receipt.output_root),
            paid=amount(receipt.paid),
        )


class ReceiptIntakeNamespace:
    """What the operator's own worker calls."""

    def __init__(self, intake: ReceiptIntake) -> None:
        self._intake = intake

    @method("receipts_submit", unsafe=True)
    async def submit(self, receipt: Hex) -> str:
        """Check a SCALE receipt, spread it, and return its id."""
        try:
            return to_hex(await self._intake.submit(receipt))
        except ValueError as error:
            raise RpcError(Code.WORK, "Receipt refused", str(error)) from None
