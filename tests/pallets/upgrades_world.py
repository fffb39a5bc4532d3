"""A bench with claims of upgrades: providers and oracles are plain, the claims are real."""

from dataclasses import dataclass, field

from runtime.frame import Signed
from runtime.frame.fungible import HoldReason
from runtime.pallets import upgrades
from runtime.pallets.balances import Balances
from runtime.pallets.upgrades import (
    ClaimKind,
    Upgrades,
    Verdict,
)
from runtime.pallets.upgrades.records import PERBILL
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import UNIT
from tests.support.bench import Bench, account

ANNA, BERT, CARA, DORA = PROVIDERS = tuple(account(seed) for seed in range(1, 5))
CHALLENGER, STRANGER = account(8), account(9)
ORACLES = tuple(account(100 + number) for number in range(9))
LEAST, RICH, BOND = 10**9, 10_000 * UNIT, 100 * UNIT
ERA = 10
REVIEW = 7 * ERA
CAPACITY = 8_000_000
"""Micro-CU per epoch: eight CU."""
GAIN = PERBILL // 4
POINTS = CAPACITY // 4
ROOT, EVIDENCE = bytes([1]) * 32, bytes([2]) * 32
KIND = ClaimKind.EFFICIENCY


@dataclass
class Record:
    """What the test says of a provider."""

    eras: int = 14
    capacity: int = CAPACITY
    efficiency: int = 10**6
    """Micro-CU per kWh."""
    group: bytes | None = None
    discredited: int = 0


@dataclass
class World(Bench):
    """Four providers and nine oracles, all plain; only the claims are real."""

    known: dict[bytes, Record] = field(default_factory=lambda: {who: Record() for who in PROVIDERS})
    oracles: tuple[bytes, ...] = ORACLES
    slashed: list[tuple[bytes, int]] = field(default_factory=list)
    credited: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        Bench.__init__(self)
        self.token = self.add(Balances(self.context, LEAST, index=6, name="Balances"))
        rich = (*PROVIDERS, CHALLENGER, STRANGER, *ORACLES)
        self.token.build(tuple((who, RICH) for who in rich))
        ports = upgrades.Ports(self, self, randomness=self)
        config = upgrades.Config(era_blocks=ERA)
        self.upgrades = self.add(Upgrades(self.context, self.token, ports, config, index=69))

    # what the pallet asks of others

    def is_provider(self, who: bytes) -> bool:
        return who in self.known

    def eras_known(self, who: bytes) -> int:
        return self.known[who].eras

    def baseline(self, who: bytes) -> int:
        return self.known[who].capacity

    def efficiency(self, who: bytes) -> int:
        return self.known[who].efficiency

    def group(self, who: bytes) -> bytes | None:
        return self.known[who].group

    def discredit(self, who: bytes) -> None:
        self.known[who].discredited += 1

    def members(self) -> tuple[bytes, ...]:
        return self.oracles

    def slash(self, who: bytes, part: int) -> int:
        self.slashed.append((who, part))
        return 0

    def credit(self, who: bytes) -> None:
        self.credited.append(who)

    def of_block(self, number: int) -> bytes | None:
        return blake2_256(b"block%d" % number) if number <= self.context.number else None

    # what tests do

    def held(self, who: bytes) -> int:
        return self.token.held(HoldReason.CLAIM_BOND, who)

    def pass_blocks(self, count: int) -> list[object]:
        found: list[object] = []
        for _ in range(count):
            self.context.events.clear()
            self.next_block()
            found += self.happened()
        return found

    def jump(self, era: int) -> None:
        """Go to an era at once."""
        self.context.number = era * ERA

    def submit(self, who: bytes = ANNA, kind: ClaimKind = KIND, gain: int = GAIN) -> int:
        """Claim a gain, and then have twice the work per kWh: all of it shows."""
        self.call(self.upgrades.submit_claim, Signed(who), kind, ROOT, EVIDENCE, gain)
        self.known[who].efficiency *= 2
        return self.upgrades.next_claim - 1

    def committee(self, claim: int) -> tuple[bytes, ...]:
        review = self.upgrades.claims[claim].review
        assert review is not None
        return tuple(seat.oracle for seat in review.committee)

    def attest(self, claim: int, *verdicts: Verdict | None) -> None:
        for who, verdict in zip(self.committee(claim), verdicts, strict=True):
            if verdict is not None:
                self.call(self.upgrades.attest_claim, Signed(who), claim, verdict)

    def decide(self, claim: int, *verdicts: Verdict | None) -> list[object]:
        """Let a drawn committee speak and the time for it pass; return what that announced."""
        self.attest(claim, *verdicts)
        review = self.upgrades.claims[claim].review
        assert review is not None
        self.context.number = max(self.context.number, review.until)
        self.context.events.clear()
        self.call(self.upgrades.finalise_claim, Signed(STRANGER), claim)
        return self.happened()

    def accept(self, who: bytes = ANNA, kind: ClaimKind = KIND, gain: int = GAIN) -> int:
        claim = self.submit(who, kind, gain)
        self.pass_blocks(2)
        self.decide(claim, *YES)
        return claim


Y, N = Verdict.GENUINE, Verdict.FALSE
YES, NO = (Y,) * 5, (N,) * 5
