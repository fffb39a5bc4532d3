"""What a transaction says, where it is, and how it would end."""

import pytest

from cli.errors import CommandError, UsageError
from cli.rehearsing import outcome, rehearsed, require_success
from cli.sdk.client import enhex
from cli.sdk.transactions import Prepared, on_wire, prepare, send
from cli.tx import Order, carry_out, encode_call
from cli.tx_tools import decoded, extrinsic_of, whereabouts
from runtime.primitives.types import UNIT
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.support.chain import MemoryChain, pair


class Chain(ChainRpc):
    """A chain in memory that shows what waits, and answers a dry run as it is told to."""

    answer = "0x0000"

    def author_pendingExtrinsics(self) -> list[str]:  # noqa: N802
        return [enhex(on_wire(raw)) for raw in self.pending]

    def system_dryRun(self, _raw: str) -> str:  # noqa: N802
        return self.answer


async def prepared(rpc: ChainRpc, amount: int = UNIT) -> Prepared:
    client = client_of(rpc)
    call = client.calls.encode("Balances", "burn", amount, False)
    return await prepare(client, call, pair(1), tip=5)


async def test_a_transaction_is_read_with_its_length_and_without() -> None:
    rpc = Chain(MemoryChain())
    made = await prepared(rpc)
    for text in (enhex(made.raw), enhex(on_wire(made.raw)), made.raw.hex()):
        assert extrinsic_of(text) == made.raw
    client = client_of(rpc)
    assert await decoded(client, made.raw) == {
        "hash": enhex(made.hash),
        "call": "Balances.burn",
        "signer": client.address(pair(1).account),
        "arguments": {"value": "1 AGPU", "keep_alive": False},
        "scheme": "ed25519",
        "nonce": 0,
        "tip": "0.000000000005 AGPU",
        "bytes": len(made.raw),
    }


async def test_an_unsigned_one_has_no_nonce() -> None:
    rpc = Chain(MemoryChain())
    client = client_of(rpc)
    inherent = (await client.block(rpc.seal())).extrinsics[0]
    assert (await decoded(client, inherent)).keys() == {"hash", "call", "signer", "arguments"}


@pytest.mark.parametrize("text", ["0x", "0x00", "nonsense", "0x84ff"])
def test_what_is_no_transaction_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="wanted a transaction"):
        extrinsic_of(text)


async def test_a_transaction_waits_then_is_in_a_block() -> None:
    rpc = Chain(MemoryChain())
    client, made = client_of(rpc), await prepared(rpc)
    with pytest.raises(CommandError, match="neither waits nor is in the newest 0 blocks"):
        await whereabouts(client, made.hash, 5)
    await send(client, made)
    waiting = {"hash": enhex(made.hash), "status": "waiting", "block": None, "index": None}
    assert await whereabouts(client, made.hash, 5) == waiting
    rpc.seal()
    rpc.seal()
    assert await whereabouts(client, made.hash, 5) == {
        "hash": enhex(made.hash),
        "status": "finalized",
        "block": 1,
        "index": 1,
        "call": "Balances.burn",
        "error": None,
    }
    with pytest.raises(CommandError, match="look further back with --blocks"):
        await whereabouts(client, made.hash, 1)


async def test_a_refused_one_says_why() -> None:
    rpc = Chain(MemoryChain())
    client, made = client_of(rpc), await prepared(rpc, 10**12 * UNIT)
    await send(client, made)
    rpc.seal()
    assert str((await whereabouts(client, made.hash, 5))["error"]).startswith("Token.")


@pytest.mark.parametrize(
    ("answer", "wanted", "error"),
    [
        ("0x0000", "success", "None"),
        ("0x000102", "failure", "BadOrigin: this account may not make this call"),
        ("0x010003", "invalid", "stale"),
    ],
)
async def test_a_dry_run_says_how_it_would_end(answer: str, wanted: str, error: str) -> None:
    rpc = Chain(MemoryChain())
    rpc.answer = answer
    made = await prepared(rpc)
    found = await outcome(client_of(rpc), made.raw)
    assert found["outcome"] == wanted
    assert error in str(found["error"])


@pytest.mark.parametrize(
    ("answer", "wanted", "error"),
    [
        ("0x0000", "success", "None"),
        ("0x000102", "failure", "BadOrigin: this account may not make this call"),
        ("0x010002", "not tried", "earlier transactions of the account than nonce 0 still wait"),
    ],
)
async def test_what_is_about_to_be_sent_is_tried_first(
    answer: str, wanted: str, error: str
) -> None:
    rpc = Chain(MemoryChain())
    rpc.answer = answer
    verdict = await rehearsed(client_of(rpc), await prepared(rpc))
    assert (verdict["outcome"], str(verdict["error"])) == (wanted, error)


async def test_a_node_that_tries_nothing_for_strangers_is_no_refusal() -> None:
    rpc = ChainRpc(MemoryChain())
    verdict = await rehearsed(client_of(rpc), await prepared(rpc))
    assert verdict["outcome"] == "not tried"
    assert "for its own machine alone" in str(verdict["error"])
    require_success(verdict)


async def test_a_dry_run_that_was_refused_fails(capsys: pytest.CaptureFixture[str]) -> None:
    rpc = Chain(MemoryChain())
    rpc.answer = "0x000102"
    client = client_of(rpc)
    call = encode_call(client, "balances.burn", ("value=1AGPU", "keep_alive=false"))
    with pytest.raises(CommandError, match="it would be refused: BadOrigin"):
        await carry_out(client, call, Order(pair(1), "included", is_dry=True), "jsonl")
    assert '"outcome":"failure"' in capsys.readouterr().out
    assert rpc.pending == []
