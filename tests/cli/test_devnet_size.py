"""A devnet by its numbers: `starminer devnet up --validators 4 --providers 2 --gpu cpu`."""

from pathlib import Path

import pytest

from cli.devnet.chain import chain_of
from cli.devnet.commands import chosen_network, is_shown_by_a_block
from cli.devnet.network import DEFAULT, Network, NodePart, default_network, with_traffic
from cli.devnet.plan import arguments_of, make_plan
from cli.devnet.size import USUAL, Size, sized
from cli.errors import UsageError

GENESIS = "aa" * 32
EXAMPLE = Path(__file__).parents[2] / "docs" / "howto" / "net.toml"


def roles_of(network: Network) -> list[tuple[str, str, str | None]]:
    return [(node.name, node.role, node.key) for node in network.node]


def test_the_usual_numbers_are_the_default_network() -> None:
    assert sized(DEFAULT, USUAL) == DEFAULT
    assert sized(DEFAULT, Size(validators=3)) == DEFAULT
    assert sized(DEFAULT, Size(validators=3, providers=1)) == DEFAULT


def test_the_first_of_several_providers_has_a_vote() -> None:
    network = sized(DEFAULT, Size(validators=2, providers=3))
    assert roles_of(network) == [
        ("alice", "validator", "Alice"),
        ("bob", "validator", "Bob"),
        ("full", "full node", None),
        ("gpu0", "provider", "Charlie"),
        ("gpu1", "provider only", "Dave"),
        ("gpu2", "provider only", "Eve"),
    ]
    config = chain_of(network).genesis.config
    assert config is not None
    assert [one.grandpa for one in config.validators] == ["//Alice", "//Bob", "//Charlie"]


def test_called_blocks_have_one_author() -> None:
    network = sized(default_network("instant"), Size(providers=2))
    assert [role for _, role, _ in roles_of(network)] == [
        *("validator", "full node", "provider only", "provider only"),
    ]
    with pytest.raises(UsageError, match="one"):
        sized(default_network("instant"), Size(validators=2))


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (Size(validators=0), "--validators: wanted 1 to 5, got 0"),
        (Size(providers=6), "--providers: wanted 1 to 5, got 6"),
        (Size(validators=4, providers=3), "wanted at most 6 .* together, got 7"),
    ],
)
def test_numbers_that_cannot_be_are_told(size: Size, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        sized(DEFAULT, size)


def test_providers_are_told_what_to_compute_on(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, "auto", GENESIS, sized(DEFAULT, Size(gpu="cpu")))
    words = {node.name: arguments_of(plan, node) for node in plan.nodes}
    assert words["gpu0"][words["gpu0"].index("--device") + 1] == "numpy"
    assert "--device" not in words["alice"]


def test_numbers_make_a_new_network_and_do_not_go_with_a_file(tmp_path: Path) -> None:
    make_plan(tmp_path, "auto", GENESIS, default_network("manual"))
    assert chosen_network(tmp_path, None, None, Size(validators=3)) == DEFAULT
    with pytest.raises(UsageError, match="--spec names the nodes"):
        chosen_network(tmp_path, EXAMPLE, None, Size(gpu="cuda"))


def test_a_network_without_providers_is_shown_by_a_block(tmp_path: Path) -> None:
    alone = Network(node=(NodePart(name="alice", role="validator", key="Alice"),))
    assert is_shown_by_a_block(make_plan(tmp_path, "auto", GENESIS, alone))
    assert not is_shown_by_a_block(make_plan(tmp_path, "auto", GENESIS, DEFAULT))


def test_no_traffic_is_what_a_file_may_be_overruled_with() -> None:
    busy = with_traffic(DEFAULT, "light", 7)
    assert with_traffic(busy, "none", 1).load is None
