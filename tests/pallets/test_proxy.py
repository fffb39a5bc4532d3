"""Proxy: who may act for whom, how far that goes, and what can be rejected before it happens."""

from dataclasses import replace

import pytest

from runtime.frame import Signed, TokenError
from runtime.frame.calls import Call
from runtime.frame.fungible import HoldReason
from runtime.frame.outcome import Module, ModuleError
from runtime.frame.pallet import calls_of
from runtime.frame.results import Err, Ok
from runtime.pallets.balances.types import Transfer
from runtime.pallets.proxy import (
    Announced,
    Announcement,
    DepositKind,
    DepositPoked,
    Error,
    ProxyAdded,
    ProxyDefinition,
    ProxyExecuted,
    ProxyRemoved,
    ProxyType,
    PureCreated,
    PureKilled,
    Spawned,
    pure_account,
)
from runtime.pallets.proxy.types import ALWAYS, CALLS, MAX_PENDING, MAX_PROXIES, PALLETS
from runtime.primitives.extrinsic import Id
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import UNIT
from tests.pallets.governance_world import ANNA, BERT, CARA, DORA, ENDOWMENT
from tests.pallets.joint_world import JointWorld
from tests.support.bench import account
from tests.support.chain import MemoryChain

ANY, GOVERNANCE, NON_TRANSFER = ProxyType.ANY, ProxyType.GOVERNANCE, ProxyType.NON_TRANSFER
FILTERED = Err(Module(ModuleError(0, b"\x05\0\0\0")))
DONE = ProxyExecuted(Ok(()))
DELAY = 5


@pytest.fixture
def world() -> JointWorld:
    """Anna owns; Bert may do everything for her."""
    made = JointWorld()
    made.call(made.proxy.add_proxy, Signed(ANNA), Id(BERT), ANY, 0)
    made.context.events.clear()
    return made


def held(world: JointWorld, who: bytes = ANNA) -> int:
    return world.agpu.held(HoldReason.PROXY, who)


def act(
    world: JointWorld, call: Call, by: bytes = BERT, force: ProxyType | None = None
) -> list[object]:
    return world.events_since(world.proxy.proxy, Signed(by), Id(ANNA), force, call)


def may(world: JointWorld, kind: ProxyType) -> None:
    """Let Cara act for Anna too."""
    world.call(world.proxy.add_proxy, Signed(ANNA), Id(CARA), kind, 0)


def test_a_proxy_acts_for_another(world: JointWorld) -> None:
    events = act(world, world.transfer(DORA, 7))
    assert events[0] == Transfer(ANNA, DORA, 7)
    assert events[-1] == DONE


def test_a_call_that_fails_is_told_and_leaves_nothing(world: JointWorld) -> None:
    executed = act(world, world.transfer(DORA, ENDOWMENT * 2))
    assert [type(one) for one in executed] == [ProxyExecuted]
    assert isinstance(executed[0].result, Err)


def test_nobody_else_acts(world: JointWorld) -> None:
    for by, force in ((CARA, None), (ANNA, None), (BERT, GOVERNANCE)):
        with world.refuses(Error.NOT_PROXY):
            act(world, world.transfer(DORA), by, force)


def test_proxies_are_added_and_removed_for_a_deposit(world: JointWorld) -> None:
    may(world, GOVERNANCE)
    assert world.happened()[-1] == ProxyAdded(ANNA, CARA, GOVERNANCE, 0)
    assert held(world) == 100 + 2 * 20
    known, deposit = world.proxy.proxies[ANNA]
    assert deposit == held(world)
    assert list(known) == sorted(
        (ProxyDefinition(BERT, ANY, 0), ProxyDefinition(CARA, GOVERNANCE, 0)),
        key=lambda one: one.order,
    )
    with world.refuses(Error.DUPLICATE):
        may(world, GOVERNANCE)
    with world.refuses(Error.NO_SELF_PROXY):
        world.call(world.proxy.add_proxy, Signed(ANNA), Id(ANNA), ANY, 0)
    remove = world.proxy.remove_proxy
    with world.refuses(Error.NOT_FOUND):
        world.call(remove, Signed(ANNA), Id(CARA), ANY, 0)
    world.call(remove, Signed(ANNA), Id(CARA), GOVERNANCE, 0)
    assert world.happened()[-1] == ProxyRemoved(ANNA, CARA, GOVERNANCE, 0)
    assert held(world) == 100 + 20
    world.call(world.proxy.remove_proxies, Signed(ANNA))
    assert (held(world), ANNA in world.proxy.proxies) == (0, False)


def test_the_number_of_proxies_is_bounded(world: JointWorld) -> None:
    add = world.proxy.add_proxy
    for n in range(MAX_PROXIES - 1):
        world.call(add, Signed(ANNA), Id(account(500 + n)), ANY, 0)
    with world.refuses(Error.TOO_MANY):
        world.call(add, Signed(ANNA), Id(CARA), ANY, 0)


