"""What those set out to do who order, provide, reserve, refer, back providers, and claim."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from runtime.compute.job import DeclineReason, LatencyClass, Market
from runtime.pallets.disputes.records import Content
from runtime.pallets.jobs import Conditions, JobState
from runtime.pallets.mining.records import Pool
from runtime.pallets.vaults.assets import Agpu
from runtime.pallets.vaults.records import Insurance, OfMarket, OfProvider
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import info, order, output
from tests.property.by_hand import Crowd
from tests.property.intentions.plan import (
    Do,
    Intention,
    Plan,
    Step,
    Together,
    eras,
    few,
    newcomer,
    runtime_of,
    wait,
)
from tests.support.bench import undone

MARKET = Market(0, 0)
FAR = 40
"""Blocks until the deadline of a job that waits."""
PAYABLE = 1_000 * UNIT
"""Per CU: above any price that a market of the crowd comes to."""
EPOCHS = 3
LOCK_ERAS = 28
"""The shortest lock of a stake in a vault, and how long one is on its way out."""
WAITS = 20
"""Looks at a job until it is done."""
SERVED_ERAS = 31
"""After so long what a referral earned is free."""


def waiting_order(crowd: Crowd, **terms: Any) -> Any:
    """Return an order that a market takes at nearly any price."""
    now = crowd.chain.number
    return order(now, max_price=PAYABLE, deadline=now + FAR, market=MARKET, **terms)


def reserve(crowd: Crowd) -> Plan:
    """Reserve work, give the reservation away, and close it."""
    number, (who, other) = runtime_of(crowd).reservations.next_id, few(crowd, 2)
    if (yield Do("Reservations.reserve", who, (MARKET, 10**6, EPOCHS, PAYABLE))):
        yield Do("Reservations.transfer_reservation", who, (number, other))
        yield Do("Reservations.close_reservation", other, (number,))


def redeem(crowd: Crowd) -> Plan:
    """Pay jobs from a reservation: one that waits already, and one as it is ordered."""
    number, (who,) = runtime_of(crowd).reservations.next_id, few(crowd, 1)
    if not (yield Do("Reservations.reserve", who, (MARKET, 10**7, EPOCHS, PAYABLE))):
        return
    job = runtime_of(crowd).jobs.next_job_id
    yield Together(
        (
            Do("Jobs.submit_job", who, (waiting_order(crowd), None, 0)),
            Do("Jobs.redeem", who, (number, job)),
        )
    )
    conditions = Conditions(reservation=number)
    yield Do("Jobs.order_job", who, (waiting_order(crowd), None, 0, conditions))


def sponsor(crowd: Crowd) -> Plan:
    """Order at another's cost, and prepay for more of the job while it waits."""
    payer, who, denied = few(crowd, 3)
    until = crowd.chain.number + FAR
    yield Do("Jobs.set_budget", payer, (who, 100 * UNIT, until))
    conditions = Conditions(sponsor=payer, denied=(denied,))
    job, latency = runtime_of(crowd).jobs.next_job_id, LatencyClass.STANDARD
    placed = (waiting_order(crowd, latency=latency), None, 0, conditions)
    if (yield Do("Jobs.order_job", who, placed)):
        yield Do("Jobs.top_up_job", who, (job, 100))


def lapse(crowd: Crowd) -> Plan:
    """Forget a budget that is over, or set one that soon will be."""
    now = crowd.chain.number
    for (payer, client), budget in runtime_of(crowd).jobs.budgets.items():
        if budget.until < now:
            yield Do("Jobs.clear_budget", client, (payer, client))
            return
    payer, client, _ = few(crowd, 3)
    yield Do("Jobs.set_budget", payer, (client, 100 * UNIT, now + 1))


def decline(crowd: Crowd) -> Plan:
    """Give a job back, by the provider that has it."""
    given = (JobState.ASSIGNED, JobState.RUNNING)
    for number, job in runtime_of(crowd).jobs.jobs.items():
        if job.state in given and job.provider in crowd.know.accounts:
            yield Do("Jobs.decline_job", job.provider, (number, DeclineReason.BAD_SPEC))
            return


