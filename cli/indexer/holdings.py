"""What accounts have, block by block, by the books that are kept from events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from cli.errors import CommandError
from cli.indexer.tables import Amount, BalanceRow, Json
from cli.sdk.client import Client
from cli.sdk.ledgers import all_holdings
from node.explorer.decoding import DecodedBlock
from runtime.books.books import AGPU, AMAX
from runtime.books.ledger import Difference, Holding, Ledger
from runtime.frame.fungible import HoldReason
from runtime.primitives.ss58 import decode_ss58
from runtime.primitives.types import AccountId

TOKENS = {AGPU: "AGPU", AMAX: "AMAX"}
"""The symbol of the token that a pallet keeps."""

Address = Callable[[AccountId], str]


class Accounts:
    """Follows both tokens. Invariant: the ledgers are what the last block that was read left."""

    def __init__(self, ledgers: dict[str, Ledger]) -> None:
        self._ledgers = ledgers

    @classmethod
    async def before(cls, client: Client, at: bytes) -> Accounts:
        """Begin with what everybody has in the state of a block."""
        names = (AGPU, AMAX)
        return cls({name: Ledger(name, await all_holdings(client, name, at)) for name in names})

    @classmethod
    def of_rows(cls, rows: Iterable[BalanceRow]) -> Accounts:
        """Go on from what the index says."""
        held: dict[str, dict[AccountId, Holding]] = {name: {} for name in TOKENS}
        pallets = {symbol: pallet for pallet, symbol in TOKENS.items()}
        for row in rows:
            holds: dict[str, str] = msgspec.json.decode(row.holds)
            reasons = {HoldReason[name.upper()]: int(planck) for name, planck in holds.items()}
            holding = Holding(row.free, row.frozen, reasons)
            held[pallets[row.token]][decode_ss58(row.account)[0]] = holding
        return cls({name: Ledger(name, found) for name, found in held.items()})

    def opening(self, number: int, address: Address) -> list[BalanceRow]:
        """Return what everybody has now, as of a block."""
        return [
            _row(name, who, number, ledger.holding(who), address)
            for name, ledger in self._ledgers.items()
            for who in ledger.accounts()
        ]

    def read(self, block: DecodedBlock) -> list[BalanceRow]:
        """Account for a block; return what it left to those whose balance it touched.

        Raises: CommandError if its events and its state do not agree.
        """
        number, issued = block.header.number, block.runtime
        try:
            for record in block.events:
                if record.pallet.name in self._ledgers:
                    self._ledgers[record.pallet.name].apply(record.event)
            rows = [*self._touched(block)]
        except Difference as difference:
            raise CommandError(f"block {number}: {difference}") from difference
        for name, found in ((AGPU, issued.balances), (AMAX, issued.amax)):
            wanted = self._ledgers[name].issuance
            if found.total_issuance != wanted:
                raise CommandError(
                    f"block {number}: by the events {wanted} planck of {TOKENS[name]} exist, and "
                    f"the state says {found.total_issuance}"
                )
        return rows

    def _touched(self, block: DecodedBlock) -> Iterator[BalanceRow]:
        for name, ledger in self._ledgers.items():
            for who in ledger.end_block():
                held = ledger.holding(who)
                yield _row(name, who, block.header.number, held, block.readable.address)


def _row(
    pallet: str, who: AccountId, number: int, holding: Holding, address: Address
) -> BalanceRow:
    holds = {reason.name.lower(): str(planck) for reason, planck in holding.holds.items()}
    return BalanceRow(
        token=TOKENS[pallet],
        account=address(who),
        block_number=number,
        free=Amount(holding.free),
        held=Amount(holding.reserved),
        frozen=Amount(holding.frozen),
        holds=Json(msgspec.json.encode(holds).decode()),
    )