def test_a_proxy_does_what_its_type_allows_and_no_more(world: JointWorld) -> None:
    may(world, NON_TRANSFER)
    assert act(world, world.transfer(DORA), CARA) == [ProxyExecuted(FILTERED)]
    inside = world.batch("force_batch", world.transfer(DORA))
    assert not [one for one in act(world, inside, CARA) if isinstance(one, Transfer)]
    through_derived = world.call_of("Utility", "as_derivative", 3, world.transfer(DORA))
    assert act(world, through_derived, CARA) == [ProxyExecuted(FILTERED)], (
        "what limits a proxy limits whatever account it reaches by that"
    )


def test_a_limited_proxy_gives_nobody_more_than_it_has(world: JointWorld) -> None:
    may(world, NON_TRANSFER)
    add = world.call_of("Proxy", "add_proxy", Id(DORA), ANY, 0)
    assert act(world, add, CARA) == [ProxyExecuted(FILTERED)]
    remove = world.call_of("Proxy", "remove_proxies")
    assert act(world, remove, CARA) == [ProxyExecuted(FILTERED)]
    governing = world.call_of("Proxy", "add_proxy", Id(DORA), GOVERNANCE, 0)
    assert act(world, governing, CARA)[-1] == DONE
    chained = world.call_of("Proxy", "proxy", Id(ANNA), None, world.transfer(DORA))
    assert not [one for one in act(world, chained, CARA) if isinstance(one, Transfer)]


@pytest.mark.parametrize("kind", ProxyType)
def test_what_a_type_includes_it_lets_through(kind: ProxyType) -> None:
    names = [
        (pallet.name, name)
        for pallet in MemoryChain().runtime().pallets
        for name, _ in calls_of(type(pallet)).values()
    ]
    for other in filter(kind.includes, ProxyType):
        for one in names:
            assert kind.lets_through(*one) or not other.lets_through(*one), one


def test_types_name_calls_that_there_are() -> None:
    runtime = MemoryChain().runtime()
    names = {pallet.name for pallet in runtime.pallets}
    assert {name for pallets in PALLETS.values() for name in pallets} <= names
    for one in (*ALWAYS, *(call for calls in CALLS.values() for call in calls)):
        assert runtime.calls().entry(*one) is not None, one


def test_a_delayed_proxy_announces_and_waits(world: JointWorld) -> None:
    world.call(world.proxy.add_proxy, Signed(ANNA), Id(CARA), ANY, DELAY)
    call = world.transfer(DORA, 9)
    hash_ = blake2_256(call.encode())
    with world.refuses(Error.UNANNOUNCED):
        act(world, call, CARA)
    world.call(world.proxy.announce, Signed(CARA), Id(ANNA), hash_)
    assert world.happened()[-1] == Announced(ANNA, CARA, hash_)
    assert held(world, CARA) == 50 + 5
    assert world.proxy.announcements[CARA][0] == (Announcement(ANNA, hash_, 1),)
    made = (world.proxy.proxy_announced, Signed(DORA), Id(CARA), Id(ANNA), None, call)
    world.context.number += DELAY - 1
    with world.refuses(Error.UNANNOUNCED):
        world.events_since(*made)
    world.context.number += 1
    assert Transfer(ANNA, DORA, 9) in world.events_since(*made)
    assert held(world, CARA) == 0
    with world.refuses(Error.UNANNOUNCED):
        world.events_since(*made)


def test_an_announced_call_is_rejected_or_taken_back(world: JointWorld) -> None:
    world.call(world.proxy.add_proxy, Signed(ANNA), Id(CARA), ANY, DELAY)
    first, second = bytes(32), b"\x01" * 32
    for hash_ in (first, second):
        world.call(world.proxy.announce, Signed(CARA), Id(ANNA), hash_)
    with world.refuses(Error.NOT_FOUND):
        world.call(world.proxy.reject_announcement, Signed(DORA), Id(CARA), first)
    world.call(world.proxy.reject_announcement, Signed(ANNA), Id(CARA), first)
    assert held(world, CARA) == 50 + 5
    world.call(world.proxy.remove_announcement, Signed(CARA), Id(ANNA), second)
    assert (held(world, CARA), CARA in world.proxy.announcements) == (0, False)
    with world.refuses(Error.NOT_PROXY):
        world.call(world.proxy.announce, Signed(DORA), Id(ANNA), first)


def test_the_number_of_announcements_is_bounded(world: JointWorld) -> None:
    for n in range(MAX_PENDING):
        world.call(world.proxy.announce, Signed(BERT), Id(ANNA), account(n))
    with world.refuses(Error.TOO_MANY):
        world.call(world.proxy.announce, Signed(BERT), Id(ANNA), account(77))