def a_provider(crowd: Crowd) -> Generator[Step, bool, bytes]:
    """Return who works in the market, after it has begun to if nobody did."""
    providers = runtime_of(crowd).providers
    found = [
        who
        for who, one in providers.providers.items()
        if who in crowd.know.accounts and one.info.market == MARKET and providers.is_working(who)
    ]
    if found:
        return crowd.know.die.choice(found)
    who = few(crowd, 1)[0]
    if who in providers.providers:
        yield Do("Providers.resume", who)
    else:
        yield Do("Providers.register_provider", who, (info(who, market=MARKET), 300 * UNIT))
    return who


def worked(crowd: Crowd, client: bytes, *, is_direct: bool) -> Plan:
    """Order, of a provider of one's choice or of any; who has it does the work and is paid."""
    provider = yield from a_provider(crowd)
    job, to = runtime_of(crowd).jobs.next_job_id, provider if is_direct else None
    if not (yield Do("Jobs.submit_job", client, (waiting_order(crowd), to, 10**8))):
        return
    for _ in range(WAITS):
        record = runtime_of(crowd).jobs.jobs.get(job)
        if record is None or not record.state.is_open:
            return
        provider, is_judged = record.provider or provider, not record.verdicts
        if record.state is JobState.ASSIGNED:
            yield Do("Jobs.start_job", provider, (job,))
        elif record.state is JobState.RUNNING:
            yield Do("Jobs.commit_segment", provider, (job, 0, output()))
        elif record.state is JobState.VERIFYING and is_judged:
            yield Do("Jobs.settle_segment", client, (job, 0))
        else:
            yield wait(crowd, 1)


def work(crowd: Crowd) -> Plan:
    """Have a job done."""
    yield from worked(crowd, few(crowd, 1)[0], is_direct=crowd.know.die.random() < 0.5)


def doubt(crowd: Crowd) -> Plan:
    """Ask for a part of a result that nobody serves, or dispute all of it."""
    ended = [
        (number, job)
        for number, job in runtime_of(crowd).jobs.jobs.items()
        if job.state in (JobState.VERIFYING, JobState.COMPLETED)
    ]
    if not ended:
        return
    (number, job), (anyone,) = crowd.know.die.choice(ended), few(crowd, 1)
    if crowd.know.die.random() < 0.5:
        yield Do("Disputes.challenge_leaf", anyone, (number, 0, 0))
    elif job.client in crowd.know.accounts:
        yield Do("Disputes.dispute_segment", job.client, (number, 0, Content.OUTPUT))


def refer(crowd: Crowd) -> Plan:
    """Come by referral, order, and let the referrer have what that earned."""
    referral = runtime_of(crowd).referral
    found = [who for who in crowd.know.accounts if referral.is_qualified(who)]
    if not found:
        return
    referrer = crowd.know.die.choice(found)
    who = yield from newcomer(crowd)
    yield Do("Referral.set_referrer", who, (referrer,))
    for _ in range(2):
        yield from worked(crowd, who, is_direct=False)
    yield eras(crowd, SERVED_ERAS + 5)
    yield Do("Referral.claim_payout", referrer, (who,))


def claim(crowd: Crowd) -> Plan:
    """Claim what one has in the pools of miners, and of the distribution of AMAX."""
    anyone, other = few(crowd, 2)
    pools, known = runtime_of(crowd).mining.pools, crowd.know.accounts
    earned = [(who, pool) for pool in Pool for who in known if pools.due(pool, who)]
    if earned:
        who, pool = crowd.know.die.choice(earned)
        is_own = crowd.know.die.random() < 0.5
        name = "claim_payout" if is_own else "claim_payout_other"
        by, whose = (who, ()) if is_own else (anyone, (who,))
        yield Do(f"Mining.{name}", by, (*whose, pool))
    distribution = runtime_of(crowd).amax_distribution
    due = [who for who in known if distribution.claimable(who).total]
    for who in due[:1]:
        if crowd.know.die.random() < 0.5:
            yield Do("AmaxDistribution.claim", who)
        else:
            yield Do("AmaxDistribution.claim_other", other, (who,))


