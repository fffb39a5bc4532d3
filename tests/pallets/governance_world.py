"""A bench with what governance stands on: two tokens, preimages, a scheduler, and a pallet to call.

The bench runs the very pallets of the runtime; only `Board` is made up: calls that note who called.
"""

from typing import Any

from runtime.construct import BLOCK_PICOSECONDS
from runtime.frame import (
    Context,
    DispatchError,
    Origin,
    Pallet,
    PalletError,
    Value,
    Weight,
    call,
    ensure_root,
    event,
)
from runtime.frame.calls import Call, CallTable
from runtime.frame.inner import Dispatcher
from runtime.frame.origins import OriginCaller, caller_of
from runtime.pallets import preimage, scheduler
from runtime.pallets.balances import Balances
from runtime.primitives.types import U32
from tests.support.bench import Bench, account

ANNA, BERT, CARA, DORA = (account(n) for n in range(1, 5))
ENDOWMENT = 10**9


@event
class Written:
    """Somebody wrote a number."""

    number: U32
    by: OriginCaller


class BoardError(PalletError):
    """Why the board refused a call."""

    UNWANTED = 0, "This number is not wanted."


UNWANTED_NUMBER, BUG_NUMBER = 13, 14


class Board(Pallet):
    """Calls to be made by others."""

    events = (Written,)
    errors = BoardError

    last: Value[U32] = Value(default=0)
    """The last number."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, index=200, name="Board")

    @call(0, weight=Weight(writes=1))
    def write(self, origin: Origin, number: U32) -> None:
        """Write a number; a number that is refused leaves its trace, to see it dropped."""
        self.last = number
        self.deposit(Written(number, caller_of(origin)))
        if number == UNWANTED_NUMBER:
            raise DispatchError(BoardError.UNWANTED)
        assert number != BUG_NUMBER, "a bug of the call"

    @call(1, weight=lambda number, picoseconds: Weight(writes=1, compute=picoseconds * 10**6))
    def write_slowly(self, origin: Origin, number: U32, picoseconds: U32) -> None:
        """Write a number, which weighs millions of nanoseconds."""
        self.write(origin, number)


class GovernanceBench(Bench):
    """A state with accounts, on which tasks are scheduled."""

    def __init__(self, max_picoseconds: int = BLOCK_PICOSECONDS // 10) -> None:
        super().__init__()
        self.agpu = self.add(Balances(self.context, 5, index=6, name="Balances"))
        self.amax = self.add(Balances(self.context, 5, index=40, name="Amax"))
        for ledger in (self.agpu, self.amax):
            ledger.build(tuple((who, ENDOWMENT) for who in (ANNA, BERT, CARA, DORA)))
        self.board = self.add(Board(self.context))
        self.by_name: dict[str, Pallet] = {}
        self.error_indices: dict[type[PalletError], int] = {}
        self.dispatcher = Dispatcher(
            self.context, self.by_name, self.error_indices, lambda: CallTable.of(self.pallets)
        )
        self.preimage = self.add(
            preimage.Preimage(
                self.context, self.agpu, ensure_root, preimage.Config(100, 2), index=34
            )
        )
        self.scheduler = self.add(
            scheduler.Scheduler(
                self.context,
                self.dispatcher,
                self.preimage,
                ensure_root,
                scheduler.Config(max_picoseconds),
                index=32,
            )
        )
        self.know()

    def know(self) -> None:
        """Let the dispatcher find every pallet that was added so far."""
        self.by_name.update({pallet.name: pallet for pallet in self.pallets})
        self.error_indices.update({one.errors: one.index for one in self.pallets if one.errors})
        self.context.events.clear()

    def call_of(self, pallet: str, name: str, *arguments: Any) -> Call:
        """Return a call as it is decoded."""
        table = CallTable.of(self.pallets)
        return table.decode(table.encode(pallet, name, *arguments))

    def write(self, number: int) -> Call:
        """Return a call that writes a number."""
        return self.call_of("Board", "write", number)

    def block(self, count: int = 1) -> list[object]:
        """Open blocks; return the events of the last one's opening."""
        for _ in range(count):
            self.context.events.clear()
            self.next_block()
        return self.happened()

    def until(self, number: int) -> list[object]:
        """Open blocks up to a number; return the events of all of them."""
        found: list[object] = []
        while self.context.number < number:
            found += self.block()
        return found
