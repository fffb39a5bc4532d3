"""A whole chain in this process, for tests of programs that use one.

    @pytest.fixture
    def chain():
        with devnet() as chain:
            yield chain

    def test_a_payment(chain):
        with connect(chain.url) as client: ...

The runtime, the transaction pool, the import queue and the RPC are those of a node; there is one
authority and no network. The development accounts have the money of `starminer devnet`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass

from cli.sdk.lone_chain import Blocks, spec_of
from cli.sdk.lone_rpc import LoneNode, lone_node
from cli.sdk.portal import Hosted, hosted
from runtime.versions import VERSIONS, Versions

__all__ = ["Devnet", "MinedBlock", "devnet"]


@dataclass(frozen=True, slots=True)
class MinedBlock:
    """A block that was made on demand; it is final."""

    number: int
    hash: bytes


class Devnet:
    """A running chain, as a test sees it. Its methods wait until they have had their effect."""

    def __init__(self, node: Hosted[LoneNode]) -> None:
        self._node = node

    @property
    def url(self) -> str:
        """Where its RPC answers."""
        return f"ws://127.0.0.1:{self._node.resource.port}"

    @property
    def number(self) -> int:
        """The number of the best block, which is final."""
        return self._node.resource.chain.head.number

    def mine(self, blocks: int = 1) -> MinedBlock:
        """Make blocks, the first of what was handed in; return the last.

        Raises: ValueError unless there is at least one to make.
        """
        _positive("blocks", blocks)
        for _ in range(blocks):
            made = self._node.do(_build, 1)
        return made

    def pass_slots(self, slots: int) -> MinedBlock:
        """Let time go on by some slots, of which only the last has a block; return it.

        Raises: ValueError unless there is at least one slot.
        """
        _positive("slots", slots)
        return self._node.do(_build, slots)

    def work(self) -> int:
        """Have a provider do every open job of the default market to its end, in numpy.

        Returns how many blocks that took. Raises: CommandError if it cannot be done.
        """
        return self._node.do(_work)

    @contextmanager
    def down(self) -> Iterator[None]:
        """Be away for the length of a `with` block, like a node that restarts; the chain stays."""
        self._node.do(LoneNode.stop)
        try:
            yield
        finally:
            self._node.do(LoneNode.start)


@contextmanager
def devnet(
    *,
    blocks: Blocks = "instant",
    chain: str = "dev",
    era_blocks: int | None = None,
    provider: bool = False,
    versions: Versions = VERSIONS,
) -> Iterator[Devnet]:
    """Run a chain of a preset or a spec file for the length of a `with` block.

    Blocks are made as transactions come (`instant`), or by `mine` alone (`manual`). What takes eras
    comes sooner with shorter ones. With a provider jobs are done as they come, in numpy, a block
    for each step. With `versions` the chain runs pallets of your own.
    Raises: BadSpec; at the end the first fault of the node that clients met.
    """
    if blocks not in ("instant", "manual"):
        raise ValueError(f"wanted blocks instant or manual, got {blocks!r}")
    spec = spec_of(chain, era_blocks)

    def opening() -> AbstractAsyncContextManager[LoneNode]:
        return lone_node(spec, blocks, versions, provides=provider)

    with hosted(opening, "starminer devnet") as node:
        yield Devnet(node)


async def _build(node: LoneNode, slots: int) -> MinedBlock:
    header = await node.chain.build(slots)
    return MinedBlock(header.number, header.hash)


async def _work(node: LoneNode) -> int:
    return await node.provider.work()


def _positive(what: str, count: int) -> None:
    if count < 1:
        raise ValueError(f"wanted at least one of {what}, got {count}")
