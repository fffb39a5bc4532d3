"""What becomes of the treasury's money: spends, bounties and parts of them."""

from __future__ import annotations

from collections.abc import Generator

from runtime.frame import GovernanceOrigin, Governed, Root
from runtime.frame.fungibles import NATIVE
from runtime.pallets.bounties.types import Active
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.property.by_hand import Crowd
from tests.property.intentions.plan import Do, Intention, Plan, Step, eras, few, runtime_of

SMALL = Governed(GovernanceOrigin.SMALL_SPENDER)
MEDIUM = Governed(GovernanceOrigin.MEDIUM_SPENDER)
BIG = Governed(GovernanceOrigin.BIG_SPENDER)
CANCELLER = Governed(GovernanceOrigin.REFERENDUM_CANCELLER)
OBJECTION_ERAS = 8
"""An award is paid a week later."""


def spend(crowd: Crowd) -> Plan:
    """Spend at once and have it paid and forgotten."""
    index, (who,) = runtime_of(crowd).treasury.spend_count, few(crowd, 1)
    if (yield Do("Treasury.spend", SMALL, (NATIVE, UNIT, Id(who), None))):
        yield Do("Treasury.payout", who, (index,))
        yield Do("Treasury.check_status", who, (index,))


def spend_slowly(crowd: Crowd) -> Plan:
    """Spend little by little, pay a part, and call the rest off."""
    index, (who,) = runtime_of(crowd).treasury.spend_count, few(crowd, 1)
    by = crowd.know.die.choice([MEDIUM, BIG])
    if (yield Do("Treasury.spend", by, (NATIVE, 100 * UNIT, Id(who), None))):
        yield eras(crowd, crowd.know.die.choice([1, 4]))
        yield Do("Treasury.payout", who, (index,))
        yield Do("Treasury.void_spend", crowd.know.die.choice([CANCELLER, Root()]), (index,))


def spend_locally(crowd: Crowd) -> Plan:
    """Have a local spend approved, and call it off before it is paid."""
    index, (who,) = runtime_of(crowd).treasury.proposal_count, few(crowd, 1)
    if (yield Do("Treasury.spend_local", SMALL, (10 * UNIT, Id(who)))):
        yield Do("Treasury.remove_approval", CANCELLER, (index,))


def burn(crowd: Crowd) -> Plan:
    """Burn a little of the treasury."""
    yield Do("Stability.burn_reserve", SMALL, (crowd.know.die.choice([1, UNIT]),))


def a_bounty(crowd: Crowd) -> Generator[Step, bool, tuple[int, bytes]]:
    """Propose a bounty and find it a curator; return its number, and who that is."""
    number = runtime_of(crowd).bounties.bounty_count
    proposer, curator = few(crowd, 2)
    yield Do("Bounties.propose_bounty", proposer, (50 * UNIT, b"a bridge"))
    yield Do("Bounties.poke_deposit", proposer, (number,))
    yield Do("Bounties.approve_bounty", SMALL, (number,))
    yield Do("Bounties.propose_curator", SMALL, (number, Id(curator), 5 * UNIT))
    yield Do("Bounties.accept_curator", curator, (number,))
    return number, curator


def award(crowd: Crowd) -> Plan:
    """Look after a bounty, award it, and have it paid."""
    number, curator = yield from a_bounty(crowd)
    winner, anyone = few(crowd, 2)
    yield Do("Bounties.extend_bounty_expiry", curator, (number, b"goes well"))
    yield Do("Bounties.award_bounty", curator, (number, Id(winner)))
    yield eras(crowd, OBJECTION_ERAS)
    yield Do("Bounties.claim_bounty", anyone, (number,))


def resign(crowd: Crowd) -> Plan:
    """Look after a bounty, and leave it or be removed; the bounty is called off."""
    number, curator = yield from a_bounty(crowd)
    by = crowd.know.die.choice([curator, CANCELLER])
    yield Do("Bounties.unassign_curator", by, (number,))
    yield Do("Bounties.close_bounty", CANCELLER, (number,))


def a_part(crowd: Crowd) -> Generator[Step, bool, tuple[tuple[int, int], bytes, bytes]]:
    """Set a part of a bounty apart; return its numbers, the bounty's curator and its own."""
    found = [
        (number, one.status.curator)
        for number, one in runtime_of(crowd).bounties.bounties.items()
        if isinstance(one.status, Active) and one.status.curator in crowd.know.accounts
    ]
    die = crowd.know.die
    is_old = found and die.random() < 0.5
    number, curator = die.choice(found) if is_old else (yield from a_bounty(crowd))
    place = number, runtime_of(crowd).child_bounties.parent_total_child_bounties[number]
    yield Do("ChildBounties.add_child_bounty", curator, (number, 5 * UNIT, b"a pier"))
    (own,) = few(crowd, 1)
    yield Do("ChildBounties.propose_curator", curator, (*place, Id(own), UNIT))
    yield Do("ChildBounties.accept_curator", own, place)
    return place, curator, own


def award_part(crowd: Crowd) -> Plan:
    """Award a part of a bounty and have it paid, then the bounty itself."""
    place, curator, own = yield from a_part(crowd)
    winner, anyone = few(crowd, 2)
    yield Do("ChildBounties.award_child_bounty", own, (*place, Id(winner)))
    yield eras(crowd, OBJECTION_ERAS)
    yield Do("ChildBounties.claim_child_bounty", anyone, place)
    yield Do("Bounties.award_bounty", curator, (place[0], Id(winner)))
    yield eras(crowd, OBJECTION_ERAS)
    yield Do("Bounties.claim_bounty", anyone, (place[0],))


def end_part(crowd: Crowd) -> Plan:
    """Let nobody look after a part of a bounty any more, and call it off."""
    place, curator, own = yield from a_part(crowd)
    by = crowd.know.die.choice([own, curator, CANCELLER])
    yield Do("ChildBounties.unassign_curator", by, place)
    yield Do("ChildBounties.close_child_bounty", curator, place)


TREASURY_MONEY: tuple[Intention, ...] = (
    *(spend, spend_slowly, spend_locally, burn),
    *(award, resign, award_part, end_part),
)
