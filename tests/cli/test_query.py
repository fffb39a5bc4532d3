"""Reading the chain: blocks, state, accounts and events as the commands show them."""

from typing import Any

import pytest

from cli.errors import CommandError, UsageError
from cli.events import event_rows
from cli.query import constant_rows, extrinsic_row, pallet_row
from cli.sdk.client import hash_of
from cli.sdk.names import find_pallet
from cli.sdk.transactions import prepare, send
from runtime.primitives.types import UNIT
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.support.chain import MemoryChain, pair


async def test_a_block_is_found_by_name_number_and_hash() -> None:
    rpc = ChainRpc(MemoryChain())
    client = client_of(rpc)
    sealed = rpc.seal()
    names = ("best", "final", "1", "0x" + sealed.hex())
    assert [await client.block_hash(name) for name in names] == [sealed] * 4
    assert (await client.block(sealed)).number == 1


@pytest.mark.parametrize(
    ("name", "kind", "complaint"),
    [
        ("9", CommandError, "the node has no block 9 yet"),
        ("last", UsageError, "wanted best, final, a block number or a hash, got 'last'"),
        ("0x12", UsageError, "wanted a hash of 32 bytes, got 1"),
        ("0xzz", UsageError, "wanted 0x and 64 hex digits, got '0xzz'"),
    ],
)
async def test_a_block_that_is_not_there_is_refused(
    name: str, kind: type[CommandError], complaint: str
) -> None:
    with pytest.raises(kind) as refusal:
        await client_of(ChainRpc(MemoryChain())).block_hash(name)
    assert str(refusal.value) == complaint


class PrunedRpc(ChainRpc):
    """A node that keeps headers alone."""

    def chain_getBlock(self, block_hash: str) -> None:  # noqa: N802
        return None

    def chain_getHeader(self, block_hash: str) -> dict[str, Any] | None:  # type: ignore[override]  # noqa: N802
        known = hash_of(block_hash) in self.blocks
        return super().chain_getHeader(block_hash) if known else None


async def test_a_block_whose_body_is_pruned_is_told_from_one_that_is_unknown() -> None:
    rpc = PrunedRpc(MemoryChain())
    client = client_of(rpc)
    sealed = rpc.seal()
    with pytest.raises(CommandError) as refusal:
        await client.block(sealed)
    assert str(refusal.value) == (
        "the node has the header of block 1, not its body: wanted one that runs with "
        "--blocks-pruning archive-canonical"
    )
    with pytest.raises(CommandError, match=f"^the node has no block 0x{bytes(32).hex()}$"):
        await client.block(bytes(32))


async def test_state_is_read_by_the_names_of_its_items_at_any_block() -> None:
    rpc = ChainRpc(MemoryChain())
    client = client_of(rpc)
    genesis = await client.block_hash("0")
    rpc.seal()
    assert await client.storage("system", "number") == 1
    assert await client.storage("System", "Number", at=genesis) == 0
    assert await client.storage("amax", "total_issuance") == UNIT
    with pytest.raises(UsageError, match="no storage item of System is called 'Numbr'"):
        await client.storage("System", "Numbr")


async def test_extrinsics_and_events_are_shown_in_words() -> None:
    rpc = ChainRpc(MemoryChain())
    client = client_of(rpc)
    alice = client.address(pair(1).public)
    call = client.calls.encode("System", "remark_with_event", b"\x01")
    await send(client, await prepare(client, call, pair(1)))
    block = await client.block(rpc.seal())
    assert extrinsic_row(client, block.extrinsics[1]) == {
        "call": "System.remark_with_event",
        "signer": alice,
        "arguments": {"remark": "0x01"},
    }
    events = event_rows(client, await client.events(block.hash))
    remarks = [row for row in events if row["event"] == "System.Remarked"]
    digest = "0xee155ace9c40292074cb6aff8c9ccdd273c81648ff1149ef36bcea6ebb8a3e25"
    assert remarks == [
        {"phase": 1, "event": "System.Remarked", "data": {"sender": alice, "hash": digest}}
    ]


def test_an_extrinsic_that_cannot_be_decoded_is_shown_as_bytes() -> None:
    row = extrinsic_row(client_of(ChainRpc(MemoryChain())), b"\x07")
    assert (row["signer"], row["arguments"]) == (None, "0x07")


def test_a_pallet_is_shown_in_one_line() -> None:
    client = client_of(ChainRpc(MemoryChain()))
    row = pallet_row(find_pallet(client.pallets, "timestamp"))
    assert (row["pallet"], row["index"], row["calls"]) == ("Timestamp", 3, 1)


def test_a_hash_is_32_bytes() -> None:
    assert hash_of("0x" + "ab" * 32) == bytes([0xAB]) * 32


def test_constants_are_found_by_either_spelling_of_their_names() -> None:
    balances = find_pallet(client_of(ChainRpc(MemoryChain())).pallets, "Balances")
    (row,) = constant_rows(balances, "ExistentialDeposit")
    assert row == constant_rows(balances, "existential_deposit")[0]
    assert (row["value"], row["meaning"]) == (
        balances.minimum,  # type: ignore[attr-defined]
        "Return the least that an account may hold.",
    )
    assert {"existential_deposit", "max_locks"} <= {
        str(one["constant"]) for one in constant_rows(balances, "")
    }
    with pytest.raises(UsageError, match="Balances has no constant 'nothing': it has existential"):
        constant_rows(balances, "nothing")
