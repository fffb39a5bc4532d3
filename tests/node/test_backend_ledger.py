"""Accounts, blocks, runtime APIs and the network as clients ask about them."""

from dataclasses import dataclass, field

import pytest

from node.backend.ledger import StateLedger
from node.backend.network import PeerNetwork
from node.backend.runtime import StateRuntime
from node.rpc.backend import Health, PeerView, SyncState
from node.rpc.views import AccountView, BlockSummary, TokenBalance
from node.store.blocks import UnknownBlock
from p2p.messages import Roles, Status
from p2p.peers import PeerView as Peer
from p2p.sync import Progress
from runtime.api import RuntimeApi, UnknownApi
from runtime.primitives.scale import decode
from runtime.primitives.types import U32, UNIT
from tests.node.backend_support import MemoryNode
from tests.support.chain import FIRST_SLOT, SLOT_MILLISECONDS


@pytest.fixture
def node() -> MemoryNode:
    return MemoryNode()


@pytest.fixture
def ledger(node) -> StateLedger:
    return StateLedger(node.executive, node.chain)


def test_an_account_has_both_tokens_as_they_were_at_the_block(node, ledger):
    genesis = node.chain.genesis_hash
    node.register()
    who = node.provider.public
    before = (TokenBalance("AGPU", 12, 1000 * UNIT, 0, 0), TokenBalance("AMAX", 12, 0, 0, 0))
    assert ledger.account(who, genesis) == AccountView(who, 0, before)
    after = ledger.account(who, node.chain.best.hash)
    assert (after.nonce, after.balances[0].held) == (1, 100 * UNIT)
    assert ledger.account(node.author.public, genesis).balances[1].free == UNIT


def test_an_account_that_never_was_has_zeros(node, ledger):
    nothing = (TokenBalance("AGPU", 12, 0, 0, 0), TokenBalance("AMAX", 12, 0, 0, 0))
    stranger = bytes(31) + b"\1"
    assert ledger.account(stranger, node.chain.best.hash) == AccountView(stranger, 0, nothing)


def test_an_unknown_block_has_no_accounts(ledger):
    with pytest.raises(UnknownBlock):
        ledger.account(bytes(32), bytes(32))


def test_a_block_in_one_line_counts_its_receipts_and_their_work(node, ledger):
    node.register()
    job = node.verified()
    assert job == 0
    opened = node.chain.best
    assert ledger.summary(opened.hash) == BlockSummary(
        hash=opened.hash,
        number=9,
        parent_hash=opened.parent_hash,
        author=node.author.public,
        time_ms=(FIRST_SLOT + 8) * SLOT_MILLISECONDS + 1,
        extrinsics=2,
        receipts=1,
        units=10,
    )
    node.include(batches=(node.batch(12),))
    mined = ledger.summary(node.chain.best.hash)
    assert mined is not None
    assert (mined.receipts, mined.units) == (1, 12)
    node.grow()
    empty = ledger.summary(node.chain.best.hash)
    assert empty is not None
    assert (empty.extrinsics, empty.receipts, empty.units) == (1, 0, 0)


def test_block_0_has_no_author_and_an_unknown_block_no_line(node, ledger):
    genesis = node.chain.genesis_hash
    assert ledger.summary(genesis) == BlockSummary(genesis, 0, bytes(32), None, 0, 0, 0, 0)
    assert ledger.summary(bytes(32)) is None


def test_runtime_apis_answer_on_the_block_asked_for(node):
    runtime = StateRuntime(RuntimeApi(node.executive), node.chain)
    node.register()
    who, genesis = node.provider.public, node.chain.genesis_hash
    name = "AccountNonceApi_account_nonce"
    nonces = [decode(runtime.call(name, who, at), U32) for at in (genesis, node.chain.best.hash)]
    assert nonces == [0, 1]
    with pytest.raises(UnknownApi):
        runtime.call("Core_nothing", b"", genesis)
    with pytest.raises(UnknownBlock):
        runtime.call(name, who, bytes(32))


@dataclass
class Host:
    """A place in a network of these peers; it knows itself under a name."""

    ready_peers: tuple[Peer, ...] = ()
    peer_id: str = "12D3KooWself"
    addresses: tuple[str, ...] = ("/ip4/127.0.0.1/tcp/30333/p2p/12D3KooWself",)
    progress: Progress | None = None
    peers: "Host" = field(init=False)

    def __post_init__(self) -> None:
        self.peers = self

    def ready(self) -> tuple[Peer, ...]:
        return self.ready_peers


def peer(name: str, best: int, roles: Roles) -> Peer:
    status = Status(
        bytes(32), best, bytes([best]) * 32, 0, bytes(32), roles, software=f"node/{best}"
    )
    return Peer(name, "/ip4/127.0.0.1/tcp/1", is_inbound=False, status=status)


def test_the_network_shows_peers_with_what_they_say_they_do(node):
    all_roles = Roles.FULL | Roles.AUTHORITY | Roles.PROVIDER
    host = Host((peer("a", 9, all_roles), peer("b", 3, Roles.FULL)))
    network = PeerNetwork(host, host, node.chain, True)
    assert network.peers() == (
        PeerView("a", "AUTHORITY|PROVIDER", bytes([9]) * 32, 9, "node/9"),
        PeerView("b", "FULL", bytes([3]) * 32, 3, "node/3"),
    )
    assert network.health() == Health(2, is_syncing=False, should_have_peers=True)
    assert network.local_peer_id() == "12D3KooWself"
    assert network.listen_addresses() == host.addresses


def test_a_sync_shows_where_it_began_and_where_it_goes(node):
    node.pass_blocks(2)
    host = Host()
    network = PeerNetwork(host, host, node.chain, False)
    assert network.sync_state() == SyncState(2, 2, 2)
    node.grow()
    host.progress = Progress(start=1, target=40)
    assert network.sync_state() == SyncState(1, 3, 40, "blocks")
    assert network.health() == Health(0, is_syncing=True, should_have_peers=False)
    host.progress = None
    host.ready_peers = (peer("a", 50, Roles.FULL),)
    assert network.sync_state() == SyncState(2, 3, 50)