def test_a_pure_account_is_its_proxies_alone(world: JointWorld) -> None:
    world.call(world.proxy.create_pure, Signed(DORA), ANY, 0, 4)
    pure = pure_account(DORA, ANY, 4, 1, 1)
    assert world.happened()[-1] == PureCreated(pure, DORA, ANY, 4, 1, 1)
    assert (held(world, DORA), held(world, pure)) == (120, 0)
    assert world.proxy.spawned[pure] == Spawned(DORA, 120)
    with world.refuses(Error.DUPLICATE):
        world.call(world.proxy.create_pure, Signed(DORA), ANY, 0, 4)
    world.agpu.transfer(ANNA, pure, UNIT)

    def of_pure(call: Call, by: bytes) -> list[object]:
        return world.events_since(world.proxy.proxy, Signed(by), Id(pure), None, call)

    handed = world.batch(
        "batch_all",
        world.call_of("Proxy", "add_proxy", Id(CARA), ANY, 0),
        world.call_of("Proxy", "remove_proxy", Id(DORA), ANY, 0),
    )
    assert of_pure(handed, DORA)[-1] == DONE
    assert (held(world, DORA), held(world, pure)) == (120, 0)
    assert of_pure(world.transfer(BERT, 5), CARA)[0] == Transfer(pure, BERT, 5)
    wrong = world.call_of("Proxy", "kill_pure", Id(DORA), ANY, 5, 1, 1)
    assert isinstance(of_pure(wrong, CARA)[-1].result, Err)
    kill = world.call_of("Proxy", "kill_pure", Id(DORA), ANY, 4, 1, 1)
    assert PureKilled(pure, DORA, ANY, 4) in of_pure(kill, CARA)
    assert (held(world, DORA), pure in world.proxy.spawned) == (0, False)
    with world.refuses(Error.NOT_PROXY):
        of_pure(world.transfer(BERT, 5), CARA)


def test_an_account_with_a_key_is_not_killed(world: JointWorld) -> None:
    with world.refuses(Error.NO_PERMISSION):
        world.call(world.proxy.kill_pure, Signed(ANNA), Id(ANNA), ANY, 0, 1, 1)


def reprice(world: JointWorld, times: int) -> None:
    """Let proxies and announcements cost so many times what they did."""
    old = world.proxy._config
    world.proxy._config = replace(
        old,
        proxy_deposit_base=old.proxy_deposit_base * times,
        announcement_deposit_factor=old.announcement_deposit_factor * times,
    )


def poke(world: JointWorld, who: bytes) -> list[DepositPoked]:
    return [
        one
        for one in world.events_since(world.proxy.poke_deposit, Signed(who))
        if isinstance(one, DepositPoked)
    ]


def test_deposits_follow_what_they_cost_now(world: JointWorld) -> None:
    world.call(world.proxy.announce, Signed(BERT), Id(ANNA), bytes(32))
    assert (held(world), held(world, BERT)) == (120, 55)
    assert poke(world, ANNA) == poke(world, BERT) == poke(world, DORA) == []
    reprice(world, 3)
    assert poke(world, ANNA) == [DepositPoked(ANNA, DepositKind.PROXIES, 120, 320)]
    assert poke(world, BERT) == [DepositPoked(BERT, DepositKind.ANNOUNCEMENTS, 55, 65)]
    assert (held(world), held(world, BERT)) == (320, 65)
    assert world.proxy.proxies[ANNA][1] == 320
    world.proxy._config = replace(world.proxy._config, proxy_deposit_base=0)
    assert poke(world, ANNA) == [DepositPoked(ANNA, DepositKind.PROXIES, 320, 20)]
    assert held(world) == 20


def test_one_account_pokes_what_it_has_of_both(world: JointWorld) -> None:
    world.call(world.proxy.add_proxy, Signed(BERT), Id(CARA), ANY, 0)
    world.call(world.proxy.announce, Signed(BERT), Id(ANNA), bytes(32))
    reprice(world, 2)
    assert [(one.kind, one.new_deposit) for one in poke(world, BERT)] == [
        (DepositKind.PROXIES, 220),
        (DepositKind.ANNOUNCEMENTS, 60),
    ]


def test_a_poke_that_cannot_be_paid_changes_nothing(world: JointWorld) -> None:
    reprice(world, 10**30)
    with world.refuses(TokenError.FUNDS_UNAVAILABLE):
        world.call(world.proxy.poke_deposit, Signed(ANNA))
    assert held(world) == 120


def test_what_a_pure_account_s_maker_holds_stays_the_makers(world: JointWorld) -> None:
    world.call(world.proxy.create_pure, Signed(ANNA), ANY, 0, 0)
    (pure,) = [who for who, _ in world.proxy.spawned.items()]
    world.proxy._config = replace(world.proxy._config, proxy_deposit_base=0)
    world.agpu.transfer(DORA, pure, UNIT)
    assert poke(world, pure) == []
    assert (held(world), held(world, pure)) == (240, 0)
