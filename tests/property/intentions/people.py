"""What accounts set out to do for themselves: identities, proxies, vesting, stakes."""

from __future__ import annotations

from runtime.frame import Root
from runtime.pallets.identity import raw
from runtime.pallets.identity.types import IdentityInfo, Reasonable
from runtime.pallets.proxy.types import ProxyType, pure_account
from runtime.pallets.staking import ToStash
from runtime.pallets.vesting import VestingInfo
from runtime.primitives.extrinsic import Id
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import encode
from runtime.primitives.types import UNIT
from tests.property.by_hand import Crowd
from tests.property.intentions.plan import Do, Inside, Intention, Plan, few, runtime_of, wait
from tests.property.signs_of_life import heartbeat

MOST_PLACES = 64
"""Extrinsics of a block at most, among which one made an account."""
DELAY = 2
"""Blocks between announcing a call and making it."""


def be_known(crowd: Crowd) -> Plan:
    """Say who one is, and ask a registrar, who judges it."""
    identity, (who, judge) = runtime_of(crowd).identity, few(crowd, 2)
    known = [n for n, one in enumerate(identity.registrars) if one and one.account == judge]
    number = known[0] if known else len(identity.registrars)
    if not known:
        yield Do("Identity.add_registrar", Root(), (Id(judge),))
    info = IdentityInfo(display=raw(b"Anna"))
    yield Do("Identity.set_identity", who, (info,))
    yield Do("Identity.set_fee", judge, (number, UNIT))
    yield Do("Identity.set_fields", judge, (number, 1))
    yield Do("Identity.request_judgement", who, (number, UNIT))
    yield Do("Identity.cancel_request", who, (number,))
    yield Do("Identity.request_judgement", who, (number, UNIT))
    digest = blake2_256(encode(info, IdentityInfo))
    yield Do("Identity.provide_judgement", judge, (number, Id(who), Reasonable(), digest))
    yield Do("Identity.set_account_id", judge, (number, Id(few(crowd, 1)[0])))


def have_others(crowd: Crowd) -> Plan:
    """Name accounts under an identity, which are renamed, removed, or leave."""
    who, first, second = few(crowd, 3)
    name = raw(b"a hand")
    yield Do("Identity.set_identity", who, (IdentityInfo(),))
    yield Do("Identity.set_subs", who, (((first, name),),))
    yield Do("Identity.add_sub", who, (Id(second), name))
    yield Do("Identity.rename_sub", who, (Id(first), raw(b"the other")))
    yield Do("Identity.remove_sub", who, (Id(first),))
    yield Do("Identity.quit_sub", second)
    yield Do("Identity.clear_identity", who)


def have_a_proxy(crowd: Crowd) -> Plan:
    """Let another make calls for one, at once."""
    real, proxy = few(crowd, 2)
    remark = crowd.chain.call("System", "remark", b"by proxy")
    yield Do("Proxy.add_proxy", real, (Id(proxy), ProxyType.ANY, 0))
    yield Do("Proxy.proxy", proxy, (Id(real), None, remark))
    yield Do("Proxy.remove_proxy", real, (Id(proxy), ProxyType.ANY, 0))


def announce(crowd: Crowd) -> Plan:
    """Let another announce calls, of which one is made, one taken back, and one forbidden."""
    real, proxy, anyone = few(crowd, 3)
    remark = crowd.chain.call("System", "remark", b"announced")
    said = (Id(real), blake2_256(remark.encode()))
    yield Do("Proxy.add_proxy", real, (Id(proxy), ProxyType.NON_TRANSFER, DELAY))
    yield Do("Proxy.announce", proxy, said)
    yield wait(crowd, DELAY + 1)
    made = (Id(proxy), Id(real), ProxyType.NON_TRANSFER, remark)
    yield Do("Proxy.proxy_announced", anyone, made)
    yield Do("Proxy.announce", proxy, said)
    yield Do("Proxy.poke_deposit", proxy)
    yield Do("Proxy.remove_announcement", proxy, said)
    yield Do("Proxy.announce", proxy, said)
    yield Do("Proxy.reject_announcement", real, (Id(proxy), said[1]))
    yield Do("Proxy.remove_proxy", real, (Id(proxy), ProxyType.NON_TRANSFER, DELAY))


