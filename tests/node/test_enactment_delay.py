"""Nothing is made before its enactment delay, whatever becomes of the node (requirement 73).

Every block is executed twice, as by an author and by an importer, and lies in a LevelDB. The node
that carries on after a restart knows what that database holds, and nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from node.store.blocks import BlockImport
from node.store.db import LevelDatabase
from node.store.opening import open_block_store
from node.store.states import StateStore
from runtime.executive import Executed, Executive
from runtime.frame.preimages import Lookup
from runtime.frame.results import Ok
from runtime.pallets.referenda import enactment_name
from runtime.pallets.runtime_upgrades import Upgrade
from runtime.pallets.scheduler import Dispatched
from runtime.pallets.treasury import AssetSpendApproved, Native
from runtime.primitives.block import Block
from runtime.primitives.extrinsic import Id
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import UNIT
from tests.runtime.test_governance_story import ERA, SMALL, GovernedChain
from tests.support.next_release import NEXT_RELEASE, SECOND

DELAY = 6 * ERA
"""Asked for in the referendum: longer than its track's own delay."""
HEIGHT = 150
"""The first block of the next release: after the approval, before the call."""
BENEFICIARY = b"\x07" * 32


class StoredChain(GovernedChain):
    """A governed chain whose blocks and states lie in a database; an upgrade is scheduled."""

    def __init__(self, path: Path) -> None:
        super().__init__(Upgrade(SECOND, HEIGHT), NEXT_RELEASE)
        self.path = path
        self.first = Block(self.genesis, ())
        self._open(self.state.take_nodes)

    def _open(self, nodes: Any = dict) -> None:
        self.db = LevelDatabase(self.path)
        self.blocks = open_block_store(self.db, self.first, nodes)

    def advance(self, *extrinsics: bytes) -> Executed:
        """Build a block, execute it as an importer would, and store it."""
        block, built = self.build(extrinsics)
        executed = self.execute(block)
        assert executed.header == built.header
        nodes = executed.state.take_nodes()
        self.blocks.import_block(BlockImport(block, (), nodes, b"", is_best=True))
        self.adopt_unchecked(executed.header, executed.state)
        return executed

    def idle(self, blocks: int = 1) -> None:
        """Pass blocks without transactions."""
        for _ in range(blocks):
            self.events += [record.event for record in self.advance().events]

    def restart(self) -> None:
        """Close the database, and carry on with what another process finds in it."""
        self.db.close()
        self._open()
        self.head = self.blocks.best
        self.state = StateStore(self.db).state_at(self.head.state_root)
        self.executive = Executive.of_state(self.state, self.genesis.hash, NEXT_RELEASE)

    def propose_spend(self) -> int:
        """Let everybody vote for five AGPU to somebody; the call lies in a preimage."""
        self.season()
        spend = self.call("Treasury", "spend", Native(), 5 * UNIT, Id(BENEFICIARY), None)
        self.send(0, "Preimage", "note_preimage", spend)
        return self.propose(SMALL, Lookup(blake2_256(spend), len(spend)), DELAY)

    @property
    def version(self) -> int:
        return self.rules.config.spec_version


@pytest.fixture
def chain(tmp_path: Path) -> StoredChain:
    return StoredChain(tmp_path / "db")


def test_req_73_a_call_waits_out_its_delay_over_restarts_and_an_upgrade(
    chain: StoredChain,
) -> None:
    index = chain.propose_spend()
    chain.restart()
    when = chain.until_approved(index)
    assert chain.head.number + DELAY == when
    assert chain.head.number < HEIGHT - 1 < HEIGHT < when
    chain.until(HEIGHT - 2)
    assert chain.version == 1
    chain.restart()
    chain.until(HEIGHT)
    assert chain.version == SECOND
    chain.restart()
    chain.until(when - 1)
    assert chain.seen(AssetSpendApproved) == []
    assert chain.runtime().scheduler.lookup[enactment_name(index)] == (when, 0)
    chain.restart()
    chain.idle()
    assert [one.amount for one in chain.seen(AssetSpendApproved)] == [5 * UNIT]
    assert Dispatched((when, 0), enactment_name(index), Ok(())) in chain.seen(Dispatched)
    chain.restart()
    chain.runtime().try_state()
    chain.db.close()


def test_req_73_nobody_makes_the_call_of_a_referendum_sooner(chain: StoredChain) -> None:
    index = chain.propose_spend()
    when = chain.until_approved(index)
    chain.restart()
    name = enactment_name(index)
    for pallet, method, arguments in (
        ("Scheduler", "cancel_named", (name,)),
        ("Scheduler", "schedule_named", (name, chain.head.number + 2, None, 0, remark(chain))),
        ("Referenda", "nudge_referendum", (index,)),
        ("Treasury", "spend", (Native(), 5 * UNIT, Id(BENEFICIARY), None)),
    ):
        call = chain.call(pallet, method, *arguments)
        executed = chain.advance(chain.sign(chain.pairs[1], call, chain.nonces[1]))
        chain.nonces[1] += 1
        names = [type(record.event).__name__ for record in executed.events]
        assert "ExtrinsicFailed" in names, method
    assert chain.runtime().scheduler.lookup[name] == (when, 0)
    assert chain.runtime().balances.free(BENEFICIARY) == 0
    chain.db.close()


def remark(chain: StoredChain) -> Any:
    return chain.call_of("System", "remark", b"")
