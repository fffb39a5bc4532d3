"""What an order would cost is the fee that its settlement takes."""

from typing import Any

import pytest

from cli.errors import UsageError
from cli.estimate import estimated, price_now
from cli.ordering import Wanted, warn_of_waiting
from genesis.notation import format_amount
from runtime.compute.job import LatencyClass, Market
from runtime.compute.registry import units
from runtime.compute.rendering import Rendering
from runtime.primitives.types import UNIT
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.runtime_compute.networks import perceptron
from tests.support.chain import CHAIN, MemoryChain

MARKET = Market(1, 0)


async def test_an_estimate_is_units_times_the_price_now() -> None:
    client = client_of(ChainRpc(MemoryChain()))
    wanted = Wanted(*perceptron(60_000, (512, 512, 10)))
    per_cu = await price_now(client, MARKET)
    assert per_cu == CHAIN.base_price_per_cu
    found = estimated(wanted, MARKET, client, per_cu)
    fee = max(units(wanted.work) * per_cu // 10**6, CHAIN.minimum_job_fee)
    assert (found["fee"], found["price_per_cu"]) == (format_amount(fee), format_amount(UNIT))
    assert found["input_bytes"] == len(wanted.content)


class QuoteRpc(ChainRpc):
    """Has one provider for plain jobs, and none for fast ones."""

    def starminer_quote(self, *asked: Any) -> dict[str, int]:
        return {"takers": int(asked[3] in ("batch", "standard"))}


async def test_req_32_who_orders_a_fast_job_that_nobody_may_have_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    client = client_of(QuoteRpc(MemoryChain()))
    await warn_of_waiting(client, MARKET, LatencyClass.STANDARD)
    assert capsys.readouterr().err == ""
    await warn_of_waiting(client, MARKET, LatencyClass.FAST)
    assert "certified for the class fast: the job waits until one is" in capsys.readouterr().err


async def test_work_that_nobody_could_be_held_to_has_no_estimate() -> None:
    client = client_of(ChainRpc(MemoryChain()))
    picture = Rendering(9000, 10, 1, 1, 1, 1, 0, 0)
    with pytest.raises(UsageError, match="wanted"):
        estimated(Wanted(picture, b""), MARKET, client, UNIT)
