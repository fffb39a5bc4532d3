"""A bench with what governance stands on: two tokens, preimages, a scheduler, and a pallet to call.

The bench runs the very pallets of the runtime; only `Board` is made up: calls that note who called.
"""

from dataclasses import replace
from typing import Any

from runtime import tracks
from runtime.constants import BLOCK_PICOSECONDS
from runtime.frame import (
    Context,
    DispatchError,
    GovernanceOrigin,
    Origin,
    Pallet,
    PalletError,
    Signed,
    Value,
    Weight,
    call,
    ensure_root,
    event,
)
from runtime.frame.calls import Call, CallTable
from runtime.frame.inner import Dispatcher
from runtime.frame.origins import CustomOrigin, OriginCaller, caller_of
from runtime.frame.polls import UNHEARD, OngoingPoll, Turnout
from runtime.frame.preimages import Inline
from runtime.frame.schedule import After
from runtime.pallets import preimage, referenda, scheduler, system
from runtime.pallets.balances import Balances
from runtime.pallets.conviction_voting import Conviction, ConvictionVoting, Standard, Vote
from runtime.pallets.referenda import Referenda
from runtime.pallets.whitelist import Whitelist
from runtime.primitives.types import U32, UNIT
from tests.support.bench import Bench, account
from tests.support.chain import CHAIN

ANNA, BERT, CARA, DORA = (account(n) for n in range(1, 5))
ENDOWMENT = 100_000 * UNIT

ERA = 10
CONFIG = replace(CHAIN, era_blocks=ERA)
"""A chain whose eras are short."""


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
            self.context,
            self.by_name,
            self.error_indices,
            lambda: CallTable.of(self.pallets),
            lambda _: True,
            system.Error.CALL_FILTERED,
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

    def next_block(self) -> None:
        """Open the next block: the weight of each hook is checked, and what has changed."""
        self.context.number += 1
        has_changed = False
        for pallet in self.pallets:
            self.overlay.reads.clear()
            self.overlay.writes.clear()
            declared = pallet.on_initialize(self.context.number)
            declared += pallet.on_poll(self.context.number, BLOCK_PICOSECONDS // 10)
            assert len(self.overlay.reads) <= declared.reads, pallet.name
            assert len(self.overlay.writes) <= declared.writes, pallet.name
            has_changed = has_changed or bool(self.overlay.writes)
        if has_changed:
            for pallet in self.pallets:
                pallet.try_state()

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


SMALL = CustomOrigin(GovernanceOrigin.SMALL_SPENDER)
"""Its track: 2 blocks to prepare, 140 to decide, 20 to confirm, 10 to wait; 50% and 5% at last."""


class GovernanceWorld(GovernanceBench):
    """Referenda and their voters; each of four accounts has a quarter of all AMAX."""

    def __init__(self) -> None:
        super().__init__()
        turnout = self.turnout()
        ports = referenda.Ports(self.amax, self.scheduler, self.preimage, turnout)
        config = tracks.referenda_config(CONFIG)
        self.referenda = Referenda(self.context, ports, tracks.POWERS, config, index=21)
        self.voting = ConvictionVoting(
            self.context,
            self.amax,
            self.referenda,
            tracks.voting_config(CONFIG),
            turnout=turnout,
            index=20,
        )
        self.whitelist = Whitelist(
            self.context, self.dispatcher, self.preimage, tracks.WHITELISTING, index=23
        )
        # the scheduler's hook comes last, as in the runtime
        self.pallets[-1:] = [self.referenda, self.voting, self.whitelist, self.scheduler]
        self.know()

    def turnout(self) -> Turnout:
        """Return who hears who votes; nobody, unless a world says otherwise."""
        return UNHEARD

    def season(self, *accounts: bytes, amount: int = 50_000 * UNIT) -> None:
        """Let accounts set AMAX aside, and let it season."""
        for who in accounts:
            self.call(self.voting.season, Signed(who), amount)
        self.block(7 * ERA)

    def submit(
        self, number: int = 1, *, by: bytes = DORA, origin: OriginCaller = SMALL, after: int = 0
    ) -> int:
        """Propose to write a number; return the index of the referendum."""
        proposal = Inline(self.write(number).encode())
        self.call(self.referenda.submit, Signed(by), origin, proposal, After(after))
        return self.referenda.referendum_count - 1

    def deposit(self, index: int, by: bytes = DORA) -> None:
        self.call(self.referenda.place_decision_deposit, Signed(by), index)

    def cast(
        self,
        who: bytes,
        index: int,
        amount: int = 50_000 * UNIT,
        *,
        aye: bool = True,
        conviction: Conviction = Conviction.LOCKED1X,
    ) -> None:
        vote = Standard(Vote(aye, conviction), amount)
        self.call(self.voting.vote, Signed(who), index, vote)

    def status(self, index: int) -> Any:
        """Return an ongoing referendum."""
        return self.referenda.ongoing(index)

    def pass_all(self, index: int, limit: int = 500) -> list[object]:
        """Open blocks until a referendum has ended; return the events of all of them."""
        found: list[object] = []
        while self.referenda.poll(index) is not None and limit:
            if not isinstance(self.referenda.poll(index), OngoingPoll):
                break
            found += self.block()
            limit -= 1
        return found


def seasoned_world() -> GovernanceWorld:
    """Return a world in which three accounts may vote; what led there is no event any more."""
    world = GovernanceWorld()
    world.season(ANNA, BERT, CARA)
    world.context.events.clear()
    return world
