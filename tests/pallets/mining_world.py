"""Mining alone, over a ledger: what accounts do is what a test says they do."""

from dataclasses import dataclass, field

from runtime.frame import Signed
from runtime.pallets import mining
from runtime.pallets.balances import Balances
from runtime.pallets.mining import Pool
from runtime.primitives.types import UNIT
from tests.support.bench import Bench, account

ANNA, BERT, CARA, DORA = PEOPLE = tuple(account(seed) for seed in range(1, 5))
INFRA, GOVERNANCE, ACCURACY, TREASURY = POTS = tuple(account(seed) for seed in range(90, 94))
DEPOSIT = 10**9
ERA = 4
"""Blocks; votes are then dated by the block."""
FULL = 3600 * 10**6
CONFIG = mining.Config(
    pots=mining.Pots(INFRA, GOVERNANCE, ACCURACY, TREASURY),
    era_blocks=ERA,
    existential_deposit=DEPOSIT,
    scale=mining.Scale(compute=FULL, infra=FULL),
)


@dataclass
class Doings:
    """What each account has done."""

    work: dict[tuple[int, bytes], int] = field(default_factory=dict)
    reliable: dict[bytes, int] = field(default_factory=dict)
    staked: dict[bytes, int] = field(default_factory=dict)
    upgraded: dict[bytes, int] = field(default_factory=dict)
    burned: dict[tuple[bytes, int], int] = field(default_factory=dict)

    def proven(self, epoch: int, who: bytes) -> int:
        return self.work.get((epoch, who), 0)

    def reliability(self, who: bytes) -> int:
        return self.reliable.get(who, 0)

    def stake(self, who: bytes, epoch: int) -> int:
        return self.staked.get(who, 0)

    def points(self, who: bytes) -> int:
        return self.upgraded.get(who, 0)

    def qualified_burn(self, who: bytes, epoch: int) -> int:
        return self.burned.get((who, epoch), 0)


class MiningWorld(Bench):
    """Four accounts, four pots, an epoch that a test moves on."""

    def __init__(self) -> None:
        super().__init__()
        self.epoch = 5
        self.doings = Doings()
        self.token = self.add(Balances(self.context, DEPOSIT, index=6, name="Balances"))
        self.mining = self.add(
            mining.Mining(self.context, self.token, self.doings, CONFIG, clock=self, index=66)
        )
        self.token.build((*((who, UNIT) for who in PEOPLE), *((pot, DEPOSIT) for pot in POTS)))
        self.next_block()
        self.context.events.clear()

    def current_epoch(self) -> int:
        return self.epoch

    def next_epoch(self) -> None:
        self.epoch += 1
        self.next_block()

    def next_era(self, count: int = 1) -> None:
        """Open blocks until an era begins, so many times."""
        for _ in range(count):
            self.next_block()
            while self.context.number % ERA:
                self.next_block()

    def fill(self, pot: bytes, amount: int) -> None:
        """Let a slice of a mint come into a pot."""
        self.token.mint_into(pot, amount)

    def claim(self, who: bytes, pool: Pool) -> int:
        """Claim, and return what that brought."""
        before = self.token.free(who)
        self.call(self.mining.claim_payout, Signed(who), pool)
        return self.token.free(who) - before

    def claimable(self, who: bytes, pool: Pool) -> int:
        (found,) = [one.amount for one in self.mining.claimable(who) if one.pool is pool]
        return found

    def vote(self, who: bytes, poll: int, amount: int = UNIT) -> None:
        self.mining.voted(who, poll, amount)

    def decide(self, *polls: int) -> None:
        for poll in polls:
            self.mining.ended(poll, is_decided=True)
