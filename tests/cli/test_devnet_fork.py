"""A fork of a running chain: what is taken from its node, what is refused, and what is laid out."""

from pathlib import Path
from typing import Any

import pytest
import trio

from cli.devnet import live
from cli.devnet.chain import SPEC_FILE
from cli.devnet.fork import Gifts, heirs_of, lay_out, network_of, pace_of
from cli.devnet.live import Live, place_of, taken
from cli.devnet.plan import Fork, load_plan, make_plan
from cli.errors import CommandError
from cli.main import run
from cli.sdk.client import enhex, unhex
from cli.sdk.transport import RpcRefusal
from genesis.build import build_block, to_raw
from genesis.inspection import inspect_spec
from genesis.spec import BadSpec, load_spec, parse_spec, to_json
from runtime.config import CODE_KEY
from runtime.primitives.block import Header
from runtime.primitives.scale import encode
from runtime.primitives.types import U32
from tests.cli.chain_rpc import ChainRpc
from tests.support.chain import MemoryChain

URL = "ws://127.0.0.1:9944"
BLOCKS, FINAL = 6, 4
GIFTS = Gifts()
NO_HASH = "0x" + "ab" * 32


class LiveRpc(ChainRpc):
    """The node of a running chain whose last blocks are not final."""

    def __init__(self, grown: ChainRpc) -> None:
        self.chain, self.pending = grown.chain, list[bytes]()
        self.blocks, self.states = grown.blocks, grown.states
        self.hashes = list(grown.hashes)
        self.pruned: set[str] = set()
        self.most_keys = 10_000

    def chain_getFinalizedHead(self) -> str:  # noqa: N802
        return enhex(self.hashes[FINAL])

    def archive_v1_header(self, block_hash: str) -> str | None:
        block = self.blocks.get(unhex(block_hash))
        return None if block is None else enhex(encode(block.header, Header))

    def system_chain(self) -> str:
        return "Test Chain: II"

    def state_getStorage(self, key: str, at: str | None = None) -> str | None:  # noqa: N802
        self._refuse_pruned(at)
        return super().state_getStorage(key, at)

    def state_getKeysPaged(  # noqa: N802
        self, prefix: str, count: int, start: str | None, at: str
    ) -> list[str]:
        self._refuse_pruned(at)
        keys = [enhex(key) for key in self.states[unhex(at)].keys(unhex(prefix))]
        return [key for key in keys if start is None or key > start][:count]

    def state_queryStorageAt(self, keys: list[str], at: str) -> list[Any]:  # noqa: N802
        if len(keys) > self.most_keys:
            raise RpcRefusal("state_queryStorageAt", -32603, "Response is too large", None)
        values = [(key, self.state_getStorage(key, at)) for key in keys]
        return [{"block": at, "changes": values}]

    def _refuse_pruned(self, at: str | None) -> None:
        if at in self.pruned:
            raise RpcRefusal("state", 4003, "State already discarded", None)


@pytest.fixture(scope="module")
def grown() -> ChainRpc:
    rpc = ChainRpc(MemoryChain(accounts=3))
    for _ in range(BLOCKS):
        rpc.seal()
    return rpc


@pytest.fixture
def rpc(grown: ChainRpc) -> LiveRpc:
    return LiveRpc(grown)


def take(rpc: LiveRpc, block: str | None = None) -> Live:
    async def main() -> Live:
        return await taken(rpc, URL, block)

    return trio.run(main)


def refused(rpc: LiveRpc, block: str | None = None) -> str:
    with pytest.raises(CommandError) as refusal:
        take(rpc, block)
    return str(refusal.value)


# what is taken


@pytest.mark.parametrize(("block", "number"), [(None, FINAL), ("2", 2), ("0", 0), ("hash", 3)])
def test_the_state_of_a_final_block_is_taken_whole(
    rpc: LiveRpc, block: str | None, number: int
) -> None:
    found = take(rpc, enhex(rpc.hashes[3]) if block == "hash" else block)
    assert (found.header.number, found.header.hash) == (number, rpc.hashes[number])
    assert found.state.root == rpc.states[rpc.hashes[number]].root
    assert (found.name, found.genesis_hash) == ("Test Chain: II", rpc.hashes[0])


def test_values_that_are_too_many_for_an_answer_come_in_several(rpc: LiveRpc) -> None:
    rpc.most_keys = 3
    assert take(rpc).state.root == rpc.states[rpc.hashes[FINAL]].root


def test_a_state_of_several_pages_is_taken_whole(
    rpc: LiveRpc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "KEYS_PER_PAGE", 7)
    assert take(rpc).state.root == rpc.states[rpc.hashes[FINAL]].root


