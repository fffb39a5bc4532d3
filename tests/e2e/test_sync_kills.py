"""A fast sync that is killed with SIGKILL in each of its phases ends as one that was not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import trio

from node.net import fast, responder
from node.store.db import LevelDatabase
from tests.e2e.sync_process import new_chain
from tests.node.sync_support import TestedNetwork, node_on
from tests.support.patience import patient

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

BLOCKS = fast.LEAST_BLOCKS + 150
LIFE_SECONDS = 60


async def test_kills_in_every_phase_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responder, "MAX_STATE_ITEMS", 64)
    monkeypatch.setattr(responder, "MAX_BLOCKS", 8)
    chain = new_chain()
    for number in range(1, BLOCKS + 1):
        changes = [chain.rotation(number % 3, number)] if number in (5, 205) else []
        chain.grow(*changes, *chain.transfers(3, to=number), finalize=number % 4 == 0)
    async with node_on(chain.ground, 1, tmp_path) as server:
        started = []
        for goal in ("waiting", *["state"] * 3, *["bodies"] * 2, f"idle {BLOCKS}"):
            lines = await life(tmp_path, server, goal)
            started.append(int(lines[0].split()[1]))
    assert started[:4] == [0, 0, 0, 0]
    assert started[-1] >= BLOCKS - fast.CLOSE_BLOCKS
    newcomer = chain.join(LevelDatabase(tmp_path / "db"))
    assert newcomer.chain.best == chain.head
    assert newcomer.chain.finalized == chain.chain.finalized
    for block in chain.blocks():
        assert newcomer.chain.blocks.block(block.header.hash) == block
    state = newcomer.chain.state_at(chain.head.hash)
    newcomer.executive.runtime_at(state, BLOCKS).try_state()


async def life(directory: Path, server: TestedNetwork, goal: str) -> list[str]:
    """Run the syncing process until it prints what begins with a goal, and kill it there."""
    address = server.network.addresses[0]
    command = [sys.executable, "-m", "tests.e2e.sync_process", str(directory), address, goal]
    printed = b""
    process = await trio.lowlevel.open_process(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        with trio.fail_after(patient(LIFE_SECONDS)):
            async for some in process.stdout:
                printed += some
                lines = printed.decode().rpartition("\n")[0].splitlines()
                if lines and lines[-1].startswith(goal):
                    return lines
    finally:
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()
    raise AssertionError(f"the node ended by itself after {printed.decode()}")
