"""What stakers of the random machines do: stakes that suffice, and names of who validates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.pallets.staking import ToAccount, ToBond, ToNobody, ToStash, ValidatorPrefs
from runtime.pallets.staking.records import RewardDestination, ToController
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT

if TYPE_CHECKING:
    from tests.property.by_hand import Crowd, Made

ERAS_BACK = 4
"""How old an era is at most whose reward is asked for."""


def destination(crowd: Crowd) -> RewardDestination:
    someone = ToAccount(crowd.know.someone())
    return crowd.know.die.choice((ToBond(), ToStash(), ToController(), someone, ToNobody()))


def staker(crowd: Crowd) -> bytes:
    """Return an account that has a stake, mostly."""
    found = [who for who, _ in crowd.chain.runtime.staking.ledger.items()]
    known = [who for who in found if who in crowd.know.accounts]
    is_any = not known or crowd.know.die.random() < 0.1
    return crowd.know.someone() if is_any else crowd.know.die.choice(known)


def bond(crowd: Crowd) -> Made:
    amount = crowd.know.die.choice([0, 9, 10, 50, 1_000, 5_000]) * UNIT
    return crowd.know.someone(), (amount, destination(crowd))


def change(crowd: Crowd) -> Made:
    return staker(crowd), (crowd.know.die.choice([1, UNIT, 500 * UNIT, 20_000 * UNIT]),)


def set_payee(crowd: Crowd) -> Made:
    return staker(crowd), (destination(crowd),)


def validate(crowd: Crowd) -> Made:
    die = crowd.know.die
    prefs = ValidatorPrefs(die.choice([0, 10**8, 10**9, 10**9 + 1]), die.random() < 0.2)
    return staker(crowd), (prefs,)


def nominate(crowd: Crowd) -> Made:
    die = crowd.know.die
    listed = [who for who, _ in crowd.chain.runtime.staking.validators.items()]
    named = die.sample(listed, die.randint(0, len(listed)))
    if die.random() < 0.1:
        named.append(crowd.know.someone())
    return staker(crowd), (tuple(Id(who) for who in named),)


def kick(crowd: Crowd) -> Made:
    staking, die = crowd.chain.runtime.staking, crowd.know.die
    listed = list(staking.nominators.items())
    behind = [(one, who) for who, kept in listed for one in kept.targets]
    if not behind or die.random() < 0.1:
        return staker(crowd), ((Id(crowd.know.someone()),),)
    validator, nominator = die.choice(behind)
    return validator, ((Id(nominator),),)


def raise_commission(crowd: Crowd) -> Made:
    listed = [who for who, _ in crowd.chain.runtime.staking.validators.items()]
    return crowd.know.someone(), (crowd.know.die.choice(listed or [crowd.know.someone()]),)


def withdraw(crowd: Crowd) -> Made:
    return staker(crowd), (0,)


def payout(crowd: Crowd) -> Made:
    staking, die = crowd.chain.runtime.staking, crowd.know.die
    era = max(staking.era() - die.randrange(ERAS_BACK), 0)
    paid = [who for (_, who), _ in staking.eras_stakers_overview.items_under(era)]
    return crowd.know.someone(), (die.choice(paid or [crowd.know.someone()]), era)


def payout_page(crowd: Crowd) -> Made:
    who, arguments = payout(crowd)
    return who, (*arguments, crowd.know.die.choice([0, 0, 1]))


STAKERS = {
    "Staking.bond": bond,
    "Staking.bond_extra": change,
    "Staking.unbond": change,
    "Staking.rebond": change,
    "Staking.withdraw_unbonded": withdraw,
    "Staking.set_payee": set_payee,
    "Staking.validate": validate,
    "Staking.nominate": nominate,
    "Staking.kick": kick,
    "Staking.force_apply_min_commission": raise_commission,
    "Staking.payout_stakers": payout,
    "Staking.payout_stakers_by_page": payout_page,
}
"""By pallet and call."""
