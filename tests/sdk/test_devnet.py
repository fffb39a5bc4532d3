"""The chain in this process: blocks on demand, time of its own, faults that are heard."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from cli.sdk import (
    Devnet,
    Keypair,
    NodeUnreachable,
    SdkOlderThanChain,
    agpu,
    connect,
    devnet,
    entry,
)
from cli.sdk.client import runtime_of
from cli.sdk.matmul import matmul_work
from cli.sdk.portal import hosted
from genesis.spec import BadSpec
from node.rpc.values import to_hex
from runtime.compute.matmul import MatmulParams
from runtime.pallets.jobs.records import JobState
from runtime.pallets.staking import Staking
from runtime.pallets.system import System
from runtime.primitives.scale import encode
from runtime.primitives.types import U32
from tests.node.support import ROOT
from tests.support.next_release import NEXT_RELEASE, SECOND, WideTimestamp

SLOT_MS = 3000


def test_blocks_are_made_on_demand_alone_where_that_is_asked_for(alice: Keypair) -> None:
    with devnet(blocks="manual") as chain, connect(chain.url) as client:
        hashes = [client.send(client.call(System.remark, bytes([one])), alice) for one in range(3)]
        assert (len(set(hashes)), chain.number) == (3, 0)
        made = chain.mine()
        assert (made.number, chain.number) == (1, 1)
        assert len(client.block("best").extrinsics) == 1 + len(hashes)
        assert client.block("final").hash == made.hash


def test_every_block_is_final_with_a_proof_that_grandpa_voters_accept(chain: Devnet) -> None:
    made = chain.mine(25)
    with connect(chain.url) as client:
        assert client.block("final").hash == made.hash
        proof = client.do(lambda core: core.rpc.call("grandpa_proveFinality", made.number))
    assert proof is not None


def test_time_goes_on_by_slots_without_waiting(chain: Devnet) -> None:
    with connect(chain.url) as client:
        chain.mine()
        before = client.do(lambda core: core.storage("Timestamp", "Now"))
        chain.pass_slots(1_000)
        after = client.do(lambda core: core.storage("Timestamp", "Now"))
        assert after - before == 1_000 * SLOT_MS
        assert client.block().number == chain.number


def test_eras_may_be_shorter() -> None:
    with devnet(era_blocks=10) as chain, connect(chain.url) as client:
        chain.mine(45)
        era = client.do(lambda core: core.storage(Staking.__name__, "ActiveEra"))
        assert era.index >= 3
        assert client.core.config.era_blocks == 10


def test_a_chain_restarts_on_its_port_and_keeps_its_state(chain: Devnet, alice: Keypair) -> None:
    with connect(chain.url) as client:
        client.balances.transfer(alice, "//Restarted", agpu(3))
    url, number = chain.url, chain.number
    with chain.down(), pytest.raises(NodeUnreachable), connect(url):
        raise AssertionError("nothing answers while it is down")
    with connect(url) as client:
        assert chain.url == url
        assert client.block().number == number
        assert client.balances.of("//Restarted").free == agpu(3)


def product() -> tuple[MatmulParams, bytes]:
    chance = np.random.default_rng(3)
    a, b = (chance.integers(-128, 128, (24, 24)).astype(np.int8) for _ in range(2))
    return matmul_work(a, b)


def test_a_job_is_done_on_demand_with_a_proof_and_found_right_at_home() -> None:
    bob, (work, content) = Keypair.from_uri("//Bob"), product()
    with devnet(blocks="manual") as chain, connect(chain.url) as client:
        with ThreadPoolExecutor(1) as pool:
            ordering = pool.submit(client.jobs.submit, bob, work, content, agpu(1))
            while not ordering.done():
                chain.mine()
        ordered = ordering.result()
        assert chain.work() > 0
        job = client.jobs.wait(ordered.number)
        assert (job.state, job.escrow) == (JobState.COMPLETED, 0)
        result = client.jobs.result(ordered.number)
        assert result.content == work.run(content).output
        checked = client.jobs.verify(ordered.number, leaves=None)
        assert (checked.recomputed, checked.wrong) == (checked.leaves, ())
        assert chain.work() == 0


def test_jobs_are_done_as_they_come_where_there_is_a_provider() -> None:
    bob, (work, content) = Keypair.from_uri("//Bob"), product()
    with devnet(provider=True) as chain, connect(chain.url) as client:
        numbers = [client.jobs.submit(bob, work, content, agpu(1)).number for _ in range(2)]
        states = [client.jobs.wait(number).state for number in numbers]
    assert states == [JobState.COMPLETED] * 2


@pytest.mark.parametrize(
    ("options", "error", "complaint"),
    [
        ({"blocks": "sometimes"}, ValueError, "wanted blocks instant or manual, got 'sometimes'"),
        ({"chain": "nowhere"}, BadSpec, "wanted one of dev, local, testnet or the path"),
    ],
)
def test_a_chain_that_cannot_be_is_refused(options, error, complaint) -> None:
    with pytest.raises(error, match=complaint), devnet(**options):
        raise AssertionError("there is no such chain")


def test_no_blocks_are_no_wish(chain: Devnet) -> None:
    with pytest.raises(ValueError, match="wanted at least one of blocks, got 0"):
        chain.mine(0)
    with pytest.raises(ValueError, match="wanted at least one of slots, got -1"):
        chain.pass_slots(-1)


@pytest.fixture
def upgrading(tmp_path: Path) -> Iterator[Devnet]:
    """A chain whose block 5 is of a runtime that no release carries."""
    spec = (ROOT / "genesis/presets/dev.toml").read_text()
    path = tmp_path / "upgrading.toml"
    path.write_text(f"{spec}\n[genesis.config.upgrade]\nspecVersion = {SECOND}\nheight = 5\n")
    with devnet(chain=str(path), versions=NEXT_RELEASE) as chain:
        yield chain


def test_a_client_goes_on_over_an_upgrade_that_it_carries(
    upgrading: Devnet, alice: Keypair
) -> None:
    with connect(upgrading.url, versions=NEXT_RELEASE) as client:
        client.balances.transfer(alice, "//Bob", agpu(1))
        upgrading.mine(10)
        assert client.balances.transfer(alice, "//Bob", agpu(1)).succeeded
        assert client.core.config.spec_version == SECOND
        assert client.query(entry(WideTimestamp.now)) > 0


def test_a_client_that_the_chain_outgrows_ends_and_says_why(upgrading: Devnet) -> None:
    told = f"starminer {SECOND}, this release carries 1"
    with pytest.raises(SdkOlderThanChain, match=told):
        ask_for_ever(upgrading)


def ask_for_ever(chain: Devnet) -> None:
    with connect(chain.url) as client:
        chain.mine(10)
        while True:
            assert client.block().number <= chain.number


def test_a_client_does_not_begin_with_a_chain_that_is_newer(upgrading: Devnet) -> None:
    upgrading.mine(10)
    with (
        pytest.raises(SdkOlderThanChain, match=f"starminer {SECOND}, this release carries 1"),
        connect(upgrading.url),
    ):
        raise AssertionError("its types are unknown here")


async def test_a_runtime_that_this_release_does_not_carry_is_named() -> None:
    class Later:
        async def call(self, method: str, *params: object) -> object:
            assert method == "state_getStorage"
            return to_hex(encode("starminer", str) + encode(7, U32))

    told = "this release does not know the chain's runtime: .* starminer 7, this release carries 1"
    with pytest.raises(SdkOlderThanChain, match=told):
        await runtime_of(Later())


def test_what_opens_in_a_thread_and_fails_is_raised_where_it_was_asked_for() -> None:
    def refuse():
        raise OSError("no such thing")

    with pytest.raises(OSError, match="no such thing"), hosted(refuse, "broken"):
        raise AssertionError("it did not open")
