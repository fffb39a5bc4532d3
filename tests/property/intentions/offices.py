"""What decisions set in motion: tasks, brakes, parameters, upgrades, calls in another's name."""

from __future__ import annotations

from runtime.frame import GovernanceOrigin, Governed, Root
from runtime.frame.dispatch import RefTime
from runtime.frame.origins import RawSigned, SystemOrigin
from runtime.pallets.jobs.conditions import Thresholds
from runtime.pallets.pricing import TierInfo
from tests.property.by_hand import FAR, Crowd
from tests.property.intentions.plan import Do, Intention, Plan, Together, eras, few, runtime_of
from tests.property.parameter_changes import set_parameter

REGISTRY = Governed(GovernanceOrigin.REGISTRY)
EMERGENCY = Governed(GovernanceOrigin.EMERGENCY)
VALIDATORS = 4
RELEASE_ERAS = 30
"""After so long a deposit for pulling the brake comes back."""
SOON = 40
"""Blocks until a task is due that is taken out before."""


def agenda(crowd: Crowd) -> Plan:
    """Put tasks into an agenda, say how often they are tried, and take them out."""
    when, die = crowd.chain.number + SOON, crowd.know.die
    remark = crowd.chain.call("System", "remark", b"later")
    place = (when, len(runtime_of(crowd).scheduler.agenda[when]))
    yield Together(
        (
            Do("Scheduler.schedule", Root(), (when, None, 100, remark)),
            Do("Scheduler.set_retry", Root(), (place, 3, 5)),
        )
    )
    yield Do("Scheduler.cancel_retry", Root(), (place,))
    yield Do("Scheduler.cancel", Root(), place)
    name = die.randbytes(32)
    yield Do("Scheduler.schedule_named", Root(), (name, when, None, 100, remark))
    yield Do("Scheduler.set_retry_named", Root(), (name, 3, 5))
    yield Do("Scheduler.cancel_retry_named", Root(), (name,))
    yield Do("Scheduler.cancel_named", Root(), (name,))


def pull_the_brake(crowd: Crowd) -> Plan:
    """Enter safe mode for a deposit and leave it; the deposit comes back or is burned."""
    who, other, anyone = few(crowd, 3)
    yield Together(
        (
            Do("SafeMode.enter", who),
            Do("SafeMode.extend", other),
            Do("SafeMode.force_exit", EMERGENCY),
        )
    )
    found = list(runtime_of(crowd).safe_mode.deposits.items())
    if found:
        (placer, block), _ = found[0]
        ways = ("force_release_deposit", "force_slash_deposit")
        way = crowd.know.die.choice(ways)
        yield Do(f"SafeMode.{way}", EMERGENCY, (placer, block))
    if len(found) > 1:
        (placer, block), _ = found[-1]
        yield eras(crowd, RELEASE_ERAS)
        yield Do("SafeMode.release_deposit", anyone, (placer, block))


def brake(crowd: Crowd) -> Plan:
    """Enter and leave safe mode by decision; pause a call for a while."""
    del crowd
    names = ("force_enter", "force_extend", "force_exit")
    yield Together(tuple(Do(f"SafeMode.{name}", EMERGENCY) for name in names))
    burn = ((b"Balances", b"burn"),)
    if (yield Do("TxPause.pause", EMERGENCY, burn)):
        yield Do("TxPause.unpause", EMERGENCY, burn)


def decide(crowd: Crowd) -> Plan:
    """Set a parameter a step further, a tier, and when jobs leave a market."""
    for _ in range(3):
        yield Do("Parameters.set_parameter", Root(), set_parameter(crowd)[1])
    yield Do("Pricing.set_tier", Root(), (crowd.know.die.randrange(3), TierInfo(0, 0, 0)))
    yield Do("Jobs.set_overflow", Root(), (Thresholds(),))


def upgrade(crowd: Crowd) -> Plan:
    """Schedule a new runtime, and call it off."""
    height = FAR + crowd.chain.number
    if (yield Do("RuntimeUpgrades.schedule", Root(), (2, height))):
        yield Do("RuntimeUpgrades.cancel", Root())


def in_the_name_of(crowd: Crowd) -> Plan:
    """Make a remark in every way that there is to make a call in another's name."""
    remark = crowd.chain.call("System", "remark", b"named")
    (who,) = few(crowd, 1)
    as_who, nothing = SystemOrigin(RawSigned(who)), crowd.chain.call("Utility", "batch", ())
    yield Do("Utility.as_derivative", who, (7, remark))
    yield Do("Utility.dispatch_as", Root(), (as_who, remark))
    yield Do("Utility.dispatch_as_fallible", Root(), (as_who, remark))
    yield Do("Utility.with_weight", Root(), (nothing, RefTime(10**9, 0)))


def elections(crowd: Crowd) -> Plan:
    """Say how many validate and on what terms, and let an era begin early."""
    del crowd
    yield Do("Staking.set_validator_count", Root(), (VALIDATORS,))
    yield Do("Staking.set_min_commission", Root(), (0,))
    yield Do("Staking.force_new_era", Root())


def attest(crowd: Crowd) -> Plan:
    """Appoint an auditor, who attests what a machine is and takes it back."""
    auditor, who = few(crowd, 2)
    yield Do("Attestations.set_auditor", REGISTRY, (auditor, 2))
    yield Do("Attestations.claim_attestation", who, (1, auditor, bytes(32)))
    yield Do("Attestations.attest", auditor, (who, 1, bytes(32)))
    yield Do("Attestations.revoke_attestation", auditor, (who,))


def forgive(crowd: Crowd) -> Plan:
    """Cancel a slash of validators that was not taken yet, if there is one."""
    found = [era for era, _ in runtime_of(crowd).staking.unapplied_slashes.items()]
    if found:
        yield Do("Staking.cancel_deferred_slash", Root(), (found[0], (0,)))


OFFICES: tuple[Intention, ...] = (
    *(agenda, pull_the_brake, brake, decide),
    *(upgrade, in_the_name_of, elections, attest, forgive),
)