def have_a_pure_account(crowd: Crowd) -> Plan:
    """Make an account without a key, and give it up by its proxy."""
    index, (who,) = crowd.know.die.randrange(100), few(crowd, 1)
    height = crowd.chain.number
    if not (yield Do("Proxy.create_pure", who, (ProxyType.ANY, 0, index))):
        return
    kept = runtime_of(crowd).proxy.proxies
    for place in range(MOST_PLACES):
        pure = pure_account(who, ProxyType.ANY, index, height, place)
        if pure in kept:
            named = (Id(who), ProxyType.ANY, index, height, place)
            kill = crowd.chain.call("Proxy", "kill_pure", *named)
            yield Do("Proxy.proxy", who, (Id(pure), None, kill))
            if pure not in runtime_of(crowd).proxy.proxies:
                yield Inside("Proxy.kill_pure")


def vest(crowd: Crowd) -> Plan:
    """Give by schedule, make one of two schedules, release what is due, and all at once."""
    giver, taker = few(crowd, 2)
    pallet = crowd.know.die.choice(["Vesting", "AmaxVesting"])
    schedule = VestingInfo(100 * UNIT, UNIT, crowd.chain.number)
    yield Do(f"{pallet}.vested_transfer", giver, (Id(taker), schedule))
    yield Do(f"{pallet}.force_vested_transfer", Root(), (Id(giver), Id(taker), schedule))
    yield Do(f"{pallet}.merge_schedules", taker, (0, 1))
    yield wait(crowd, 3)
    yield Do(f"{pallet}.vest", taker)
    yield Do(f"{pallet}.vest_other", giver, (Id(taker),))
    yield Do(f"{pallet}.force_remove_vesting_schedule", Root(), (Id(taker), 0))


def nominate(crowd: Crowd) -> Plan:
    """Stand behind validators, and take a part of the stake out and back in."""
    staking, (light, heavy) = runtime_of(crowd).staking, few(crowd, 2)
    listed = tuple(Id(who) for who, _ in staking.validators.items())[:16]
    for who, stake in ((light, 2_000), (heavy, 2_001)):
        if staking.ledger.get(who) is None:
            yield Do("Staking.bond", who, (stake * UNIT, ToStash()))
        yield Do("Staking.nominate", who, (listed,))
    yield Do("Staking.unbond", light, (UNIT,))
    yield Do("Staking.rebond", light, (UNIT,))


def go_ahead(crowd: Crowd) -> Plan:
    """Let a voter go in front of one of its bag that has less at stake, or do so oneself."""
    listed, (anyone,) = runtime_of(crowd).voter_list, few(crowd, 1)
    nodes = [(who, one.bag_upper) for who, one in listed.list_nodes.items()]
    pairs = [
        (heavy, light)
        for heavy, bag in nodes
        for light, other_bag in nodes
        if bag == other_bag and heavy in crowd.know.accounts
        if listed.scores.vote_weight(heavy) > listed.scores.vote_weight(light)
    ]
    if not pairs:
        return
    heavy, light = crowd.know.die.choice(pairs)
    if crowd.know.die.random() < 0.5:
        yield Do("VoterList.put_in_front_of", heavy, (Id(light),))
    else:
        yield Do("VoterList.put_in_front_of_other", anyone, (Id(heavy), Id(light)))


def be_paid(crowd: Crowd) -> Plan:
    """Have an era paid to those behind a validator, where it was not."""
    staking, (anyone,) = runtime_of(crowd).staking, few(crowd, 1)
    unpaid = [
        (who, era)
        for (era, who), _ in staking.eras_stakers_overview.items()
        if staking.eras_validator_reward.get(era) and not staking.claimed_rewards[era, who]
    ]
    for who, era in unpaid[:2]:
        is_by_page = crowd.know.die.random() < 0.5
        name = "payout_stakers_by_page" if is_by_page else "payout_stakers"
        yield Do(f"Staking.{name}", anyone, (who, era, *((0,) if is_by_page else ())))


def live(crowd: Crowd) -> Plan:
    """Show that a validator is there that no block shows yet."""
    for _ in range(4):
        if runtime_of(crowd).im_online.awaited():
            yield Do("ImOnline.heartbeat", None, heartbeat(crowd)[1])
            return
        yield wait(crowd, 3)


PEOPLE: tuple[Intention, ...] = (
    *(be_known, have_others, have_a_proxy, announce, have_a_pure_account),
    *(vest, nominate, go_ahead, be_paid, live),
)
