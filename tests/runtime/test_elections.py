"""Elections on a whole chain: who is elected becomes an authority, and readers of headers follow.

Each block is executed apart from its building, as an importer does.
"""

from dataclasses import replace

import pytest

from runtime.pallets.babe import NextEpochData
from runtime.pallets.session import SessionKeys, ownership_message
from runtime.pallets.staking import StakersElected, ToStash, ValidatorPrefs
from runtime.primitives.block import BABE_ENGINE, GRANDPA_ENGINE, Consensus, Digest
from runtime.primitives.crypto import Pair
from runtime.primitives.extrinsic import Id
from runtime.primitives.finality import ScheduledChange, change_payload
from runtime.primitives.scale import decode
from runtime.primitives.types import UNIT
from tests.support.chain import CHAIN, FIRST_SLOT, MemoryChain, pair

ERA, EPOCH = 30, 10
STAKE = 2_000 * UNIT


@pytest.fixture
def chain() -> MemoryChain:
    return MemoryChain(endowment=10_000 * UNIT, chain=replace(CHAIN, era_blocks=ERA))


def keys_of(number: int) -> tuple[SessionKeys, tuple[Pair, Pair, Pair]]:
    pairs = pair(100 + 3 * number), pair(101 + 3 * number), pair(102 + 3 * number)
    return SessionKeys(*(one.public for one in pairs)), pairs


def stand(chain: MemoryChain, number: int) -> list[bytes]:
    """Return what an account sends to stand for election: its bond, its keys, its terms."""
    who = chain.pairs[number]
    keys, pairs = keys_of(number)
    proof = b"".join(one.sign(ownership_message(who.public)) for one in pairs)
    calls = (
        chain.call("Staking", "bond", STAKE, ToStash()),
        chain.call("Session", "set_keys", keys, proof),
        chain.call("Staking", "validate", ValidatorPrefs()),
    )
    return [chain.sign(who, call, nonce) for nonce, call in enumerate(calls)]


def announced(digest: Digest) -> tuple[bytes, ...]:
    """Return the authors of the next epoch, as a header announces them; none where it does not."""
    payloads = [
        item.payload
        for item in digest
        if isinstance(item, Consensus) and item.engine == BABE_ENGINE
    ]
    logs = [one for one in payloads if one[0] == NextEpochData.index]
    return tuple(key for key, _ in decode(logs[0][1:], NextEpochData).authorities) if logs else ()


def advance_to(chain: MemoryChain, number: int) -> None:
    while chain.head.number < number:
        chain.advance()


def test_a_validator_joins_at_an_era_and_another_leaves_at_the_next(chain: MemoryChain) -> None:
    old, new = chain.pairs[0], chain.pairs[1]
    keys, _ = keys_of(1)
    first = chain.advance(*stand(chain, 1))
    assert [type(one.event).__name__ for one in first.events].count("ExtrinsicSuccess") == 4
    # the session before the era elects, and its first header names who comes
    advance_to(chain, ERA - EPOCH)
    elected = chain.advance()
    assert StakersElected() in [one.event for one in elected.events]
    assert announced(elected.header.digest) == (old.public, keys.babe)
    runtime = chain.runtime()
    assert (runtime.staking.era(), runtime.staking.current_era) == (0, 1)
    assert runtime.session.validators == (old.public,)
    # the era begins: the new set seals blocks, and votes once this block is final
    advance_to(chain, ERA)
    begun = chain.advance()
    runtime = chain.runtime()
    assert runtime.staking.era() == 1
    assert runtime.session.validators == (old.public, new.public)
    assert tuple(key for key, _ in runtime.babe.authorities) == (old.public, keys.babe)
    voters = ((old.public, 1), (keys.grandpa, STAKE // 10**9))
    assert runtime.grandpa.authorities == voters
    change = Consensus(GRANDPA_ENGINE, change_payload(ScheduledChange(voters, 0)))
    assert change in begun.header.digest
    assert runtime.grandpa.current_set_id == 1
    # the one of block 0 leaves
    chain.advance(chain.sign(old, chain.call("Staking", "chill"), 0))
    advance_to(chain, 2 * ERA)
    assert chain.runtime().session.validators == (old.public, new.public)
    chain.advance()
    runtime = chain.runtime()
    assert runtime.session.validators == (new.public,)
    assert runtime.grandpa.authorities == ((keys.grandpa, STAKE // 10**9),)
    assert runtime.session.stakes() == ((new.public, STAKE // 10**9),)
    assert runtime.historical.session() == runtime.session.current_index


def test_nominations_weigh_in_both_authors_and_votes(chain: MemoryChain) -> None:
    nominator = chain.pairs[2]
    chain.advance(*stand(chain, 1))
    calls = (
        chain.call("Staking", "bond", 1_000 * UNIT, ToStash()),
        chain.call("Staking", "nominate", (Id(chain.pairs[1].public),)),
    )
    chain.advance(*(chain.sign(nominator, call, nonce) for nonce, call in enumerate(calls)))
    advance_to(chain, ERA + 1)
    runtime, (keys, _) = chain.runtime(), keys_of(1)
    assert dict(runtime.grandpa.authorities)[keys.grandpa] == (STAKE + 1_000 * UNIT) // 10**9
    weights = dict(runtime.babe.authorities)
    assert weights[keys.babe] > weights[chain.pairs[0].public]


def test_eras_follow_blocks_and_nothing_changes_where_nobody_comes_or_goes(
    chain: MemoryChain,
) -> None:
    advance_to(chain, 3 * ERA + 1)
    runtime = chain.runtime()
    assert runtime.staking.era() == 3
    assert runtime.staking.bonded_eras == ((0, 0), (1, 3), (2, 6), (3, 9))
    assert runtime.grandpa.current_set_id == 0
    assert runtime.session.queued_changed is False
    # every block gave its author points
    points = runtime.staking.eras_reward_points
    assert [points[era].total for era in range(3)] == [20 * ERA] * 3


def test_sessions_without_blocks_only_let_an_era_begin_early(chain: MemoryChain) -> None:
    """Empty slots: sessions pass with few blocks, and the set that was elected takes office."""
    chain.advance(*stand(chain, 1))
    advance_to(chain, ERA - EPOCH)
    chain.advance()
    chain.slot = FIRST_SLOT + 4 * EPOCH
    chain.advance()
    runtime = chain.runtime()
    assert chain.head.number < ERA
    assert (runtime.staking.era(), len(runtime.session.validators)) == (1, 2)
    chain.slot += 2 * EPOCH
    advance_to(chain, ERA + EPOCH)
    assert chain.runtime().staking.era() == 1
