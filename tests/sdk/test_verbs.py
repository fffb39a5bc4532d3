"""The verbs of each domain, against a chain in this process."""

import numpy as np
import pytest

from cli.errors import UsageError
from cli.sdk import (
    Balance,
    Devnet,
    DispatchError,
    Keypair,
    SdkError,
    SyncClient,
    Token,
    agpu,
    amax,
    connect_async,
    entry,
)
from cli.sdk.matmul import matmul_work
from genesis.notation import BadNotation, parse_account
from runtime.compute.job import Market
from runtime.frame.dispatch import TokenError
from runtime.pallets import jobs
from runtime.pallets.balances.pallet import Balances
from runtime.pallets.balances.types import Transfer
from runtime.pallets.conviction_voting import ConvictionVoting
from runtime.pallets.jobs.records import JobState
from runtime.pallets.staking.records import ToStash
from runtime.pallets.system import System
from runtime.pallets.utility import Utility
from runtime.primitives.extrinsic import Id
from tests.pallets.compute_market import info


def test_a_payment_says_where_it_is_what_it_did_and_what_it_cost(
    client: SyncClient, bob: Keypair
) -> None:
    before, paid = client.balances.of(bob), client.balances.of("//Charlie")
    receipt = client.balances.transfer(bob, "//Charlie", Balance.parse("1.5AGPU"))
    block = client.block(f"0x{receipt.block_hash.hex()}")
    charlie = parse_account("//Charlie")
    assert receipt.the(Transfer) == Transfer(bob.account, charlie, 1_500_000_000_000)
    assert (block.number, len(block.extrinsics) > receipt.index) == (receipt.block_number, True)
    assert client.balances.of("//Charlie").free - paid.free == Balance.parse("1.5AGPU")
    spent = before.free - client.balances.of(bob).free
    assert spent == Balance.parse("1.5AGPU") + receipt.fee
    assert receipt.fee > Balance(0)


def test_the_token_of_an_amount_says_which_pallet_moves_it(
    client: SyncClient, alice: Keypair
) -> None:
    before = client.balances.of("//Dave", Token.AMAX)
    client.balances.transfer(alice, "//Dave", amax(3), wait="finalized")
    assert client.balances.of("//Dave", Token.AMAX).total - before.total == amax(3)


def test_a_fee_is_told_before_it_is_paid(client: SyncClient, alice: Keypair) -> None:
    remark = client.call(System.remark, b"what does it cost?")
    told = client.fee(remark, alice)
    assert client.submit(remark, alice).fee == told > Balance(0)


def test_a_refused_call_raises_the_error_of_its_pallet(client: SyncClient, alice: Keypair) -> None:
    with pytest.raises(DispatchError) as refusal:
        client.jobs.cancel(alice, 7)
    error = refusal.value
    assert (error.pallet, error.name) == ("Jobs", "UnknownJob")
    assert error.kind is jobs.Error.UNKNOWN_JOB
    assert str(error).endswith(f"Jobs.UnknownJob: {error.docs}")
    with pytest.raises(DispatchError) as refusal:
        client.balances.transfer(alice, "//Bob", agpu(10**9))
    assert refusal.value.kind is TokenError.FUNDS_UNAVAILABLE


def test_amounts_of_another_token_or_no_amounts_are_refused_before_anything_is_sent(
    chain: Devnet, client: SyncClient, alice: Keypair
) -> None:
    number = chain.number
    with pytest.raises(TypeError, match="wanted an amount of AGPU, got 5AMAX"):
        client.staking.bond(alice, amax(5))
    with pytest.raises(TypeError, match="wanted an amount of AMAX, got 5AGPU"):
        client.gov.season(alice, agpu(5))
    with pytest.raises(BadNotation, match="wanted an SS58 address"):
        client.balances.transfer(alice, "Bob", agpu(5))
    with pytest.raises(ValueError, match="wanted to wait until included or finalized"):
        client.balances.transfer(alice, "//Bob", agpu(5), wait="none")  # type: ignore[arg-type]
    assert chain.number == number


def test_any_call_of_any_pallet_is_made_by_its_method(client: SyncClient, alice: Keypair) -> None:
    core = client.core
    parts = (client.call(System.remark, b"one"), client.call(System.remark, remark=b"two"))
    batch = client.call(Utility.batch_all, parts)
    assert batch.encode() == core.calls.encode("Utility", "batch_all", parts)
    assert client.submit(batch, alice).succeeded


def test_a_call_that_does_not_say_which_pallet_it_is_of_is_refused(client: SyncClient) -> None:
    with pytest.raises(UsageError, match="wanted the pallet's name, Balances or Amax"):
        client.call(Balances.transfer_keep_alive, Id(bytes(32)), 1)
    with pytest.raises(UsageError, match="wanted remark"):
        client.call(System.remark, b"one", b"two")  # type: ignore[call-arg]
    with pytest.raises(UsageError, match="is no call: it cannot be sent"):
        client.call(System.nonce, bytes(32))  # type: ignore[arg-type]


