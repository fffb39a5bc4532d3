"""Kills, restarts and payments at random; what nodes say meanwhile is kept and compared."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

from tests.cluster.cluster import NAMES, Cluster, Head, Member
from tests.cluster.payments import Payments
from tests.e2e.commands import until

WITNESSES = 2
"""The first members are never killed: whose memory grows with time is seen in them."""

MAX_DOWN = 2
"""Of eight validators two may be silent, and finality goes on."""

KILL_SECONDS, DOWN_SECONDS = (4.0, 12.0), (2.0, 8.0)
PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen of a member at a time."""

    seconds: float
    member: int
    head: Head
    memory_bytes: int

    @property
    def lag_blocks(self) -> int:
        """How far finality is behind the best block."""
        return self.head.best - self.head.final


@dataclass
class Record:
    """Everything that was seen, and the final chain that all must agree on."""

    samples: list[Sample] = field(default_factory=list)
    final: dict[int, str] = field(default_factory=dict)
    kills: int = 0

    def add(self, sample: Sample) -> None:
        """Keep a sample, unless it contradicts an earlier one."""
        head = sample.head
        wanted = self.final.setdefault(head.final, head.final_hash)
        name = NAMES[sample.member]
        assert wanted == head.final_hash, f"{name} has another final block {head.final}"
        before = [one.head.final for one in self.samples if one.member == sample.member]
        assert head.final >= max(before, default=0), f"{name} lost final blocks"
        self.samples.append(sample)

    @property
    def max_lag_blocks(self) -> int:
        """The furthest that finality was behind at any member."""
        return max(sample.lag_blocks for sample in self.samples)

    def longest_stall_seconds(self) -> float:
        """Return the longest time in which no member had a new final block."""
        highest, since, longest = 0, self.samples[0].seconds, 0.0
        for sample in self.samples:
            if sample.head.final > highest:
                longest = max(longest, sample.seconds - since)
                highest, since = sample.head.final, sample.seconds
        return max(longest, self.samples[-1].seconds - since)

    def memory_growth_bytes(self, member: int) -> float:
        """Return what a member grew by from the second quarter of the time to the last."""
        sizes = [one.memory_bytes for one in self.samples if one.member == member]
        quarter = len(sizes) // 4
        early, late = sizes[quarter : 2 * quarter], sizes[-quarter:]
        return sum(late) / len(late) - sum(early) / len(early)


@dataclass
class Storm:
    """Kills members, starts them again, and pays through them, until its time is over."""

    cluster: Cluster
    rng: random.Random
    payments: Payments
    record: Record = field(default_factory=Record)

    def run(self, seconds: float) -> None:
        """Do so for that long; then start all again."""
        began = time.monotonic()
        due: dict[int, float] = {}
        next_kill = began + self.rng.uniform(*KILL_SECONDS)
        while (now := time.monotonic()) < began + seconds:
            for index in [index for index, at in due.items() if at <= now]:
                del due[index]
                self.cluster.start(self.cluster.members[index])
            if now >= next_kill and len(due) < MAX_DOWN:
                victim = self._kill()
                due[victim.index] = now + self.rng.uniform(*DOWN_SECONDS)
                next_kill = now + self.rng.uniform(*KILL_SECONDS)
            self.payments.pay()
            self.payments.read_final()
            self._look(now - began)
            time.sleep(PAUSE_SECONDS)
        for index in due:
            self.cluster.start(self.cluster.members[index])

    def settle(self, seconds: float) -> int:
        """Wait until every transfer is final and all members know it; return the height."""

        def is_all_final() -> bool:
            self.payments.send_late()
            self.payments.read_final()
            return not self.payments.open

        until("every transfer is final", is_all_final, seconds)
        height = self.payments.read_to

        for member in self.cluster.members:
            self.cluster.await_final(member, height, seconds)
        return height

    def _kill(self) -> Member:
        victim = self.rng.choice([one for one in self.cluster.up if one.index >= WITNESSES])
        self.cluster.kill(victim)
        self.record.kills += 1
        return victim

    def _look(self, seconds: float) -> None:
        for member in self.cluster.up:
            head = member.head()
            if head is not None:
                self.record.add(Sample(seconds, member.index, head, member.memory_bytes))
