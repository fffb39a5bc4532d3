"""Whitelist: calls that were reviewed are made as the chain itself, once."""

import pytest

from runtime.frame import BadOrigin, GovernanceOrigin, Governed, Root, Signed
from runtime.frame.dispatch import RefTime
from runtime.frame.origins import ROOT_CALLER
from runtime.frame.outcome import Module, ModuleError, Pays
from runtime.frame.results import Err, Ok
from runtime.pallets.preimage import Requested
from runtime.pallets.whitelist import (
    CallWhitelisted,
    DispatchErrorWithPostInfo,
    Error,
    PostDispatchInfo,
    WhitelistedCallDispatched,
    WhitelistedCallRemoved,
)
from runtime.primitives.hashing import blake2_256
from tests.pallets.governance_world import ANNA, UNWANTED_NUMBER, GovernanceWorld, Written

TRACK = Governed(GovernanceOrigin.WHITELISTED_CALLER)
ENOUGH = RefTime(10**12, 0)


@pytest.fixture
def world() -> GovernanceWorld:
    return GovernanceWorld()


def allow(world: GovernanceWorld, number: int = 7) -> tuple[bytes, bytes]:
    """Whitelist a call; return its bytes and their hash."""
    raw = world.write(number).encode()
    world.call(world.whitelist.whitelist_call, Root(), blake2_256(raw))
    return raw, blake2_256(raw)


def test_a_whitelisted_call_is_made_once_as_the_chain(world: GovernanceWorld) -> None:
    _, hash_ = allow(world)
    assert world.happened()[-1] == CallWhitelisted(hash_)
    one = world.write(7)
    dispatch = world.whitelist.dispatch_whitelisted_call_with_preimage
    dispatch(TRACK, one)
    weighed = PostDispatchInfo(RefTime(one.weight, 0), Pays.YES)
    assert world.happened()[-2:] == [
        Written(7, ROOT_CALLER),
        WhitelistedCallDispatched(hash_, Ok(weighed)),
    ]
    with world.refuses(Error.CALL_IS_NOT_WHITELISTED):
        dispatch(TRACK, one)


def test_a_call_is_made_from_its_preimage(world: GovernanceWorld) -> None:
    raw, hash_ = allow(world)
    dispatch = world.whitelist.dispatch_whitelisted_call
    with world.refuses(Error.UNAVAILABLE_PRE_IMAGE):
        world.call(dispatch, TRACK, hash_, len(raw), ENOUGH)
    world.call(world.preimage.note_preimage, Signed(ANNA), raw)
    assert world.preimage.status(hash_) == Requested(None, 1, len(raw))
    with world.refuses(Error.UNAVAILABLE_PRE_IMAGE):
        world.call(dispatch, TRACK, hash_, len(raw) - 1, ENOUGH)
    with world.refuses(Error.INVALID_CALL_WEIGHT_WITNESS):
        world.call(dispatch, TRACK, hash_, len(raw), RefTime(world.write(7).weight - 1, 0))
    dispatch(TRACK, hash_, len(raw), ENOUGH)
    assert world.board.last == 7
    assert world.preimage.status(hash_) is None


def test_a_preimage_that_is_no_call_is_refused(world: GovernanceWorld) -> None:
    raw = b"\xff\xff no call"
    world.call(world.whitelist.whitelist_call, Root(), blake2_256(raw))
    world.call(world.preimage.note_preimage, Signed(ANNA), raw)
    with world.refuses(Error.UNDECODABLE_CALL):
        world.call(
            world.whitelist.dispatch_whitelisted_call, TRACK, blake2_256(raw), len(raw), ENOUGH
        )


def test_a_call_that_fails_changes_nothing_but_is_used_up(world: GovernanceWorld) -> None:
    _, hash_ = allow(world, UNWANTED_NUMBER)
    one = world.write(UNWANTED_NUMBER)
    world.whitelist.dispatch_whitelisted_call_with_preimage(TRACK, one)
    weighed = PostDispatchInfo(RefTime(one.weight, 0), Pays.YES)
    failure = Module(ModuleError(200, bytes(4)))
    refused = Err(DispatchErrorWithPostInfo(weighed, failure))
    assert world.happened()[-1] == WhitelistedCallDispatched(hash_, refused)
    assert world.board.last == 0
    assert hash_ not in world.whitelist.whitelisted_call


def test_a_call_is_taken_off_the_list(world: GovernanceWorld) -> None:
    _, hash_ = allow(world)
    with world.refuses(Error.CALL_ALREADY_WHITELISTED):
        world.call(world.whitelist.whitelist_call, Root(), hash_)
    world.call(world.whitelist.remove_whitelisted_call, Root(), hash_)
    assert world.happened()[-1] == WhitelistedCallRemoved(hash_)
    assert world.preimage.status(hash_) is None
    with world.refuses(Error.CALL_IS_NOT_WHITELISTED):
        world.call(world.whitelist.remove_whitelisted_call, Root(), hash_)


def test_who_may_do_what(world: GovernanceWorld) -> None:
    raw, hash_ = allow(world)
    for origin in (Signed(ANNA), Governed(GovernanceOrigin.EMERGENCY)):
        for method, arguments in (
            (world.whitelist.whitelist_call, (hash_,)),
            (world.whitelist.remove_whitelisted_call, (hash_,)),
            (world.whitelist.dispatch_whitelisted_call, (hash_, len(raw), ENOUGH)),
        ):
            with world.refuses(BadOrigin.BAD_ORIGIN):
                world.call(method, origin, *arguments)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.whitelist.whitelist_call, TRACK, hash_)
