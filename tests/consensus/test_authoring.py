from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
import trio

from consensus.authoring import Author, AuthorParts, Proposal
from consensus.errors import QueueFull, Refused
from consensus.fork_tree import ForkTree, Node
from consensus.protocols import Imported, ImportRequest, Origin
from consensus.slots import Authority, Epoch
from consensus.verification import check_claim
from runtime.primitives.block import Block, Header, PreRuntime
from tests.consensus.support import GENESIS, KEYS, ZERO, child, genesis_node

EPOCH = Epoch(0, 0, ZERO, (Authority(KEYS[0].public, 1),))


@dataclass
class Bench:
    """An author with everything around it."""

    slots: Sequence[int]
    refusal: Refused | None = None
    is_synced: bool = True
    own: bool = True
    built: list[tuple[Header, int]] = field(default_factory=list)
    authored: list[ImportRequest] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    tree: ForkTree = field(default_factory=lambda: ForkTree(genesis_node()))

    async def next_slot(self, after: int) -> int:
        for slot in self.slots:
            if slot > after:
                return slot
        await trio.sleep_forever()
        raise AssertionError

    def deadline_ms(self, slot: int) -> int:
        return slot * 10

    def epoch_at(self, parent: Header, slot: int) -> Epoch:
        return EPOCH

    async def propose(self, parent: Header, claim: PreRuntime, deadline_ms: int) -> Proposal:
        self.built.append((parent, deadline_ms))
        return Proposal(Block(Header(parent.hash, parent.number + 1, ZERO, ZERO, (claim,)), ()))

    async def submit(self, request: ImportRequest) -> Imported:
        if self.refusal is not None:
            raise self.refusal
        return Imported(self.tree.root, is_new=True, is_best=True)

    def on_authored(self, request: ImportRequest) -> None:
        self.authored.append(request)

    def on_own_block_refused(self, block: Block, refusal: Refused) -> None:
        self.refused.append(refusal)

    async def run(self) -> None:
        keys = {KEYS[0].public: KEYS[0]} if self.own else {}
        parts = AuthorParts(
            slots=self,
            keys=keys,
            epochs=self,
            tree=self.tree,
            factory=self,
            importer=self,
            listener=self,
            may_author=lambda: self.is_synced,
        )
        with trio.move_on_after(1):
            await Author(parts).run()


async def test_each_slot_but_the_one_it_starts_in_gets_a_sealed_block(autojump_clock) -> None:
    bench = Bench([7, 8, 9])
    await bench.run()
    assert bench.built == [(GENESIS, 80), (GENESIS, 90)]
    claims = [check_claim(each.block.header, EPOCH) for each in bench.authored]
    assert [claim.slot for claim in claims] == [8, 9]
    assert {each.origin for each in bench.authored} == {Origin.OWN}


async def test_who_lost_its_disk_authors_in_no_slot_that_it_may_have_used(autojump_clock) -> None:
    before, after = Bench([7, 8, 9]), Bench([9, 10, 11])
    await before.run()
    await after.run()
    slots = [
        [check_claim(each.block.header, EPOCH).slot for each in life.authored]
        for life in (before, after)
    ]
    assert slots == [[8, 9], [10, 11]]


async def test_it_builds_on_the_best_block_and_never_twice_in_its_slot(autojump_clock) -> None:
    bench = Bench([1, 2, 3])
    best = child(bench.tree.root)
    best = Node(best.header, best.record, slot=2)
    bench.tree.insert(best)
    await bench.run()
    assert bench.built == [(best.header, 30)]


@pytest.mark.parametrize("why", [{"is_synced": False}, {"own": False}])
async def test_it_is_silent_without_a_key_or_while_syncing(why, autojump_clock) -> None:
    bench = Bench([1, 2, 3], **why)
    await bench.run()
    assert bench.built == []


async def test_a_refused_own_block_is_told_and_not_announced(autojump_clock) -> None:
    bench = Bench([1, 2], refusal=QueueFull("full"))
    await bench.run()
    assert (bench.authored, bench.refused) == ([], [bench.refusal])
