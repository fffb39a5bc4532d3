"""RuntimeUpgrades: scheduled by the chain itself, with notice, and done in the block before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.frame import BadOrigin, NoOrigin, Origin, Root, Signed
from runtime.pallets.runtime_upgrades import (
    Cancelled,
    Config,
    Error,
    RuntimeUpgrades,
    Scheduled,
    Upgrade,
)
from tests.support.bench import Bench, account

NOTICE, VERSION = 3, 5


class World(Bench):
    """A chain at block 1 that runs version 5."""

    def __init__(self) -> None:
        super().__init__()
        self.codes: list[tuple[int, bytes]] = []
        config = Config(VERSION, NOTICE, lambda version: b"code of %d" % version)
        self.upgrades = self.add(RuntimeUpgrades(self.context, self, config, index=60))

    def set_code(self, code: bytes) -> None:
        self.codes.append((self.context.number, code))


@pytest.fixture
def world() -> World:
    return World()


@given(version=st.integers(VERSION + 1, 2**32 - 1), ahead=st.integers(NOTICE, 9))
def test_the_last_block_before_the_height_writes_the_code_once(version: int, ahead: int) -> None:
    world = World()
    height = world.context.number + ahead
    world.call(world.upgrades.schedule, Root(), version, height)
    assert world.happened() == [Scheduled(version, height)]
    assert world.upgrades.scheduled == Upgrade(version, height)
    while world.context.number < height - 1:
        world.next_block()
        assert world.codes == []
    world.upgrades.on_finalize(world.context.number)
    assert world.codes == [(height - 1, b"code of %d" % version)]
    assert world.upgrades.scheduled is None


def test_an_upgrade_that_is_cancelled_does_not_happen(world: World) -> None:
    world.call(world.upgrades.schedule, Root(), 6, 4)
    world.call(world.upgrades.cancel, Root())
    assert world.happened() == [Scheduled(6, 4), Cancelled(6, 4)]
    for _ in range(5):
        world.next_block()
    assert world.codes == []


@pytest.mark.parametrize("origin", [Signed(account(1)), NoOrigin()])
def test_only_the_chain_itself_schedules_and_cancels(world: World, origin: Origin) -> None:
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.upgrades.schedule, origin, 6, 100)
    world.call(world.upgrades.schedule, Root(), 6, 100)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.upgrades.cancel, origin)


@pytest.mark.parametrize(
    ("version", "height", "error"),
    [
        (VERSION, 100, Error.VERSION_NOT_HIGHER),
        (VERSION - 1, 100, Error.VERSION_NOT_HIGHER),
        (VERSION + 1, NOTICE, Error.NOTICE_TOO_SHORT),
        (VERSION + 1, 0, Error.NOTICE_TOO_SHORT),
    ],
)
def test_an_upgrade_needs_a_higher_version_and_notice(
    world: World, version: int, height: int, error: Error
) -> None:
    with world.refuses(error):
        world.call(world.upgrades.schedule, Root(), version, height)


def test_one_upgrade_is_scheduled_at_a_time(world: World) -> None:
    with world.refuses(Error.NOTHING_SCHEDULED):
        world.call(world.upgrades.cancel, Root())
    world.call(world.upgrades.schedule, Root(), 6, 100)
    with world.refuses(Error.ALREADY_SCHEDULED):
        world.call(world.upgrades.schedule, Root(), 7, 200)


def test_a_spec_may_schedule_from_the_beginning() -> None:
    world = World()
    world.upgrades.build(Upgrade(6, 2))
    world.upgrades.on_finalize(1)
    assert world.codes == [(1, b"code of 6")]


def test_a_version_is_four_bytes_on_the_wire(world: World) -> None:
    world.upgrades.build(Upgrade(6, 2))
    (raw,) = world.overlay.changes().values()
    assert raw == bytes.fromhex("0600000002000000")