def test_a_place_of_the_state_is_named_by_the_runtimes_own_item(
    client: SyncClient, alice: Keypair
) -> None:
    info = client.query(entry(System.account, alice.account))
    assert info is not None
    assert info.nonce == client.do(type(client.core).nonce, alice.account)
    issued = client.query(entry(Balances.total_issuance).of("Amax"))
    assert issued == client.do(type(client.core).storage, "Amax", "TotalIssuance")
    with pytest.raises(UsageError, match="wanted the pallet's name, Balances or Amax"):
        client.query(entry(Balances.total_issuance))
    with pytest.raises(UsageError, match=r"System.account: wanted 1 keys, got 0"):
        entry(System.account)  # type: ignore[call-overload]


def test_a_job_is_ordered_with_its_input_and_withdrawn(client: SyncClient, bob: Keypair) -> None:
    chance = np.random.default_rng(1)
    a, b = (chance.integers(-128, 128, (8, 8)).astype(np.int8) for _ in range(2))
    work, content = matmul_work(a, b)
    before = client.balances.of(bob)
    ordered = client.jobs.submit(bob, work, content, agpu(2))
    assert client.jobs.of(ordered.number).state is JobState.QUEUED
    held = client.balances.of(bob).reserved - before.reserved
    assert held >= ordered.escrow == agpu(2)
    client.jobs.cancel(bob, ordered.number)
    assert client.balances.of(bob).reserved == before.reserved
    job = client.jobs.wait(ordered.number)
    assert job.state is JobState.CANCELLED
    with pytest.raises(SdkError, match="is cancelled: it has no final result"):
        client.jobs.result(ordered.number)
    with pytest.raises(SdkError, match="is cancelled: it has no final result"):
        client.jobs.verify(ordered.number)


def test_a_stake_is_bonded_and_nominates(client: SyncClient) -> None:
    eve = Keypair.from_uri("//Eve")
    assert client.staking.of(eve) is None
    client.staking.bond(eve, agpu(2_000), ToStash())
    client.staking.bond_extra(eve, agpu(100))
    client.staking.nominate(eve, ["//Alice"])
    client.staking.unbond(eve, agpu(50))
    stake = client.staking.of(eve)
    assert stake is not None
    assert (stake.ledger.total, stake.ledger.active) == (agpu(2_100).planck, agpu(2_050).planck)
    assert stake.nominations is not None
    assert stake.nominations.targets == (parse_account("//Alice"),)
    client.staking.chill(eve)
    rested = client.staking.of(eve)
    assert rested is not None
    assert rested.nominations is None


def test_a_provider_registers_rests_and_comes_back(client: SyncClient) -> None:
    ferdie = Keypair.from_uri("//Ferdie")
    described = info(ferdie.account, market=Market(1, 0))
    assert client.providers.of(ferdie) is None
    client.providers.register(ferdie, described, agpu(1_000))
    client.providers.bond_extra(ferdie, agpu(10))
    client.providers.chill(ferdie)
    client.providers.resume(ferdie)
    found = client.providers.of(ferdie)
    assert found is not None
    assert (found.info, found.bond) == (described, agpu(1_010).planck)


def test_a_referendum_is_proposed_and_amax_set_aside_and_delegated(
    client: SyncClient, alice: Keypair, bob: Keypair
) -> None:
    proposed = client.gov.propose(alice, client.call(System.remark, b"hello"), "small_spender")
    client.gov.deposit(alice, proposed.number)
    client.gov.season(alice, amax(100))
    assert client.gov.of(proposed.number).phase == "preparing"
    with pytest.raises(DispatchError) as refusal:
        client.gov.vote(bob, proposed.number, "aye", amax(1))
    assert refusal.value.pallet == "ConvictionVoting"
    with pytest.raises(DispatchError) as refusal:
        client.gov.delegate(bob, "small_spender", alice, amax(1))
    assert refusal.value.pallet == ConvictionVoting.__name__


def test_what_compute_costs_is_an_amount(client: SyncClient) -> None:
    quote = client.do(lambda core: core.rpc.call("starminer_quote", 1, 0, 1, "standard", 0))
    assert client.prices.now() == Balance(int(quote["price"]["base"]))
    with client.prices.watch(first=0) as prices:
        first = next(prices)
    assert (first.block.number, first.per_cu) == (0, agpu(1))


async def test_the_same_verbs_are_awaited_on_trio(chain: Devnet, bob: Keypair) -> None:
    async with connect_async(chain.url) as client:
        receipt = await client.balances.transfer(bob, "//Charlie", agpu(1))
        assert receipt.succeeded
        assert (await client.balances.of("//Charlie")).free > agpu(1)
        async with client.finalized(receipt.block_number) as heads:
            head = await anext(heads)
        assert (head.number, head.hash) == (receipt.block_number, receipt.block_hash)
