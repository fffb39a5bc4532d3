"""The traffic of a devnet: what its clients buy, from whom, and what it costs them at most."""

from pathlib import Path
from random import Random

import pytest

from cli.devnet.network import COMPETITORS, DEFAULT, MEMBERS, Load, with_traffic
from cli.devnet.plan import arguments_of, make_plan
from cli.devnet.traffic import KINDS, MOST, PACES, Customer, key_of, split
from cli.devnet.wares import WARES
from cli.errors import NodeUnreachable
from cli.main import run
from cli.sdk.jobs import order_work
from runtime.compute.contents import input_root
from runtime.compute.job import JobClass, LatencyClass
from runtime.compute.registry import check_spec

GENESIS = "aa" * 32


@pytest.mark.parametrize("name", WARES)
def test_a_ware_is_work_that_the_chain_takes_and_a_provider_can_do(name: str) -> None:
    work, content = WARES[name](Random(3))
    order = order_work(work, content, MOST, deadline=60)
    assert check_spec(order.spec) == work
    assert order.spec.input_root == input_root(work, content)
    output = work.run(content).output
    assert len(output) > 100
    assert len(set(output)) > 8, "it must show something of its input"


@pytest.mark.parametrize("name", WARES)
def test_what_is_bought_follows_from_the_seed(name: str) -> None:
    assert WARES[name](Random(5)) == WARES[name](Random(5))
    assert WARES[name](Random(5)) != WARES[name](Random(6))


def test_a_light_devnet_has_every_class_of_work_and_of_latency() -> None:
    light = KINDS[: PACES["light"].clients]
    classes = {WARES[kind.ware](Random(1))[0].job_class for kind in light}
    wanted = {JobClass.MATMUL, JobClass.INFERENCE, JobClass.DATA, JobClass.RENDERING}
    assert classes == wanted
    assert {kind.latency for kind in light} == set(LatencyClass)
    assert len({kind.tip for kind in light}) > 2


def test_every_client_has_an_account_of_its_own() -> None:
    assert len(KINDS) == PACES["heavy"].clients
    assert len({key_of(kind).account for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize(
    ("orders", "shares"), [(4, [1, 1, 1, 1]), (6, [2, 2, 1, 1]), (1, [1, 0, 0, 0])]
)
def test_orders_are_divided_among_the_clients(orders: int, shares: list[int]) -> None:
    assert split(orders, 4) == shares
    assert split(None, 4) == [None] * 4


@pytest.mark.parametrize("load", ["light", "heavy"])
def test_traffic_brings_providers_without_a_vote(tmp_path: Path, load: Load) -> None:
    plan = make_plan(tmp_path, "auto", GENESIS, with_traffic(DEFAULT, load, 1))
    added = plan.nodes[len(MEMBERS) :]
    assert [node.name for node in added] == [name for name, _, _ in COMPETITORS[load]]
    for node in added:
        words = arguments_of(plan, node)
        assert "--provider" in words
        assert "--validator" not in words


@pytest.mark.parametrize("word", ["--detach", "--once"])
def test_traffic_needs_somebody_who_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    words = ["devnet", "up", "--traffic", "light", word, "--state", str(tmp_path)]
    assert run(words) == 2
    assert "or run `starminer devnet traffic` beside the devnet" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_traffic_of_a_devnet_that_is_down_says_how_to_start_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_plan(tmp_path, "auto", GENESIS)
    assert run(["devnet", "traffic", "light", "--state", str(tmp_path)]) == 3
    assert "start one with `starminer devnet up`" in capsys.readouterr().err


async def test_a_client_without_a_node_left_gives_up(tmp_path: Path) -> None:
    nodes = make_plan(tmp_path, "auto", GENESIS).nodes[:2]
    customer = Customer(KINDS[0], PACES["light"], Random(1), orders=1)
    with pytest.raises(NodeUnreachable):
        await customer.run(nodes)
    assert customer.made == 0
