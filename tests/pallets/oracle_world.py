"""A bench with an oracle: members who report, a pot that pays them, and a clock."""

from random import Random

from runtime.frame import GovernanceOrigin, Governed, Signed
from runtime.frame.fungible import HoldReason
from runtime.pallets.balances import Balances
from runtime.pallets.oracle import Config, Oracle, Report, seal
from runtime.primitives.types import UNIT
from runtime.tracks import REGISTRIES
from tests.support.bench import Bench, account
from tests.support.free_terms import free_terms

REGISTRY = Governed(GovernanceOrigin.REGISTRY)
POT, TREASURY = account(92), account(94)
LEAST, RICH, BOND = 10**9, 10_000 * UNIT, 1_000 * UNIT
ROUND, EPOCH, ERA = 20, 40, 400
BLOCK_MS = 6_000
CONFIG = Config(
    pot=POT,
    treasury=TREASURY,
    existential_deposit=LEAST,
    era_blocks=ERA,
    epoch_blocks=EPOCH,
    epoch_milliseconds=EPOCH * BLOCK_MS,
)
ONE = 10**6
"""A value of 1 with six decimals."""
SALT = bytes([5]) * 32
STRANGER = account(7)


class Clock:
    """The time of the block, by its number."""

    def __init__(self, world: Bench) -> None:
        self._world = world

    @property
    def now(self) -> int:
        return self._world.context.number * BLOCK_MS


class OracleWorld(Bench):
    """A feed, and so many members that have joined."""

    def __init__(self, members: int = 7, feeds: int = 1) -> None:
        super().__init__()
        self.token = self.add(Balances(self.context, LEAST, index=6, name="Balances"))
        self.terms = free_terms(self.context)
        self.oracle = self.add(
            Oracle(
                self.context,
                self.token,
                REGISTRIES,
                self.terms,
                CONFIG,
                time=Clock(self),
                accuracy=self,
                index=68,
            )
        )
        self.right: dict[bytes, int] = {}
        """The points of accuracy that members have so far."""
        self.people = tuple(account(100 + number) for number in range(members))
        rich = (*self.people, STRANGER, POT, TREASURY)
        self.token.build(tuple((who, RICH) for who in rich))
        for who in self.people:
            self.call(self.oracle.add_member, REGISTRY, who)
            self.call(self.oracle.join, Signed(who), BOND)
        for number in range(feeds):
            self.call(self.oracle.add_feed, REGISTRY, b"feed %d" % number, 6)

    def was_right(self, who: bytes, points: int) -> None:
        self.right[who] = self.right.get(who, 0) + points

    def held(self, who: bytes) -> int:
        return self.token.held(HoldReason.ORACLE_BOND, who)

    def blocks(self, count: int) -> None:
        """Let blocks pass; their events are those of the last."""
        for _ in range(count):
            self.context.events.clear()
            self.next_block()

    def next_round(self) -> list[object]:
        """Let blocks pass until the next round begins; return everything that happened."""
        found: list[object] = []
        for _ in range(ROUND - self.context.number % ROUND):
            self.context.events.clear()
            self.next_block()
            found += self.happened()
        return found

    def skip(self, blocks: int) -> None:
        """Pass over blocks, as if every round in them had been closed."""
        self.context.number += blocks
        self.oracle.next_round = self.oracle.current_round()

    def report(self, value: int, age: int = 0) -> Report:
        return Report(value, Clock(self).now - age, b"test")

    def commit(self, who: bytes, report: Report, feed: int = 0) -> None:
        current = self.oracle.current_round()
        sealed = seal(report, SALT, who, feed, current)
        self.call(self.oracle.commit, Signed(who), feed, current, sealed)

    def reveal(self, who: bytes, report: Report, feed: int = 0) -> None:
        self.call(self.oracle.reveal, Signed(who), feed, report, SALT)

    def play(self, values: dict[bytes, int], feed: int = 0) -> list[object]:
        """Let members report in a round of their own; return what its closing announced."""
        reports = {who: self.report(value) for who, value in values.items()}
        for who, report in reports.items():
            self.commit(who, report, feed)
        self.next_round()
        for who, report in reports.items():
            self.reveal(who, report, feed)
        return self.next_round()

    def play_all(self, values: list[int], feed: int = 0) -> list[object]:
        return self.play(dict(zip(self.people, values, strict=False)), feed)


def of(kind: type, found: list[object]) -> list[object]:
    """Return the events of a kind."""
    return [one for one in found if isinstance(one, kind)]


def noisy(die: Random, centre: int) -> int:
    """Return an honest report: 0.4 % of standard deviation, as in the design's simulation."""
    return max(round(centre * (1 + die.gauss(0, 0.004))), 1)
