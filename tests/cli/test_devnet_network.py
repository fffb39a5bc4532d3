"""The file that describes a devnet: what it may say, and how it is told what is wrong."""

import re
from pathlib import Path
from socket import socket

import pytest
from msgspec import structs

from cli.devnet.chain import SPEC_FILE, chain_of, write_chain
from cli.devnet.commands import chosen_network
from cli.devnet.network import (
    DEFAULT,
    MEMBERS,
    ChainPart,
    Network,
    NodePart,
    default_network,
    load_network,
    parse_network,
    with_traffic,
)
from cli.devnet.plan import arguments_of, choose_ports, free_ports, make_plan
from cli.devnet.spec import to_toml
from cli.errors import CommandError, UsageError
from cli.main import run
from genesis.build import build_block
from genesis.spec import load_spec

GENESIS = "aa" * 32
EXAMPLE = Path(__file__).parents[2] / "docs" / "howto" / "net.toml"

WRONG = b"""
block_time = "soon"
speed = 1
[chain]
preset = "testnet"
[[node]]
name = "Alice"
role = "boss"
rpc_port = 70000
key = "Zoe"
[[node]]
options = "--archive"
"""


def problems(text: bytes) -> list[str]:
    """Return what is said of a file."""
    with pytest.raises(UsageError) as caught:
        parse_network(text, "net.toml")
    return str(caught.value).splitlines()


@pytest.mark.parametrize("block_time", [None, "500ms", "instant", "manual"])
def test_the_file_that_is_printed_describes_the_network_that_is_started(
    block_time: str | None,
) -> None:
    network = default_network(block_time)
    assert parse_network(to_toml(network).encode(), "printed") == network


def test_the_network_of_the_manual_can_be_started(tmp_path: Path) -> None:
    network = load_network(EXAMPLE)
    chain, genesis = write_chain(network, tmp_path)
    assert chain == str(tmp_path / SPEC_FILE)
    assert genesis != build_block(load_spec("local")).hash.hex()


def test_every_wrong_field_is_told_at_once() -> None:
    assert problems(WRONG) == [
        "net.toml describes no devnet:",
        "  speed: wanted one of block_time, chain, traffic, node, got this name",
        "  block_time: wanted a time of 500ms or more such as 3s, or instant, or manual, "
        'got "soon"',
        '  chain.preset: wanted one of local, dev, got "testnet"',
        '  node[0].name: wanted up to 32 of a-z, 0-9 and -, a letter first, got "Alice"',
        '  node[0].role: wanted one of validator, full node, provider, provider only, got "boss"',
        '  node[0].key: wanted one of Alice, Bob, Charlie, Dave, Eve, Ferdie, got "Zoe"',
        "  node[0].rpc_port: wanted a port from 1 to 65535, got 70000",
        "  node[1].name: is missing",
        '  node[1].options: wanted a list of words, got "--archive"',
    ]


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ("", "node: is missing"),
        ("node = []", "node: wanted 1 to 16 of them, got 0"),
        ("node = 3", "node: wanted array, got 3"),
        ("node = [3]", "node[0]: wanted a table, got 3"),
        ('node = [{name="a"}]', "node: wanted a validator or a provider among them"),
        ('node = [{name="a", role="validator"}]', "node[0].key: wanted one of Alice, Bob"),
        (
            'node = [{name="a", role="validator", key="Bob"}, {name="a"}]',
            "node.name: wanted each once, got 2 times a",
        ),
        (
            'node = [{name="a", role="validator", key="Bob", rpc_port=9, p2p_port=9}]',
            "node[0]: wanted three different ports, got 9, 9",
        ),
        (
            'node = [{name="a", role="validator", key="Bob", options=["--rpc-port=3"]}]',
            "node[0].options: wanted what the devnet does not say itself, got --rpc-port=3",
        ),
        (
            'node = [{name="a", role="validator", key="Bob", options=["--speed"]}]',
            "node[0].options: wanted options of `starminer run`: Unknown option",
        ),
        (
            'block_time = "manual"\n'
            'node = [{name="a", role="validator", key="Bob"},{name="b",role="provider",key="Eve"}]',
            "node: wanted one validator, since manual blocks have one author, got a, b",
        ),
        ('block_time = "20ms"\nnode = [{name="a", role="validator", key="Bob"}]', "got 20ms"),
        ("node = ", "is not TOML"),
    ],
)
def test_what_cannot_be_is_told_with_what_was_wanted(nodes: str, said: str) -> None:
    assert said in "\n".join(problems(nodes.encode()))


