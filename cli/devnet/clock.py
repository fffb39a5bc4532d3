"""`starminer devnet mine` and `devnet warp`: blocks when you want them, and a chain's time."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import trio
from cyclopts import Parameter

from cli.devnet.plan import STATE, Node, load_plan
from cli.devnet.watch import author_of, standing_of
from cli.errors import TookTooLong, UsageError
from cli.options import Output
from cli.printing import progress, show
from cli.sdk.causes import the_cause
from cli.sdk.transport import HttpRpc

StatePath = Annotated[Path, Parameter("--state")]

PLAIN = Output()
BLOCKS_PER_CALL = 25
"""Between two lines of progress: a second or two."""
MAX_BLOCKS = 100_000
FINAL_SECONDS = 60.0
POLL_SECONDS = 0.1

UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
TIME = re.compile(rf"([1-9][0-9]{{0,8}})({'|'.join(UNITS_MS)})")


def mine(blocks: int = 1, /, *, state: StatePath = STATE, output: Output = PLAIN) -> None:
    """Have blocks made, and wait until the last is final.

    Parameters
    ----------
    blocks
        How many.
    state
        The directory of the devnet.
    """
    node = author_of(load_plan(state.absolute()))
    if not 1 <= blocks <= MAX_BLOCKS:
        raise UsageError(f"blocks: wanted 1 to {MAX_BLOCKS}, got {blocks}")
    run(node, blocks, None, output)


def warp(distance: str, /, *, state: StatePath = STATE, output: Output = PLAIN) -> None:
    """Let a chain's time pass: so many blocks, or a time with one block at its end.

    What counts blocks (eras, votes, unbonding) passes with blocks; what counts slots (epochs,
    prices) with time too.

    Parameters
    ----------
    distance
        A number of blocks such as 300, or a time such as 90s, 15m, 6h, 2d.
    state
        The directory of the devnet.
    """
    node = author_of(load_plan(state.absolute()))
    if distance.isascii() and distance.isdigit() and 1 <= int(distance) <= MAX_BLOCKS:
        run(node, int(distance), None, output)
        return
    if (found := TIME.fullmatch(distance)) is None:
        raise UsageError(
            f"distance: wanted 1 to {MAX_BLOCKS} blocks, or a time such as 90s, 15m, 6h, 2d, "
            f"got {distance!r}"
        )
    run(node, 0, int(found[1]) * UNITS_MS[found[2]], output)


def run(node: Node, blocks: int, milliseconds: int | None, output: Output) -> None:
    """Ask the author for blocks, or for a leap, and show where the chain is then."""

    async def main() -> None:
        rpc = HttpRpc(node.page)
        if milliseconds is not None:
            block = await rpc.call("dev_warp", milliseconds)
        else:
            block = await mine_all(rpc, blocks)
        await until_final(node, block["number"])
        head = await rpc.call("starminer_head")
        shown = {"number": block["number"], "hash": block["hash"]}
        show({**shown, "final": head["finalized"]["number"]}, output.output)

    try:
        trio.run(main)
    except BaseExceptionGroup as group:
        raise the_cause(group) from group


async def mine_all(rpc: HttpRpc, blocks: int) -> dict[str, Any]:
    """Have that many blocks made, some at a time; return the last."""
    block: dict[str, Any] = {}
    for made in range(0, blocks, BLOCKS_PER_CALL):
        block = await rpc.call("dev_mine", min(BLOCKS_PER_CALL, blocks - made))
        if blocks > BLOCKS_PER_CALL:
            progress(f"block #{block['number']}: {min(made + BLOCKS_PER_CALL, blocks)} of {blocks}")
    return block


async def until_final(node: Node, number: int) -> None:
    """Wait until a block is final.

    Raises: TookTooLong.
    """
    with trio.move_on_after(FINAL_SECONDS):
        while ((await standing_of(node)).final or 0) < number:
            await trio.sleep(POLL_SECONDS)
        return
    raise TookTooLong(f"block #{number} was not final after {FINAL_SECONDS:.0f} s")
