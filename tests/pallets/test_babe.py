"""Babe, Timestamp, Authorship: slots, epochs, randomness, time and authors."""

import pytest

from runtime.frame import NoOrigin
from runtime.pallets.authorship import Authorship
from runtime.pallets.babe import (
    RANDOMNESS_KEPT,
    Babe,
    Config,
    NextEpochData,
    Reports,
)
from runtime.pallets.canonical_work import CanonicalWork
from runtime.pallets.grandpa import Grandpa
from runtime.pallets.session import Session, SessionKeys, Sessions
from runtime.pallets.timestamp import Error, Timestamp
from runtime.primitives.block import BABE_ENGINE, Consensus
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import decode
from runtime.primitives.slot_claim import PrimaryPreDigest, VrfSignature
from tests.support.bench import Bench, account
from tests.support.offences import NOBODY, BondsOf

GENESIS = b"\x07" * 32


class World(Bench):
    """Two validators, epochs of three slots of 1000 ms."""

    def __init__(self) -> None:
        super().__init__()
        self.context.number = 0
        self.grandpa = Grandpa(self.context, NOBODY, NOBODY, index=18)
        self.session = Session(self.context, BondsOf(account(11), account(12)), index=12)
        sessions = Sessions(self.session, (self.grandpa,))
        self.work = self.add(CanonicalWork(self.context, self.session, index=53))
        reports, times = Reports(NOBODY, NOBODY), Config(1000, 3)
        self.babe = self.add(Babe(self.context, sessions, self.work, reports, times, index=2))
        self.add(self.session)
        self.add(self.grandpa)
        self.time = Timestamp(self.context, 1000, self.babe, index=3)
        self.authorship = self.add(Authorship(self.context, self.babe, self.session, index=4))
        keys = tuple(SessionKeys(account(n), account(n + 2), account(n)) for n in (1, 2))
        sessions.build(((account(11), 1), (account(12), 3)), keys)
        self.babe.build(GENESIS)

    def block(self, slot: int, authority: int = 0) -> None:
        vrf = VrfSignature(slot.to_bytes(32, "big"), bytes(64))
        self.claim(PrimaryPreDigest(authority, slot, vrf))
        self.next_block()


def output(slot: int) -> bytes:
    return slot.to_bytes(32, "big")


@pytest.fixture
def world() -> World:
    return World()


def test_the_first_block_sets_the_genesis_slot(world: World) -> None:
    world.block(100)
    assert (world.babe.genesis_slot, world.babe.current_slot) == (100, 100)
    assert (world.babe.epoch_index, world.babe.randomness) == (0, GENESIS)


def test_outputs_of_one_epoch_make_the_randomness_of_the_epoch_after_the_next(
    world: World,
) -> None:
    for slot in (100, 101, 103, 106):
        world.block(slot)
    collected = blake2_256(blake2_256(bytes(32) + output(100)) + output(101))
    wanted = blake2_256(collected + (1).to_bytes(8, "little"))
    assert (world.babe.epoch_index, world.babe.randomness) == (2, wanted)


def test_a_new_epoch_announces_the_one_after_it(world: World) -> None:
    world.block(100)
    assert world.logs() == []
    world.block(104)
    (item,) = world.logs()
    assert isinstance(item, Consensus)
    assert (item.engine, item.payload[0]) == (BABE_ENGINE, 1)
    log = decode(item.payload[1:], NextEpochData)
    assert log == NextEpochData(world.babe.next_authorities, world.babe.next_randomness)


def test_without_work_weight_is_stake(world: World) -> None:
    quarters = ((account(1), 250_000_000), (account(2), 750_000_000))
    assert (world.babe.authorities, world.babe.next_authorities) == (quarters, quarters)


def test_proven_work_is_announced_in_the_next_epoch_and_weighs_in_the_one_after(
    world: World,
) -> None:
    before = ((account(1), 250_000_000), (account(2), 750_000_000))
    # w = 1/2 * 1/4 + 1/2 * min(1, 2 * 1/4) and 1/2 * 3/4, as parts of their sum
    after = ((account(1), 500_000_000), (account(2), 500_000_000))
    world.block(100)
    world.work.record(account(11), 1_000)
    seen = []
    for slot in (103, 106, 109):
        world.block(slot)
        seen.append((world.babe.authorities, world.babe.next_authorities))
    assert seen == [(before, after), (after, after), (after, after)]


def test_an_epoch_without_blocks_does_not_lose_the_announced_weights(world: World) -> None:
    world.block(100)
    world.work.record(account(12), 1_000)
    world.block(103)
    announced = world.babe.next_authorities
    world.block(112)
    assert (world.babe.epoch_index, world.babe.authorities) == (4, announced)


def test_the_randomness_of_a_block_is_kept_for_a_while(world: World) -> None:
    for slot in range(100, 102 + RANDOMNESS_KEPT):
        world.block(slot)
    assert world.babe.of_block(1) is None
    assert world.babe.of_block(2) is None
    assert world.babe.of_block(3) == blake2_256(b"block" + output(102))


def test_the_author_is_the_validator_behind_the_authority(world: World) -> None:
    world.block(100, authority=1)
    assert world.authorship.author == world.context.author == account(12)


def test_the_time_is_set_once_rises_and_lies_in_its_slot(world: World) -> None:
    world.block(100)
    with world.refuses(Error.WRONG_SLOT):
        world.call(world.time.set, NoOrigin(), 101_000)
    world.call(world.time.set, NoOrigin(), 100_999)
    with world.refuses(Error.ALREADY_SET):
        world.call(world.time.set, NoOrigin(), 100_999)
    world.time.on_finalize(1)
    with world.refuses(Error.TOO_EARLY):
        world.call(world.time.set, NoOrigin(), 100_999)
    assert world.time.now == 100_999


def test_a_block_without_a_time_is_a_bug(world: World) -> None:
    with pytest.raises(AssertionError, match="no timestamp"):
        world.time.on_finalize(1)