# what is refused


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("5", "block 5 is not final: wanted one up to 4"),
        ("99", "block 99 is not final: wanted one up to 4"),
        (NO_HASH, f"the node has no block {NO_HASH}"),
    ],
)
def test_a_block_that_is_not_final_here_is_refused(rpc: LiveRpc, block: str, said: str) -> None:
    assert said in refused(rpc, block)


def test_the_hash_of_a_block_that_is_not_final_is_refused(rpc: LiveRpc) -> None:
    assert "is not final: wanted one up to 4" in refused(rpc, enhex(rpc.hashes[6]))


def test_a_block_of_another_branch_is_refused(rpc: LiveRpc) -> None:
    mine = rpc.hashes[2]
    rpc.hashes[2] = rpc.hashes[3]
    assert "is of a branch that was given up" in refused(rpc, enhex(mine))


def test_a_state_that_is_pruned_is_refused_with_what_helps(rpc: LiveRpc) -> None:
    rpc.pruned.add(enhex(rpc.hashes[2]))
    said = refused(rpc, "2")
    assert (
        "the node does not give the state after block 2: state was refused: State already" in said
    )
    assert "wanted a newer block, or a node that runs with --state-pruning archive" in said


def test_a_state_that_is_pruned_on_the_way_is_refused(rpc: LiveRpc) -> None:
    told = rpc.state_getStorage
    asked: list[str] = []

    def once(key: str, at: str | None = None) -> str | None:
        asked.append(key)
        if len(asked) == 9:
            rpc.pruned.add(str(at))
        return told(key, at)

    rpc.state_getStorage = once  # type: ignore[method-assign]
    assert "the node does not give the state after block 4" in refused(rpc)


def test_a_header_of_another_block_is_refused(rpc: LiveRpc) -> None:
    other = rpc.archive_v1_header(enhex(rpc.hashes[1]))
    rpc.archive_v1_header = lambda _: other  # type: ignore[method-assign]
    assert "wanted the header of 0x" in refused(rpc)


def test_a_header_that_is_none_is_refused(rpc: LiveRpc) -> None:
    rpc.archive_v1_header = lambda _: "0x00"  # type: ignore[method-assign]
    assert "does not decode" in refused(rpc)


def test_an_entry_that_was_changed_is_found_by_the_root(rpc: LiveRpc) -> None:
    told = rpc.state_queryStorageAt

    def changed(keys: list[str], at: str) -> list[Any]:
        (answer,) = told(keys, at)
        answer["changes"][5] = (answer["changes"][5][0], "0xff")
        return [answer]

    rpc.state_queryStorageAt = changed  # type: ignore[method-assign]
    said = refused(rpc)
    assert f"gave are not the state of block {FINAL}: wanted the root 0x" in said


def test_pages_that_come_again_are_refused(rpc: LiveRpc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "KEYS_PER_PAGE", 7)
    told = rpc.state_getKeysPaged
    rpc.state_getKeysPaged = lambda p, n, _, at: told(p, n, None, at)  # type: ignore[method-assign]
    assert "wanted a page of keys above 0x" in refused(rpc)


def test_a_state_that_fits_no_chain_spec_is_refused(
    rpc: LiveRpc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MAX_STATE_BYTES", 1000)
    assert "is too large for a devnet" in refused(rpc)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (None, "the state has no :code, so it is not a state of StarMiner"),
        ("0x0061736d01000000", "no chain that can be forked here"),
        (enhex(encode(("starminer", 9), tuple[str, U32])), "this release carries 1"),
    ],
)
def test_another_runtime_is_refused(rpc: LiveRpc, code: str | None, said: str) -> None:
    rpc.state_getStorage = lambda _key, _at: code  # type: ignore[method-assign]
    assert said in refused(rpc)


def test_a_node_of_another_kind_is_refused(rpc: LiveRpc) -> None:
    def missing(_: str) -> str:
        raise RpcRefusal("archive_v1_header", -32601, "Method not found", None)

    rpc.archive_v1_header = missing  # type: ignore[method-assign]
    assert "wanted a node of StarMiner: archive_v1_header was refused" in refused(rpc)


