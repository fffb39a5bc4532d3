"""Intentions: what somebody sets out to do, as a few calls in an order, with time between them.

Chance alone seldom finds the second call behind the first: a curator who accepts, a spend that is
paid out. An intention is a generator that yields calls, takes their arguments from the state as it
then is, and hears of each whether it was accepted. Many are under way at the same time, among
everybody's random calls, which get in their way; all follow one die, so a seed repeats them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

from runtime.construct import Runtime
from runtime.frame import Origin
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.property.by_hand import Crowd
from tests.support.chain import pair

AT_ONCE, MOST_UNDER_WAY = 8, 80
"""Intentions that go on, and those and others that wait for a block."""
FIRST_NEWCOMER = 1_000
"""The number of the key of the first account that comes later than the crowd."""


@dataclass(frozen=True, slots=True)
class Do:
    """A call, by an account, by an origin that governance has, or, with None, by nobody."""

    name: str
    by: bytes | Origin | None
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Together:
    """Calls that belong into one block, such as those of oracles in a round."""

    calls: tuple[Do, ...]


@dataclass(frozen=True, slots=True)
class Inside:
    """What the state shows that was made inside the last call."""

    name: str


@dataclass(frozen=True, slots=True)
class Until:
    """Nothing before a block."""

    block: int


Calls = Do | Together | Inside
Step = Calls | Until
Plan = Generator[Step, bool, None]
"""Hears after each call whether it was accepted."""
Intention = Callable[[Crowd], Plan]


class UnderWay:
    """An intention that somebody has begun.

    A step is asked for when it is taken, not before: its arguments are of that moment.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._heard: bool | None = None
        self.until, self.is_over = 0, False

    def next_calls(self) -> Calls | None:
        """Return what is to be done now, or None if it waits for a block or is over."""
        try:
            step = next(self._plan) if self._heard is None else self._plan.send(self._heard)
        except StopIteration:
            self.is_over = True
            return None
        self._heard, self.until = True, 0
        if isinstance(step, Until):
            self.until = step.block
            return None
        return step

    def hear(self, *, is_accepted: bool) -> None:
        """Say what became of the last calls."""
        self._heard = is_accepted


class Intentions:
    """What is under way. Every intention begins as often as any other, in an order of chance."""

    def __init__(self, crowd: Crowd, known: Sequence[Intention]) -> None:
        self._crowd, self._known = crowd, tuple(known)
        self._deck: list[Intention] = []
        self._under_way: list[UnderWay] = []

    def draw(self) -> UnderWay | None:
        """Return one that may go on, or None; one that has waited for its block comes first."""
        now = self._crowd.chain.number
        self._under_way = [one for one in self._under_way if not one.is_over]
        due = [one for one in self._under_way if one.until <= now]
        if len(due) < AT_ONCE and len(self._under_way) < MOST_UNDER_WAY:
            due.append(UnderWay(self._drawn()(self._crowd)))
            self._under_way.append(due[-1])
        woken = [one for one in due if one.until]
        return self._crowd.know.die.choice(woken or due) if due else None

    def _drawn(self) -> Intention:
        if not self._deck:
            self._deck = self._crowd.know.die.sample(self._known, len(self._known))
        return self._deck.pop()


def runtime_of(crowd: Crowd) -> Runtime:
    """Return the pallets of the block under way."""
    return crowd.chain.runtime


def few(crowd: Crowd, count: int) -> list[bytes]:
    """Return so many accounts, each once."""
    return crowd.know.die.sample(list(crowd.know.accounts), count)


def wait(crowd: Crowd, blocks: int) -> Until:
    """Let so many blocks pass."""
    return Until(crowd.chain.number + blocks)


def eras(crowd: Crowd, count: int) -> Until:
    """Let so many eras pass."""
    return wait(crowd, count * runtime_of(crowd).treasury.config.era_blocks)


def newcomer(crowd: Crowd) -> Generator[Step, bool, bytes]:
    """Endow an account that has done nothing yet, and return it."""
    nonce, number = runtime_of(crowd).system.nonce, FIRST_NEWCOMER
    while nonce(pair(number).public) or runtime_of(crowd).balances.free(pair(number).public):
        number += 1
    who, (giver,) = pair(number).public, few(crowd, 1)
    yield Do("Balances.transfer_keep_alive", giver, (Id(who), 5_000 * UNIT))
    return who
