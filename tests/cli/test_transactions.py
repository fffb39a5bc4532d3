"""What the client signs the chain accepts, and how it ended is told by name."""

import pytest

from cli.errors import DispatchFailed, UsageError
from cli.sdk.transactions import prepare, receipt_of, send
from cli.tx import encode_call, summary_of
from genesis.notation import format_amount, parse_pair
from runtime.pallets.balances.types import Transfer
from runtime.primitives.crypto import KeyKind
from runtime.primitives.types import UNIT
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.support.chain import MemoryChain, pair

ALICE, BOB = pair(1), pair(2)
TO_BOB = f"dest=0x{BOB.public.hex()}"


async def test_a_transfer_arrives() -> None:
    rpc = ChainRpc(MemoryChain())
    client = client_of(rpc)
    call, shown = encode_call(client, "balances.transferKeepAlive", (TO_BOB, "value=1.5AGPU"))
    prepared = await prepare(client, call, ALICE)
    await send(client, prepared)
    receipt = (await receipt_of(client, prepared.raw, rpc.seal())).required()
    moved = [one.event for one in receipt.events if isinstance(one.event, Transfer)]
    address = client.address(BOB.public)
    assert shown == f"Balances.transfer_keep_alive(dest={address}, value=1.5 AGPU)"
    assert moved == [Transfer(ALICE.public, BOB.public, 3 * UNIT // 2)]
    assert (await client.account(BOB.public)).data.free == 1000 * UNIT + 3 * UNIT // 2


async def test_each_transaction_takes_the_next_nonce_and_lives_for_64_blocks() -> None:
    rpc = ChainRpc(MemoryChain())
    client = client_of(rpc)
    call, _ = encode_call(client, "system.remark", ("remark=0x01",))
    made = []
    for _ in range(2):
        prepared = await prepare(client, call, ALICE)
        await send(client, prepared)
        made.append((prepared.nonce, prepared.era.period))
        rpc.seal()
    assert made == [(0, 64), (1, 64)]


async def test_a_transaction_of_a_later_block_is_bound_to_the_birth_of_its_era() -> None:
    rpc = ChainRpc(MemoryChain())
    client = client_of(rpc)
    for _ in range(3):
        rpc.seal()
    call, _ = encode_call(client, "system.remark", ("remark=0x01",))
    prepared = await prepare(client, call, ALICE)
    await send(client, prepared)
    receipt = await receipt_of(client, prepared.raw, rpc.seal())
    assert (receipt.failure, receipt.block_number, receipt.index) == (None, 4, 1)


async def test_a_sr25519_key_signs_too() -> None:
    alice = parse_pair("//Alice", KeyKind.SR25519)
    rpc = ChainRpc(MemoryChain())
    client = client_of(rpc)
    words = (f"dest=0x{alice.account.hex()}", "value=10AGPU")
    call, _ = encode_call(client, "balances.transfer_keep_alive", words)
    await send(client, await prepare(client, call, BOB))
    rpc.seal()
    call, _ = encode_call(client, "system.remark", ("remark=hello",))
    prepared = await prepare(client, call, alice)
    await send(client, prepared)
    assert (await receipt_of(client, prepared.raw, rpc.seal())).succeeded


async def test_a_refused_call_is_told_by_its_error() -> None:
    rpc = ChainRpc(MemoryChain())
    client = client_of(rpc)
    call, _ = encode_call(client, "balances.transfer_keep_alive", (TO_BOB, "value=2000AGPU"))
    prepared = await prepare(client, call, ALICE)
    await send(client, prepared)
    receipt = await receipt_of(client, prepared.raw, rpc.seal())
    assert receipt.failure == "Token.FundsUnavailable: Funds are unavailable."
    with pytest.raises(DispatchFailed) as refusal:
        receipt.required()
    where = "the call was refused in block 1, extrinsic 1: "
    assert str(refusal.value) == where + receipt.failure


async def test_an_error_of_a_pallet_is_told_with_its_documentation() -> None:
    rpc = ChainRpc(MemoryChain())
    client = client_of(rpc)
    call, _ = encode_call(client, "jobs.cancel_job", ("job=7",))
    prepared = await prepare(client, call, ALICE)
    await send(client, prepared)
    receipt = await receipt_of(client, prepared.raw, rpc.seal())
    assert receipt.failure is not None
    assert receipt.failure.startswith("Jobs.UnknownJob: ")


async def test_a_summary_says_what_is_signed_and_what_it_costs() -> None:
    client = client_of(ChainRpc(MemoryChain()))
    call, shown = encode_call(client, "system.remark", ("remark=0x0102",))
    prepared = await prepare(client, call, ALICE)
    assert await summary_of(client, prepared, shown) == {
        "call": "System.remark(remark=0x0102)",
        "signer": client.address(ALICE.public),
        "nonce": 0,
        "fee": format_amount(len(prepared.raw) + 2),
        "hash": "0x" + prepared.hash.hex(),
    }


@pytest.mark.parametrize(
    ("path", "words", "complaint"),
    [
        (
            "balances.transfer_keep_alife",
            (),
            "no call of Balances is called 'transfer_keep_alife': did you mean "
            "transfer_keep_alive?",
        ),
        ("balances.burn", ("value=1AGPU",), "Balances.burn needs keep_alive=…"),
        (
            "balances.burn",
            ("amount=1AGPU",),
            "Balances.burn has no 'amount': wanted value, keep_alive",
        ),
        ("balances.burn", ("1AGPU",), "wanted name=value, got '1AGPU'"),
        (
            "balances.burn",
            ("value=1", "keep_alive=true"),
            "value: wanted an amount with its unit, such as 1.5AGPU or 250planck, got '1'",
        ),
        (
            "amax.burn",
            ("value=1AGPU", "keep_alive=true"),
            "value: wanted an amount with its unit, such as 1.5AMAX or 250planck, got '1AGPU'",
        ),
    ],
)
def test_a_call_that_is_none_is_refused_in_words(
    path: str, words: tuple[str, ...], complaint: str
) -> None:
    client = client_of(ChainRpc(MemoryChain()))
    with pytest.raises(UsageError) as refusal:
        encode_call(client, path, words)
    assert str(refusal.value) == complaint


BOB_AND_REMARK = (
    'calls=[{"balances.transferKeepAlive": {"dest": "//Bob", "value": "1.5AGPU"}}, '
    '{"system.remark": {"remark": "0x01"}}]'
)


def test_calls_inside_a_call_are_spelled_by_name_and_arguments() -> None:
    client = client_of(ChainRpc(MemoryChain()))
    call, shown = encode_call(client, "utility.batch_all", (BOB_AND_REMARK,))
    parts = (
        encode_call(client, "balances.transferKeepAlive", ("dest=//Bob", "value=1.5AGPU")).encoded,
        encode_call(client, "system.remark", ("remark=0x01",)).encoded,
    )
    calls = tuple(client.calls.decode(part) for part in parts)
    assert call == client.calls.encode("Utility", "batch_all", calls)
    assert "Balances.transfer_keep_alive" in shown


@pytest.mark.parametrize(
    ("inner", "complaint"),
    [
        ("7", """calls[0]: wanted {"pallet.call": {arguments}}, got 7"""),
        ("{}", """calls[0]: wanted {"pallet.call": {arguments}}, got {}"""),
        ('{"system.remark": 7}', "calls[0]: wanted the arguments of system.remark as an object"),
        ('{"system.remark": {}}', "System.remark needs remark=…"),
        ('{"system.remark": {"words": "0x"}}', "System.remark has no 'words': wanted remark"),
        ('{"system.shout": {}}', "no call of System is called 'shout'"),
    ],
)
def test_a_call_inside_a_call_that_is_none_is_refused(inner: str, complaint: str) -> None:
    client = client_of(ChainRpc(MemoryChain()))
    with pytest.raises(UsageError) as refusal:
        encode_call(client, "utility.batch_all", (f"calls=[{inner}]",))
    assert complaint in str(refusal.value)