def a_vault(crowd: Crowd) -> Generator[Step, bool, tuple[int, bytes]]:
    """Open a vault of some kind, or choose one that is open; return it and who opened it."""
    vaults, (who,) = runtime_of(crowd).vaults, few(crowd, 1)
    providers = [one for one, _ in runtime_of(crowd).providers.providers.items()]
    behind = [OfProvider(one) for one in providers if one in crowd.know.accounts]
    kind = crowd.know.die.choice([Insurance(), OfMarket(MARKET), *behind])
    number = vaults.vault_of.get(kind)
    if number is None:
        founder = kind.provider if isinstance(kind, OfProvider) else who
        commission = 10**8 if isinstance(kind, OfProvider) else None
        number = vaults.next_vault
        yield Do("Vaults.create", founder, (kind, commission))
    record = runtime_of(crowd).vaults.vaults.get(number)
    return number, who if record is None else record.founder


def back(crowd: Crowd) -> Plan:
    """Stake in a vault, add, wait for the end of the lock, leave, stay after all, and leave."""
    number, founder = yield from a_vault(crowd)
    (who,) = few(crowd, 1)
    yield Do("Vaults.join", who, (number, Agpu(), 100 * UNIT, LOCK_ERAS))
    yield Do("Vaults.bond_extra", who, (number, 10 * UNIT))
    yield eras(crowd, LOCK_ERAS + 1)
    yield Do("Vaults.unbond", who, (number, 5 * UNIT))
    yield Do("Vaults.rebond", who, (number, 0))
    yield eras(crowd, LOCK_ERAS + 1)
    yield from leave(crowd, number, who)
    yield eras(crowd, LOCK_ERAS + 1)
    yield Do("Vaults.withdraw_unbonded", who, (number,))
    yield Do("Vaults.close", founder, (number,))


def leave(crowd: Crowd, number: int, who: bytes) -> Plan:
    """Take all that somebody has of a vault out of it."""
    position = runtime_of(crowd).vaults.positions.get((number, who))
    if position is not None:
        yield Do("Vaults.unbond", who, (number, position.points))


def collect(crowd: Crowd) -> Plan:
    """Have a member of a vault paid, and its part of a slash taken."""
    runtime, (anyone,) = runtime_of(crowd), few(crowd, 1)
    found = [key for key, _ in runtime.vaults.positions.items() if key[1] in crowd.know.accounts]
    struck, earned = [], []
    with undone(runtime.context):
        for number, who in found:
            before = runtime.vaults.positions.get((number, who))
            after = runtime.vaults.members.find(number, who)[1]
            if before is not None and after.held < before.held:
                struck.append((number, who))
            elif after.owed:
                earned.append((number, who))
    for number, who in struck[:1]:
        yield Do("Vaults.apply_slash", anyone, (number, who))
    for number, who in earned[:1]:
        yield Do("Vaults.claim_payout", who, (number,))


def run_a_vault(crowd: Crowd) -> Plan:
    """Open a vault, change its commission, and close it while nobody is in."""
    providers = [one for one, _ in runtime_of(crowd).providers.providers.items()]
    vault_of = runtime_of(crowd).vaults.vault_of
    known = [one for one in providers if one in crowd.know.accounts]
    new = [one for one in known if OfProvider(one) not in vault_of]
    if not new:
        return
    who, number = crowd.know.die.choice(new), runtime_of(crowd).vaults.next_vault
    if not (yield Do("Vaults.create", who, (OfProvider(who), 10**8))):
        return
    yield eras(crowd, 1)
    yield Do("Vaults.set_commission", who, (number, 105_000_000))
    yield Do("Vaults.close", who, (number,))


MARKETEERS: tuple[Intention, ...] = (
    *(reserve, redeem, sponsor, lapse, decline, work, doubt, refer),
    *(claim, back, collect, run_a_vault),
)