def test_a_url_at_which_nobody_answers_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["devnet", "fork", "http://127.0.0.1:1@5", "--state", str(tmp_path / "new")]
    assert run(words) == 3
    assert "no node answers at http://127.0.0.1:1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "found"),
    [(URL, (URL, None)), (f"{URL}@12", (URL, "12")), (f"{URL}@{NO_HASH}", (URL, NO_HASH))],
)
def test_a_place_is_a_url_and_perhaps_a_block(text: str, found: tuple[str, str | None]) -> None:
    assert place_of(text) == found


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([f"{URL}@latest"], "wanted URL@BLOCK, where BLOCK is a number or 0x and 64 hex digits"),
        ([URL, "--validators", "0"], "--validators: wanted 1 to 6, got 0"),
        ([URL, "--validators", "7"], "--validators: wanted 1 to 6, got 7"),
        ([URL, "--validators", "2", "--block-time", "instant"], "wanted one validator"),
        ([URL, "--agpu", "5"], "wanted an amount with its unit, such as 1.5AGPU"),
        ([URL, "--amax", "5AGPU"], "wanted an amount with its unit, such as 1.5AMAX"),
        ([URL, "--block-time", "soon"], "--block-time: wanted a time of 500ms"),
    ],
)
def test_what_is_no_fork_is_told_before_anything_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert run(["devnet", "fork", *words, "--state", str(tmp_path / "new")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_directory_that_has_a_devnet_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_plan(tmp_path, "auto", "aa" * 32)
    assert run(["devnet", "fork", URL, "--state", str(tmp_path)]) == 1
    assert f"there is a devnet in {tmp_path}: delete it with" in capsys.readouterr().err


# what is laid out


@pytest.mark.parametrize("pace", ["1s", "instant"])
def test_the_fork_is_a_chain_of_its_own_in_a_spec(rpc: LiveRpc, tmp_path: Path, pace: str) -> None:
    plan = lay_out(tmp_path, take(rpc), network_of(1, pace), GIFTS, "auto", try_state=False)
    spec = load_spec(str(tmp_path / SPEC_FILE))
    first = build_block(spec)
    assert plan == load_plan(tmp_path)
    assert plan.genesis == first.hash.hex()
    assert (first.header.number, first.header.parent_hash) == (FINAL, rpc.hashes[FINAL - 1])
    assert spec.id == f"fork_test_chain_ii_{FINAL}"
    assert inspect_spec(tmp_path / SPEC_FILE).header == first.header
    assert build_block(to_raw(spec)).header == first.header
    where = (rpc.hashes[FINAL].hex(), rpc.hashes[0].hex())
    assert plan.fork == Fork(URL, "Test Chain: II", FINAL, *where)


def test_the_validators_of_a_fork_are_its_nodes(rpc: LiveRpc, tmp_path: Path) -> None:
    plan = lay_out(tmp_path, take(rpc), network_of(3, "3s"), GIFTS, "auto", try_state=True)
    assert [(node.name, node.dev_key) for node in plan.nodes] == [
        ("alice", "Alice"),
        ("bob", "Bob"),
        ("charlie", "Charlie"),
    ]


def test_development_accounts_have_what_is_asked_for_and_only_some_of_them_vote(
    rpc: LiveRpc,
) -> None:
    given = heirs_of(take(rpc), network_of(1, "3s"), Gifts("7planck", "9planck"))
    assert ([amount for _, amount in given.agpu], len(dict(given.agpu))) == ([7] * 12, 12)
    assert ([amount for _, amount in given.amax], len(dict(given.amax))) == ([9] * 6, 6)


def test_a_state_that_cannot_be_handed_over_is_told(
    rpc: LiveRpc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.devnet.fork.DEFAULT_BOND", "2000000000AGPU")
    with pytest.raises(CommandError, match=r"block 4 cannot be forked: .* above its cap"):
        lay_out(tmp_path, take(rpc), network_of(1, "3s"), GIFTS, "auto", try_state=False)


@pytest.mark.parametrize(("slot", "pace"), [(3000, "3s"), (1500, "1500ms"), (500, "500ms")])
def test_the_time_between_blocks_is_the_chains_own(slot: int, pace: str) -> None:
    assert pace_of(slot) == pace


def test_the_next_up_goes_on_with_the_fork_and_with_nothing_else(
    rpc: LiveRpc, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(tmp_path, take(rpc), network_of(1, "3s"), GIFTS, "auto", try_state=False)
    assert run(["devnet", "up", "--block-time", "1s", "--state", str(tmp_path)]) == 2
    assert "is a fork, whose nodes and block time are in its chain" in capsys.readouterr().err


def test_a_spec_that_is_a_fork_of_nothing_is_refused() -> None:
    text = to_json(load_spec("dev"))
    part = f'"fork": {{"number": 3, "hash": "{NO_HASH}", "parentHash": "{NO_HASH}"'
    forged = text.replace('"genesis":', f'{part}, "genesisHash": "{NO_HASH}"}}, "genesis":', 1)
    with pytest.raises(BadSpec, match=r"fork: wanted genesis\.raw"):
        parse_spec(forged, "forged", is_toml=False)


def test_a_chain_that_is_no_fork_does_not_speak_of_one() -> None:
    assert '"fork"' not in to_json(load_spec("dev"))
    assert CODE_KEY in build_block(load_spec("dev")).storage
