"""What peers get who ask for headers and for state: no more than the budgets, and nothing odd."""

from __future__ import annotations

import pytest

from node.net import responder
from node.net.responder import ChainResponder
from p2p.light import HEADERS_BYTES, MAX_HEADERS_PER_RESPONSE, STATE_BYTES, HeaderData
from runtime.primitives.block import Header
from runtime.primitives.scale import encode
from runtime.state.subtree import check_part
from runtime.state.trie import Trie
from runtime.state.trie_node import ValueHash, decode_node
from tests.support.grown import GrownChain

BLOCKS = 20


@pytest.fixture(scope="module")
def world() -> GrownChain:
    chain = GrownChain(accounts=200)
    chain.pass_blocks(BLOCKS, finalize_every=5)
    return chain


@pytest.fixture
def door(world: GrownChain) -> ChainResponder:
    ground = world.ground
    return ChainResponder(ground.chain, ground.receipts, None, lambda root: None)  # type: ignore[arg-type]


async def test_headers_come_with_the_proofs_that_are_here(
    world: GrownChain, door: ChainResponder
) -> None:
    blocks = world.blocks()
    assert await door.headers(1, 99) == tuple(
        HeaderData(
            encode(block.header, Header), world.chain.blocks.justification(block.header.hash)
        )
        for block in blocks
    )
    assert [bool(data.justification) for data in await door.headers(9, 3)] == [False, True, False]
    assert await door.headers(BLOCKS + 1, 5) == ()


async def test_headers_keep_within_count_and_bytes(
    door: ChainResponder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(await door.headers(1, 7)) == 7
    monkeypatch.setattr(responder, "HEADERS_BYTES", 1)
    assert len(await door.headers(1, 7)) == 1
    assert (HEADERS_BYTES, MAX_HEADERS_PER_RESPONSE) == (1024 * 1024, 512)


async def test_a_state_comes_whole_where_it_fits(world: GrownChain, door: ChainResponder) -> None:
    root = world.head.state_root
    part = check_part([root], await door.state((root,)))
    assert part.rest == ()
    state = world.chain.state_at(world.head.hash)
    assert {digest for digest, _ in part.nodes} == state.occurrences_since(
        Trie(None, world.ground.states.read)
    ).keys()


async def test_a_state_keeps_within_count_and_bytes(
    world: GrownChain, door: ChainResponder, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = world.head.state_root
    whole = await door.state((root,))
    monkeypatch.setattr(responder, "MAX_STATE_ITEMS", 11)
    some = await door.state((root,))
    assert some == whole[: len(some)]
    assert 10 <= len(some) <= 11
    monkeypatch.setattr(responder, "STATE_BYTES", 1)
    assert await door.state((root,)) == whole[:1]
    assert STATE_BYTES == 1024 * 1024


async def test_what_is_not_here_and_what_is_no_node_is_answered_with_nothing(
    world: GrownChain, door: ChainResponder
) -> None:
    assert await door.state((bytes(32),)) == ()
    assert await door.state(()) == ()
    whole = await door.state((world.head.state_root,))
    values = set()
    for raw in whole:
        try:
            value = decode_node(raw).value
        except ValueError:
            continue
        values |= {value.hash} if isinstance(value, ValueHash) else set()
    assert values
    for value in values:
        assert len(await door.state((value,))) <= 1
