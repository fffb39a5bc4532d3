"""The base of every pallet: a name, the block under way, and nothing global."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, ParamSpec

from runtime.frame.dispatch import CallInfo, DispatchError, PalletError, Weight
from runtime.frame.unsigned import Admission, NotAdmitted, Why
from runtime.primitives.block import DigestItem
from runtime.primitives.types import AccountId, BlockNumber
from runtime.state.overlay import Overlay, State

P = ParamSpec("P")

INITIALIZATION, FINALIZATION = -2, -1
"""What `Context.extrinsic_index` is before the first and after the last extrinsic."""


class Record(NamedTuple):
    """An event, the pallet it is of, and the extrinsic (or phase) in which it happened."""

    phase: int
    pallet: Pallet
    event: object


@dataclass(slots=True)
class Context:
    """The block under way: the only things a pallet can see beyond its own arguments."""

    overlay: Overlay
    number: BlockNumber
    parent_hash: bytes = bytes(32)
    digest: list[DigestItem] = field(default_factory=list)
    """The header's digest so far; pallets read the slot claim and append their logs."""
    author: AccountId | None = None
    extrinsic_index: int = INITIALIZATION
    events: list[Record] = field(default_factory=list)
    fees: int = 0
    """AGPU taken as fees in this block and not yet split: the ledger counts it as issued."""
    tips: int = 0
    """Likewise for tips."""

    def go_on(
        self, state: State, number: int, parent_hash: bytes, digest: list[DigestItem]
    ) -> None:
        """Become the context of the next block, over the state that this one left behind."""
        self.overlay.rebase(state)
        # all fields anew, so that none can be forgotten here
        self.__init__(self.overlay, number, parent_hash, digest)  # type: ignore[misc]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep the writes and the events made inside, or drop them all if it raises."""
        count = len(self.events)
        mark = self.overlay.begin()
        try:
            yield
        except BaseException:
            self.overlay.roll_back(mark)
            del self.events[count:]
            raise
        self.overlay.commit()


class InvariantError(AssertionError):
    """The state contradicts itself: a bug, never the fault of a user."""


class Pallet:
    """A module of the runtime.

    A pallet holds no data of its own. Each attribute is a storage item, or something given to the
    constructor; `name` and `index` come from `runtime.construct`, so that one class can serve
    twice (two tokens are two `Balances`).
    """

    events: ClassVar[tuple[type, ...]] = ()
    """The events of this pallet. Their order is on the wire: only append."""

    errors: ClassVar[type[PalletError] | None] = None

    gossiped_unsigned: ClassVar[tuple[str, ...]] = ()
    """Unsigned calls that nodes tell each other: only where few can make one, and each once."""

    storage_version: ClassVar[int] = 0
    """Counts the layouts of this pallet's storage; what leads to the next is a migration."""

    _invariants: ClassVar[tuple[tuple[str, Callable[..., bool]], ...]] = ()
    """Collected once: whoever checks every block asks for all of them."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._invariants = tuple(marked(cls, "__invariant__"))

    def __init__(self, context: Context, *, index: int, name: str) -> None:
        self.context, self.index, self.name = context, index, name
        self.overlay = context.overlay
        self.slots: dict[str, bytes] = {}
        """Storage keys of the single values, by attribute."""

    def deposit(self, event: object) -> None:
        """Record `event` in the block."""
        self.context.events.append(Record(self.context.extrinsic_index, self, event))

    def attempt(self, action: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> bool:
        """Run `action` whole or not at all; return whether it was accepted.

        The only way for a hook to do what may be refused: a hook itself must not raise.
        """
        try:
            with self.context.transaction():
                action(*args, **kwargs)
        except DispatchError:
            return False
        return True

    def validate_unsigned(self, name: str, arguments: tuple[Any, ...]) -> Admission:  # noqa: ARG002
        """Say whether a call of this pallet may enter a block unsigned; it is no inherent.

        Raises:
            NotAdmitted: it may not; without a rule of the pallet's own, no call may.
        """
        raise NotAdmitted(Why.NOT_ALLOWED, f"{self.name}.{name}")

    def on_initialize(self, number: BlockNumber) -> Weight:  # noqa: ARG002
        """Run before the first extrinsic of block `number`; return what it cost at most."""
        return Weight()

    def on_poll(self, number: BlockNumber, left: int) -> Weight:  # noqa: ARG002
        """Do what can wait for a lighter block; return what it cost: at most `left` picoseconds.

        Runs after all that must happen, in turns with other pallets: who does not come far in one
        block comes first in another.
        """
        return Weight()

    def on_finalize(self, number: BlockNumber) -> None:
        """Run after the last extrinsic of block `number`."""

    def try_state(self) -> None:
        """Check every invariant.

        Raises:
            InvariantError: naming the first that does not hold.
        """
        for name, method in self._invariants:
            if not method(self):
                raise InvariantError(f"{self.name}.{name}: {method.__doc__}")


def calls_of(kind: type[Pallet]) -> dict[int, tuple[str, CallInfo]]:
    """Return the name and the `@call` note of each call of a pallet, by index."""
    return {
        method.__call_info__.index: (name, method.__call_info__)
        for name, method in marked(kind, "__call_info__")
    }


def with_hook(pallets: Iterable[Pallet], hook: Callable[..., object]) -> tuple[Pallet, ...]:
    """Return those pallets, in order, that do something in a hook: `Pallet.on_initialize`, say.

    To be asked once, when pallets are put together: most have none, and every block would call it.
    """
    name = hook.__name__
    return tuple(one for one in pallets if getattr(type(one), name) is not hook)


def marked(kind: type[Pallet], mark: str) -> Iterator[tuple[str, Any]]:
    """Yield the members of a pallet class that a decorator marked, in order of declaration."""
    for name, member in vars(kind).items():
        if hasattr(member, mark):
            yield name, member
