"""Preimage: bytes behind hashes, who pays for them, and when they may go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.frame import BadOrigin, DispatchError, Root, Signed, TokenError, ensure_root
from runtime.frame.fungible import HoldReason
from runtime.frame.preimages import MAX_INLINE_BYTES, MAX_PREIMAGE_BYTES, Inline, Legacy, Lookup
from runtime.pallets.balances import Balances, Held
from runtime.pallets.preimage import (
    Cleared,
    Config,
    Error,
    Noted,
    Preimage,
    PreimageRequested,
    Requested,
    Unrequested,
)
from runtime.primitives.hashing import blake2_256
from tests.support.bench import Bench, account

ANNA, BERT = account(1), account(2)
BYTES = b"a call that is longer than most" * 10
HASH = blake2_256(BYTES)
COST = 100 + 2 * len(BYTES)
TICKET = (ANNA, COST)


class World(Bench):
    def __init__(self) -> None:
        super().__init__()
        self.agpu = self.add(Balances(self.context, 5, index=6, name="Balances"))
        self.agpu.build(((ANNA, 10_000), (BERT, 50)))
        self.preimage = self.add(
            Preimage(self.context, self.agpu, ensure_root, Config(100, 2), index=34)
        )
        self.context.events.clear()

    def held(self, who: bytes = ANNA) -> int:
        return self.agpu.held(HoldReason.PREIMAGE, who)

    def note(self, who: bytes = ANNA) -> None:
        self.call(self.preimage.note_preimage, Signed(who), BYTES)


@pytest.fixture
def world() -> World:
    return World()


def test_a_noted_preimage_is_stored_for_a_deposit(world: World) -> None:
    world.note()
    assert world.preimage.status(HASH) == Unrequested(TICKET, len(BYTES))
    assert world.preimage.peek(Lookup(HASH, len(BYTES))) == BYTES
    assert world.preimage.peek(Legacy(HASH)) == BYTES
    assert world.happened() == [Held(HoldReason.PREIMAGE, ANNA, COST), Noted(HASH)]
    assert world.held() == COST


def test_who_takes_a_preimage_back_gets_the_deposit_back(world: World) -> None:
    world.note()
    world.call(world.preimage.unnote_preimage, Signed(ANNA), HASH)
    assert (world.held(), world.preimage.status(HASH)) == (0, None)
    assert world.preimage.peek(Legacy(HASH)) is None
    assert world.happened()[-1] == Cleared(HASH)


def test_nobody_takes_the_preimage_of_another_back(world: World) -> None:
    with world.refuses(Error.NOT_NOTED):
        world.call(world.preimage.unnote_preimage, Signed(BERT), HASH)
    world.note()
    with world.refuses(Error.NOT_AUTHORIZED):
        world.call(world.preimage.unnote_preimage, Signed(BERT), HASH)


def test_a_preimage_is_noted_once(world: World) -> None:
    world.note()
    with world.refuses(Error.ALREADY_NOTED):
        world.call(world.preimage.note_preimage, Signed(ANNA), BYTES)


def test_a_preimage_above_the_limit_is_refused(world: World) -> None:
    with world.refuses(Error.TOO_BIG):
        world.call(world.preimage.note_preimage, Signed(ANNA), bytes(MAX_PREIMAGE_BYTES + 1))


def test_who_cannot_pay_the_deposit_notes_nothing(world: World) -> None:
    with world.refuses(TokenError.FUNDS_UNAVAILABLE):
        world.note(BERT)


def test_what_the_chain_has_requested_costs_no_deposit(world: World) -> None:
    world.call(world.preimage.request_preimage, Root(), HASH)
    world.note(BERT)
    assert world.preimage.status(HASH) == Requested(None, 1, len(BYTES))
    assert world.happened() == [PreimageRequested(HASH), Noted(HASH)]
    with world.refuses(Error.NOT_AUTHORIZED):
        world.call(world.preimage.unnote_preimage, Signed(BERT), HASH)


def test_a_requested_preimage_outlives_its_deposit(world: World) -> None:
    world.note()
    world.call(world.preimage.request_preimage, Root(), HASH)
    world.call(world.preimage.unnote_preimage, Signed(ANNA), HASH)
    assert (world.held(), world.preimage.peek(Legacy(HASH))) == (0, BYTES)
    world.call(world.preimage.unrequest_preimage, Root(), HASH)
    assert (world.preimage.status(HASH), world.preimage.peek(Legacy(HASH))) == (None, None)


def test_a_released_preimage_with_a_deposit_goes_back_to_who_noted_it(world: World) -> None:
    world.note()
    for _ in range(2):
        world.call(world.preimage.request_preimage, Root(), HASH)
    world.call(world.preimage.unrequest_preimage, Root(), HASH)
    assert world.preimage.status(HASH) == Requested(TICKET, 1, len(BYTES))
    world.call(world.preimage.unrequest_preimage, Root(), HASH)
    assert world.preimage.status(HASH) == Unrequested(TICKET, len(BYTES))
    with world.refuses(Error.NOT_REQUESTED):
        world.call(world.preimage.unrequest_preimage, Root(), HASH)


def test_a_request_that_nobody_met_can_be_dropped(world: World) -> None:
    world.call(world.preimage.request_preimage, Root(), HASH)
    world.call(world.preimage.unrequest_preimage, Root(), HASH)
    assert world.preimage.status(HASH) is None


def test_the_chain_notes_and_drops_without_a_deposit(world: World) -> None:
    world.call(world.preimage.note_preimage, Root(), BYTES)
    assert world.preimage.status(HASH) == Requested(None, 1, len(BYTES))
    world.call(world.preimage.unnote_preimage, Root(), HASH)
    assert world.preimage.status(HASH) is None


def test_only_the_chain_requests(world: World) -> None:
    for method in (world.preimage.request_preimage, world.preimage.unrequest_preimage):
        with world.refuses(BadOrigin.BAD_ORIGIN):
            world.call(method, Signed(ANNA), HASH)


def test_statuses_are_in_the_current_layout(world: World) -> None:
    world.call(world.preimage.ensure_updated, Signed(ANNA), (HASH,))
    with world.refuses(Error.TOO_FEW):
        world.call(world.preimage.ensure_updated, Signed(ANNA), ())
    with world.refuses(Error.TOO_MANY):
        world.call(world.preimage.ensure_updated, Signed(ANNA), (HASH,) * 101)


def test_a_short_call_travels_in_full_and_a_long_one_by_its_hash(world: World) -> None:
    assert world.preimage.bound(bytes(MAX_INLINE_BYTES)) == Inline(bytes(MAX_INLINE_BYTES))
    bounded = world.preimage.bound(BYTES)
    assert bounded == Lookup(HASH, len(BYTES))
    assert world.preimage.bound(BYTES) == bounded
    assert world.preimage.status(HASH) == Requested(None, 2, len(BYTES))
    for _ in range(2):
        assert world.preimage.peek(bounded) == BYTES
        world.preimage.release(bounded)
    assert world.preimage.status(HASH) is None
    world.preimage.release(bounded)
    world.preimage.release(Inline(b""))
    world.preimage.try_state()


def test_a_wrong_length_finds_nothing(world: World) -> None:
    world.note()
    assert world.preimage.peek(Lookup(HASH, len(BYTES) - 1)) is None


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["note_preimage", "unnote_preimage", "request", "release", "bound"]),
        st.sampled_from([Root(), Signed(ANNA), Signed(BERT)]),
        st.sampled_from([BYTES, BYTES * 2]),
    ),
    max_size=25,
)


@given(ACTIONS)
def test_no_sequence_loses_a_deposit_or_a_preimage(
    actions: list[tuple[str, object, bytes]],
) -> None:
    world = World()
    for name, origin, raw in actions:
        hash_, method = blake2_256(raw), getattr(world.preimage, name)
        lookup = Lookup(hash_, len(raw))
        named = {"unnote_preimage": hash_, "request": lookup, "release": lookup}
        argument = named.get(name, raw)
        try:
            if name.endswith("preimage"):
                world.call(method, origin, argument)
            else:
                method(argument)
        except DispatchError:
            continue
        world.preimage.try_state()
    assert world.agpu.total_issuance == 10_050
