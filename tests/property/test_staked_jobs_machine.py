"""The compute market under random calls, with vaults: what jobs pay and cost reaches stakers whole.

The crowd of the jobs machine, whose members also stake in the market, for all work, as insurance,
and behind those of them that provide. Whatever becomes of jobs, all invariants of both hold.
"""

from collections import Counter

import pytest

from runtime.compute.job import JobClass
from runtime.pallets import vaults
from runtime.pallets.jobs import SegmentSettled
from runtime.pallets.vaults import AGPU, Insurance, OfMarket, OfProvider, OfTask
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import DEPOSIT, ELSEWHERE, MARKET, PEOPLE, POTS
from tests.pallets.staked_market import with_vaults
from tests.property import test_jobs_machine
from tests.property.test_jobs_machine import Crowd

STAKING = {"join": 6, "unbond": 3, "withdraw": 2, "claim": 4, "next_epoch": 5}
KINDS = (OfMarket(MARKET), OfMarket(ELSEWHERE), OfTask(JobClass.MATMUL), Insurance())


class StakedCrowd(Crowd):
    """Five accounts that order, provide and stake."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.vaults = with_vaults(self.world)
        self.paid: Counter[str] = Counter()
        for kind in KINDS:
            self.call(self.vaults.create, PEOPLE[0], kind, None)
        for who in PEOPLE:
            self.call(self.vaults.create, who, OfProvider(who), 10**8)

    def count_the_money(self) -> None:
        """Count what stakers were paid and what they took, then all that the others count."""
        for event in self.world.happened():
            if isinstance(event, SegmentSettled):
                self.paid["stakers"] += event.stakers
            elif isinstance(event, vaults.YieldAdded):
                kind = self.vaults.vaults[event.vault].kind
                self.paid["behind" if isinstance(kind, OfProvider) else "earned"] += event.amount
            elif isinstance(event, vaults.VaultSlashed):
                self.paid["lost"] += event.loss
        super().count_the_money()
        assert self.paid["earned"] <= self.paid["stakers"]

    def vault(self) -> int:
        return self.die.randrange(self.vaults.next_vault)

    def join(self) -> None:
        amount = self.die.randrange(UNIT // 20, 30 * UNIT)
        self.call(self.vaults.join, self.anyone(), self.vault(), AGPU, amount, 28)

    def unbond(self) -> None:
        super().unbond()
        who, number = self.anyone(), self.vault()
        position = self.vaults.positions.get((number, who))
        points = 1 if position is None else position.points
        self.call(self.vaults.unbond, who, number, self.die.choice((points, points // 2)))

    def withdraw(self) -> None:
        super().withdraw()
        self.call(self.vaults.withdraw_unbonded, self.anyone(), self.vault())

    def claim(self) -> None:
        self.call(self.vaults.claim_payout, self.anyone(), self.vault())

    def next_epoch(self) -> None:
        self.world.chance.epoch += 1


@pytest.mark.parametrize("die", [2])
def test_stakers_share_what_a_market_pays_whatever_happens(
    die: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, weight in STAKING.items():
        monkeypatch.setitem(test_jobs_machine.WEIGHTS, name, weight)
    crowd = StakedCrowd(die)
    crowd.run(220)
    assert crowd.paid["earned"] > 0
    owed = crowd.vaults.owed[POTS.stakers]
    assert crowd.world.token.free(POTS.stakers) >= owed + DEPOSIT
