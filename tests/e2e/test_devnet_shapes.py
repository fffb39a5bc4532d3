"""Devnets of other shapes: from a file, with blocks that are called, kept by name, cut in two."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.commands import Ran, Refused, rpc, starminer, until
from tests.e2e.conftest import DEADLINE
from tests.e2e.devnet import Devnet

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

ERA_BLOCKS = 20
SMALL = f"""
block_time = "manual"

[chain.config.compute]
eraBlocks = {ERA_BLOCKS}

[[node]]
name = "one"
role = "validator"
key = "Alice"

[[node]]
name = "two"
options = ["--no-explorer"]
"""

SLOT_MS, HOUR_MS = 3000, 3_600_000
TEN_YEARS_MS = 3650 * 24 * HOUR_MS


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    """Run two nodes, one of them the author, whose blocks are called."""
    state = tmp_path_factory.mktemp("small")
    spec = state / "net.toml"
    spec.write_text(SMALL)
    words = ("--spec", spec, "--ports", "auto", "--detach", *DEADLINE)
    started = starminer("devnet", "up", "--state", state, *words)
    try:
        assert started.code == 0, started.err
        yield Devnet(state)
    finally:
        starminer("devnet", "down", "--state", state)


def asked(devnet: Devnet, *words: object) -> Ran:
    """Run a command of the devnet."""
    return starminer("devnet", *words, "--state", devnet.state)


def heads(devnet: Devnet, names: str) -> list[dict[str, Any]]:
    """Return what nodes have as best and final."""
    return [devnet.rpc("starminer_head", node=name) for name in names.split(",")]


def grown_beyond(devnet: Devnet, names: str, number: int) -> list[dict[str, Any]] | None:
    """Return the heads of nodes, once all are some blocks past a number."""
    found = heads(devnet, names)
    return found if all(head["best"]["number"] >= number + 3 for head in found) else None


def time_of(devnet: Devnet) -> int:
    """Return the chain's time in milliseconds."""
    return int(devnet.storage("Timestamp.Now", node="one")["value"])


def test_called_blocks_come_when_they_are_called_and_a_plain_node_takes_them(
    small: Devnet,
) -> None:
    before = small.final("one")
    mined = asked(small, "mine", 3, "-o", "json").json()
    assert (mined["number"], mined["final"]) == (before + 3, before + 3)
    until("the other node has them", lambda: small.final("two") == before + 3)
    best = [head["best"]["hash"] for head in heads(small, "one,two")]
    assert best == [mined["hash"]] * 2


def test_the_clock_of_the_chain_is_moved_and_never_past_todays(small: Devnet) -> None:
    number, time = small.final("one"), time_of(small)
    assert asked(small, "warp", "6h", "-o", "json").json()["number"] == number + 1
    assert time_of(small) == time + 6 * HOUR_MS
    assert small.rpc("dev_mine", 2, node="one")["number"] == number + 3
    assert time_of(small) == time + 6 * HOUR_MS + 2 * SLOT_MS
    era = small.storage("Staking.CurrentEra", at="best", node="one")["value"]
    small.rpc("dev_mine", ERA_BLOCKS, node="one")
    assert small.storage("Staking.CurrentEra", at="best", node="one")["value"] == era + 1
    for _ in range(2):
        small.rpc("dev_warp", TEN_YEARS_MS, node="one")
    refused = asked(small, "warp", "3650d")
    assert refused.code == 1
    assert "the chain's clock cannot pass today's: wanted at most" in refused.err
    with pytest.raises(Refused, match="Method not found"):
        small.rpc("dev_mine", 1, node="two")


def test_a_kept_state_is_gone_back_to(small: Devnet) -> None:
    kept = small.rpc("starminer_head", node="one")["best"]
    assert asked(small, "save", "kept").code == 0
    small.rpc("dev_mine", 2, node="one")
    assert asked(small, "load", "kept").code == 2
    went = asked(small, "load", "kept", "--yes")
    assert went.code == 0, went.err
    assert [head["best"]["hash"] for head in heads(small, "one,two")] == [kept["hash"]] * 2
    until("they talk", lambda: rpc(small.port("one"), "system_health")["peers"] == 1)
    assert small.rpc("dev_mine", 1, node="one")["number"] == kept["number"] + 1


def test_neither_half_of_a_cut_network_makes_blocks_final_until_it_is_healed(
    devnet: Devnet,
) -> None:
    cut = asked(devnet, "partition", "alice,bob")
    try:
        assert cut.code == 0, cut.err
        assert "no side has more than two thirds of 4 authorities" in cut.err
        halves = "alice,charlie"
        written = max(head["best"]["number"] for head in heads(devnet, halves))
        after = until(
            "each half has written blocks of its own", lambda: grown_beyond(devnet, halves, written)
        )
        assert len({head["best"]["hash"] for head in after}) == 2
        # What was voted on when the cut came may still have become final, and nothing since.
        assert all(head["finalized"]["number"] <= written for head in after)
    finally:
        healed = asked(devnet, "heal")
    assert healed.code == 0, healed.err
    highest = max(head["best"]["number"] for head in after)
    until(
        "all have the same blocks as final",
        lambda: (
            min(h["finalized"]["number"] for h in heads(devnet, "alice,charlie,full")) > highest
        ),
    )
