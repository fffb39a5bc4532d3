"""A market with people in it: clients who buy less when it is dear, providers who come and go.

The chain is the whole runtime on the real block execution (`FlatChain`). A round is a pricing
period, an epoch, and an hour of the design's simulation: prices move by an eighth at most. A
provider's device is a queue that takes `units / rating` seconds, and what it commits to is opened
with a proof that counts as good. Capacity enters and leaves forty times as fast as in the design's
simulation, so that days pass in a hundred rounds. Floats are only in people's heads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random

from runtime.compute.job import LatencyClass, Terms
from runtime.compute.receipt import Opening, Receipts
from runtime.compute.registry import job_spec
from runtime.compute.shares import Share, ShareBatch
from runtime.pallets.jobs import JobAssigned, SegmentSettled
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import PROOF, ROOT, info, output
from tests.simulation.economy.setting import (
    ATTACKER_ENDOWMENT,
    BOND,
    CAPACITY,
    COST,
    CREDIT_SHARES,
    ENTRY,
    EXPOSURE,
    HEARTBEAT_ROUNDS,
    JOB_UNITS,
    LIMIT,
    MARKETS,
    MOST_TIMES,
    OPEN_JOBS,
    PATIENCE,
    PEOPLE,
    PROVIDER_ENDOWMENT,
    RATING,
    ROUND_BLOCKS,
    SIZES,
    SMOOTHING,
    TIP,
    Round,
    Setting,
    genesis,
    tuned,
)
from tests.support.bench import account
from tests.support.chain import CHAIN
from tests.support.flat_chain import FlatChain


@dataclass
class Device:
    """A provider: where it is, whose, and when its device is free again."""

    who: bytes
    market: int
    owner: str
    is_there: bool = False
    free_at: float = 0.0
    """In blocks."""
    todo: dict[int, float] = field(default_factory=dict)
    """Jobs under way, and the block in which each is done."""


class Economy:
    """The chain and the people. Invariant: who is there is registered, active and beating."""

    def __init__(self, setting: Setting) -> None:
        self.setting, self.die = setting, Random(setting.seed)
        self.clients = [account(10_000 + place) for place in range(PEOPLE)]
        self.attacker, self.referrer = account(9_999), account(9_998)
        self.devices: dict[bytes, Device] = {}
        most = len(MARKETS) * setting.providers_each * MOST_TIMES
        self.unborn = [account(20_000 + place) for place in range(most)]
        self.chain = FlatChain(
            genesis(self._people(), is_bounded=setting.is_bounded), tuned(setting)
        )
        self.round, self.turn, self.nonce = 0, 0, 0
        self.carry = [0.0] * len(MARKETS)
        self.wish = [0.0] * len(MARKETS)
        """Providers that would come, by market: a whole one comes or goes."""
        self.margins = [0.35] * len(MARKETS)
        self.log: list[Round] = []
        self.income: dict[bytes, int] = {}
        self.fees = 0
        """Of all settled segments."""
        self.earned_by_attacker = 0
        if self.is_referred:  # the referrer has burned what it must before the run
            referral = self.chain.runtime.referral
            referral.burned(self.referrer, referral.config.least_burn)
            self._sign(self.attacker, "Referral", "set_referrer", self.referrer)
        for place in range(len(MARKETS)):
            for number in range(setting.providers_each):
                is_bad = setting.attack is not None and place == 0
                is_bad = is_bad and number < setting.attack.owned  # type: ignore[union-attr]
                self.enter(place, "attacker" if is_bad else "owner")
        self.chain.close()

    @property
    def is_referred(self) -> bool:
        """Whether the attacker brought itself."""
        return self.setting.attack is not None and self.setting.attack.is_referred

    def run(self) -> list[Round]:
        """Let all rounds pass; return what each came to."""
        while self.round < self.setting.rounds:
            self.play_round()
        return self.log

    # ------------------------------------------------------------------------------- providers

    def enter(self, place: int, owner: str = "owner") -> None:
        """Let a provider join a market, or one that left it come back."""
        resting = [
            one
            for one in self.devices.values()
            if not one.is_there and one.market == place and one.owner == owner and not one.todo
        ]
        if resting:
            resting[0].is_there = True
            self._sign(resting[0].who, "Providers", "resume")
        elif self.unborn:
            who = self.unborn.pop()
            described = info(who, market=MARKETS[place], rating=RATING)
            if owner == "attacker" and self.is_referred:
                self._sign(who, "Referral", "set_referrer", self.referrer)
            self._sign(who, "Providers", "register_provider", described, BOND)
            self.devices[who] = Device(who, place, owner, is_there=True)

    def leave(self, place: int) -> None:
        """Let a provider of a market stop."""
        there = [one for one in self.there(place) if one.owner == "owner"]
        if len(self.there(place)) > self.setting.least and there:
            there[-1].is_there = False
            self._sign(there[-1].who, "Providers", "chill")

    def there(self, place: int | None = None) -> list[Device]:
        """Return the providers of a market, or all, that are there."""
        found = self.devices.values()
        return [one for one in found if one.is_there and place in (None, one.market)]

    # ---------------------------------------------------------------------------------- a round

    def play_round(self) -> None:
        """Let a round pass: orders, work, proofs, claims, and who comes and goes."""
        before = self._sums()
        balances = {who: self._wealth(who) for who in (*self.devices, self.referrer)}
        orders = self._orders()
        for block in range(ROUND_BLOCKS):
            for place, is_fake in orders[block::ROUND_BLOCKS]:
                self._order(place, is_fake=is_fake)
            self._work()
            self._prove(with_shares=block == 0)
            if block == 1:
                self._housekeeping()
            self.chain.close(is_checked=block == ROUND_BLOCKS - 1)
            self._hear()
        self.round += 1
        gains = {who: self._wealth(who) - amount for who, amount in balances.items()}
        self._note(before, gains)
        self._come_and_go(gains)

    def _orders(self) -> list[tuple[int, bool]]:
        """Return what clients buy in this round, by market, in random order."""
        setting, orders = self.setting, list[tuple[int, bool]]()
        for place in range(len(MARKETS)):
            wanted = setting.providers_each * 0.62 * setting.demand(self.round)
            if setting.only is not None and setting.only[0] == place:
                wanted *= setting.only[1](self.round)
            season = 1 + 0.12 * math.sin(2 * math.pi * self.round / 24)
            noise = math.exp(self.die.gauss(0, 0.06))
            dear = self._price(place) * setting.value(self.round) / setting.fair
            wanted *= season * noise * dear**-setting.elasticity
            self.carry[place] += min(wanted, 4 * len(self.there(place))) * CAPACITY / JOB_UNITS
            count = int(self.carry[place])
            self.carry[place] -= count
            orders += [(place, False)] * count
        attack = setting.attack
        if attack is not None and self.round >= attack.start:
            fake = attack.fake * max(attack.owned, 1) * CAPACITY / JOB_UNITS
            whole = int(fake * (self.round + 1)) - int(fake * self.round)
            orders += [(0, True)] * whole
        self.die.shuffle(orders)
        return orders

    def _order(self, place: int, *, is_fake: bool) -> None:
        """Buy a job; a client pays up to twice what it finds fair, the attacker anything."""
        self.turn += 1
        who = self.attacker if is_fake else self.clients[self.turn % PEOPLE]
        value = self.setting.value(self.round)
        limit = self._price(place) * 2 if is_fake else int(LIMIT * self.setting.fair / value)
        room = PATIENCE * CAPACITY * len(self.there(place))
        if limit < self._price(place) or self.chain.runtime.pricing.backlog(MARKETS[place]) > room:
            return
        terms = Terms(limit, self.chain.number + 60, MARKETS[place], LatencyClass.STANDARD)
        spec, to = job_spec(SIZES, ROOT, terms), None
        if is_fake and self.setting.attack is not None and self.setting.attack.is_direct:
            own = [one for one in self.there(place) if one.owner == "attacker"]
            to = own[self.turn % len(own)].who
        self._sign(who, "Jobs", "submit_job", spec, to, TIP)

    def _work(self) -> None:
        """Let every device commit to what it has finished."""
        jobs = self.chain.runtime.jobs
        for one in self.devices.values():
            done = [job for job, at in one.todo.items() if at <= self.chain.number]
            for job in done:
                del one.todo[job]
                record = jobs.jobs.get(job)
                if record is not None and record.provider == one.who:
                    self._sign(one.who, "Jobs", "commit_segment", job, 0, output(SIZES))

    def _prove(self, *, with_shares: bool) -> None:
        """Be the author: include openings that are due, and the shares of a round."""
        runtime = self.chain.runtime
        first, last = runtime.jobs.opening_window()
        openings = [
            Opening(number, 0, PROOF)
            for number, job in runtime.jobs.jobs.items()
            if job.state.name == "COMMITTED" and first <= self.chain.number - job.entered_at <= last
        ]
        batches = list[ShareBatch]()
        if with_shares:
            epoch = runtime.babe.current_epoch()
            for one in self.there():
                if runtime.providers.is_working(one.who):
                    shares = tuple(Share(self.nonce, 0, n) for n in range(CREDIT_SHARES))
                    batches.append(ShareBatch(epoch, one.who, shares))
            self.nonce += 1
        if openings or batches:
            found = Receipts(tuple(batches[:100]), tuple(openings[:16]))
            self.chain.inherent(self.chain.call("Receipts", "submit", found))

    def _housekeeping(self) -> None:
        """Beat, and have the capacity of the last closed epoch paid."""
        closed = max(self.chain.runtime.emission.next_to_close - 1, 0)
        info_of = self.chain.runtime.emission.epoch_info.get(closed)
        for one in self.there():
            self._secure(one)
            if self.round % HEARTBEAT_ROUNDS == 0:
                self._sign(one.who, "Providers", "heartbeat", bytes(32), 1)
            if info_of is not None and info_of.is_closed:
                self._sign(one.who, "Emission", "payout_provider", one.who, closed)

    def _secure(self, one: Device) -> None:
        """Let a provider bond what all the jobs that it could have now put at stake."""
        wanted = 2 * EXPOSURE * OPEN_JOBS * JOB_UNITS * self._price(one.market) // 10**6
        missing = wanted - self.chain.runtime.providers.providers[one.who].bond
        if missing > 0 and missing < self.chain.runtime.balances.free(one.who) - UNIT:
            self._sign(one.who, "Providers", "bond_extra", missing)

    def _hear(self) -> None:
        """Let providers that were given a job begin with it."""
        for record in self.chain.events:
            if isinstance(record.event, SegmentSettled):
                self.fees += record.event.fee
            if isinstance(record.event, JobAssigned):
                one = self.devices[record.event.provider]
                self._sign(one.who, "Jobs", "start_job", record.event.job)
                begin = max(one.free_at, self.chain.number + 1)
                seconds = JOB_UNITS / RATING
                one.free_at = begin + seconds * 1000 / CHAIN.slot_milliseconds
                one.todo[record.event.job] = one.free_at

    def _come_and_go(self, gains: dict[bytes, int]) -> None:
        """Let capacity follow margins, and rush where it is told to."""
        setting = self.setting
        for place in range(len(MARKETS)):
            there = [one for one in self.there(place) if one.who in gains]
            if not there:
                continue
            income = sum(gains[one.who] for one in there) / len(there)
            margin = income * setting.value(self.round) / COST - 1
            self.margins[place] += SMOOTHING * (margin - self.margins[place])
            step = ENTRY * min(max(self.margins[place], -0.6), 0.8)
            self.wish[place] += len(there) * step
            while self.wish[place] >= 1:
                self.wish[place] -= 1
                self.enter(place)
            while self.wish[place] <= -1:
                self.wish[place] += 1
                self.leave(place)
        if setting.rush is not None and setting.rush[0] == self.round:
            for place in range(len(MARKETS)):
                for _ in range(len(self.there(place)) * (setting.rush[1] - 1)):
                    self.enter(place)

    # ------------------------------------------------------------------------------ measurement

    def _note(self, before: dict[str, int], gains: dict[bytes, int]) -> None:
        runtime, now = self.chain.runtime, self._sums()
        made = {name: now[name] - before[name] for name in now}
        points = [runtime.pricing.price_history.get((one, self._slot())) for one in MARKETS]
        used = sum(point.used for point in points if point)
        asked = used + sum(point.backlog for point in points if point)
        room = sum(point.capacity for point in points if point)
        prices = tuple(self._price(place) for place in range(len(MARKETS)))
        mean = sum(prices) / len(prices) * self.setting.value(self.round)
        attack = self.setting.attack
        if attack is not None and self.round > attack.start:
            owned = [one.who for one in self.devices.values() if one.owner == "attacker"]
            self.earned_by_attacker += sum(gains.get(who, 0) for who in (*owned, self.referrer))
        self.log.append(
            Round(
                supply=now["supply"],
                prices=prices,
                utilisation=used / room if room else 0.0,
                pressure=asked / room if room else 0.0,
                providers=len(self.there()),
                fees=made["fees"],
                subsidy=made["subsidy"],
                minted_work=made["work"],
                burned=made["burned"],
                scarcity_burned=made["burned"] - made["reemittable"],
                cost_ratio=mean / (COST * 10**6 / CAPACITY),
                waiting=sum(runtime.pricing.backlog(one) for one in MARKETS),
            )
        )

    def _slot(self) -> int:
        """Return where the last period lies in the history of prices."""
        return self.chain.head.number // ROUND_BLOCKS % 256

    def _sums(self) -> dict[str, int]:
        """Return the sums of the chain so far, in planck."""
        emission, token = self.chain.runtime.emission.tally, self.chain.runtime.balances
        burned = {reason.name: amount for reason, amount in token.burned_by_reason.items()}
        return {
            "supply": token.total_issuance,
            "work": emission.minted_work,
            "subsidy": emission.minted_availability,
            "reemittable": emission.burn_reemittable,
            "burned": burned.get("JOB", 0),
            "fees": self.fees,
        }

    def spent_by_attacker(self) -> int:
        """Return what the attacker's own account has less than at first, in planck."""
        return ATTACKER_ENDOWMENT - self._wealth(self.attacker)

    def _price(self, place: int) -> int:
        return self.chain.runtime.pricing.price(MARKETS[place])

    def _wealth(self, who: bytes) -> int:
        return self.chain.runtime.balances.total(who)

    def _sign(self, who: bytes, pallet: str, name: str, *arguments: object) -> bool:
        """Make a call; return whether it was accepted."""
        return self.chain.sign(who, self.chain.call(pallet, name, *arguments)) is None

    def _people(self) -> dict[bytes, int]:
        """Return what each account begins with."""
        found = {self.attacker: ATTACKER_ENDOWMENT}
        found |= dict.fromkeys(self.clients, 1_000_000 * UNIT)
        if self.is_referred:
            found[self.referrer] = UNIT
        return found | dict.fromkeys(self.unborn, PROVIDER_ENDOWMENT)