def test_a_chain_without_changes_is_the_preset() -> None:
    assert chain_of(DEFAULT) == load_spec("local")


def test_the_authorities_of_the_chain_are_the_nodes_that_make_blocks() -> None:
    spec = chain_of(default_network("manual"))
    assert spec.genesis.config is not None
    assert [one.account for one in spec.genesis.config.validators] == ["//Alice"]
    assert spec.genesis.config.consensus.slot_milliseconds == 3000
    half = chain_of(default_network("500ms"))
    assert half.genesis.config is not None
    assert half.genesis.config.consensus.slot_milliseconds == 500


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"consensus": {"epochSlots": "x"}}, "chain.config.consensus.epochSlots: Expected `int`"),
        ({"speed": 1}, "chain.config: Object contains unknown field `speed`"),
        ({"balances": {"//Alice": "1AGPU", "x": "y"}}, "balances.x"),
    ],
)
def test_a_wrong_number_of_the_chain_is_told_with_its_name(
    tmp_path: Path, config: dict[str, object], said: str
) -> None:
    network = structs.replace(DEFAULT, chain=ChainPart(config=config))
    with pytest.raises(UsageError, match=re.escape(said)):
        write_chain(network, tmp_path)


def test_a_chain_most_of_whose_authorities_do_not_run_is_refused(tmp_path: Path) -> None:
    local = load_spec("local").genesis.config
    assert local is not None
    names = [{"account": v.account, "babe": v.babe, "grandpa": v.grandpa} for v in local.validators]
    alone = default_network("manual")
    network = structs.replace(alone, chain=ChainPart(config={"validators": names}))
    with pytest.raises(UsageError, match=r"more than two thirds of 4 authorities, got //Alice"):
        write_chain(network, tmp_path)


def test_ports_that_are_given_are_taken_and_never_shared() -> None:
    (free,) = free_ports(1)
    nodes = (NodePart(name="a", rpc_port=free.rpc, p2p_port=free.p2p, metrics_port=free.metrics),)
    assert choose_ports(Network(node=nodes), "auto") == [free]
    clash = Network(node=(*nodes, NodePart(name="b", p2p_port=free.rpc)))
    with pytest.raises(CommandError, match=f"port of its own for each service, got {free.rpc}"):
        choose_ports(clash, "auto")
    with socket() as held:
        held.bind(("127.0.0.1", free.rpc))
        with pytest.raises(CommandError, match=f"port {free.rpc} is taken, perhaps by another"):
            choose_ports(Network(node=nodes), "auto")


def test_options_reach_the_node_and_only_the_author_has_called_blocks(tmp_path: Path) -> None:
    network = default_network("instant")
    nodes = (network.node[0], structs.replace(network.node[1], options=("--no-explorer",)))
    plan = make_plan(tmp_path, "auto", GENESIS, structs.replace(network, node=nodes))
    author, full = (arguments_of(plan, node) for node in plan.nodes)
    assert author[author.index("--block-time") + 1] == "instant"
    assert "--block-time" not in full
    assert "--no-explorer" in full


def test_the_next_start_goes_on_with_the_network_of_the_last(tmp_path: Path) -> None:
    assert chosen_network(tmp_path, None, None) == DEFAULT
    network = default_network("instant")
    make_plan(tmp_path, "auto", GENESIS, network)
    assert chosen_network(tmp_path, None, None) == network
    assert chosen_network(tmp_path, None, "manual") == default_network("manual")
    changed = chosen_network(tmp_path, EXAMPLE, "5s")
    assert changed == structs.replace(load_network(EXAMPLE), block_time="5s")
    with pytest.raises(UsageError, match="--block-time: wanted a time of 500ms"):
        chosen_network(tmp_path, EXAMPLE, "soon")


def test_traffic_brings_no_node_that_is_there() -> None:
    once = with_traffic(DEFAULT, "light", 7)
    assert len(once.node) == len(MEMBERS) + 1
    assert with_traffic(once, "light", 7) == once


def test_a_wrong_file_starts_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.toml").write_bytes(WRONG)
    words = ["devnet", "up", "--spec", str(tmp_path / "net.toml"), "--state", str(tmp_path / "net")]
    assert run(words) == 2
    assert "node[0].role: wanted one of validator, full node" in capsys.readouterr().err
    assert not (tmp_path / "net").exists()
    assert run([*words[:3], str(tmp_path / "none.toml"), *words[4:]]) == 2
    assert "see `starminer devnet spec`" in capsys.readouterr().err
