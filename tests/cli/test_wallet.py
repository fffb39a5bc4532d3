"""The wallet: accounts in encrypted files, names for addresses, balances, transfers, history."""

import json
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio

from cli import sending
from cli.errors import CommandError, UsageError
from cli.main import run
from cli.options import Remote
from cli.sdk.client import Client
from cli.sdk.transport import RpcRefusal
from cli.wallet import commands
from cli.wallet.commands import (
    balance_row,
    history_row,
    history_rows,
    plain,
)
from cli.wallet.store import MOST_ADDRESSES, Place, Wallet
from node.keystore import polkadot_js
from node.keystore.polkadot_js import Scrypt
from runtime.primitives.extrinsic import decode_extrinsic
from runtime.primitives.types import UNIT
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.support.chain import MemoryChain, pair

BOB = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"
ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Files are sealed at the least cost that polkadot-js knows, in a directory of the test's."""
    monkeypatch.setattr(polkadot_js, "WRITTEN", Scrypt(1 << 15, 1, 8))
    monkeypatch.setenv("STARMINER_PASSWORD", "correct horse")
    monkeypatch.setenv("STARMINER_WALLET", str(tmp_path / "wallet"))


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    return Wallet(Place(tmp_path / "wallet"))


def created(capsys: Any, name: str, *more: str) -> dict[str, Any]:
    assert run(["wallet", "create", name, "-o", "json", *more]) == 0
    record: dict[str, Any] = json.loads(capsys.readouterr().out)
    return record


def answered_by(rpc: ChainRpc, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands ask a chain in memory."""

    def ask(_remote: Remote, question: Callable[[Client], Awaitable[Any]]) -> Any:
        return trio.run(partial(question, client_of(rpc)))

    for module in (commands, sending):
        monkeypatch.setattr(module, "ask", ask)


def test_an_account_is_kept_sealed_and_its_phrase_is_shown_once(capsys, wallet, tmp_path):
    record = created(capsys, "savings")
    file = Path(record["file"])
    assert file.parent == tmp_path / "wallet"
    assert (file.stat().st_mode & 0o077, file.parent.stat().st_mode & 0o077) == (0, 0)
    assert len(record["phrase"].split()) == 12
    assert record["phrase"].split()[0] not in file.read_text()
    (entry,) = wallet.entries()
    assert (entry.name, entry.address, entry.scheme) == ("savings", record["address"], "sr25519")
    assert run(["wallet", "list", "-o", "jsonl"]) == 0
    assert json.loads(capsys.readouterr().out)["address"] == record["address"]


def test_an_account_of_a_secret_is_that_account_and_shows_no_phrase(capsys, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("//Alice\n")
    record = created(capsys, "alice", "--secret-file", str(secret))
    assert record["address"] == ALICE
    assert "phrase" not in record


@pytest.mark.parametrize("name", ["addresses", "a b", "../x", "5-begins", "", "x" * 33])
def test_a_name_that_cannot_be_one_is_refused(name: str, capsys):
    assert run(["wallet", "create", name]) == 2
    assert "wanted a name of up to 32 letters" in capsys.readouterr().err


def test_a_name_is_given_once(capsys):
    created(capsys, "savings")
    for words in (["create", "savings"], ["address-book", "add", "savings", BOB]):
        assert run(["wallet", *words]) == 2
        assert "has an account 'savings' already" in capsys.readouterr().err
    assert run(["wallet", "address-book", "add", "bob", BOB]) == 0
    capsys.readouterr()
    assert run(["wallet", "create", "bob"]) == 2
    assert "the address book has 'bob' already" in capsys.readouterr().err


def test_no_password_means_no_account(capsys, monkeypatch, wallet):
    monkeypatch.delenv("STARMINER_PASSWORD")
    assert run(["wallet", "create", "savings"]) == 2
    told = capsys.readouterr()
    assert (told.out, wallet.entries()) == ("", [])
    assert "which is not set" in told.err


def test_the_book_names_addresses(capsys, wallet):
    assert run(["wallet", "address-book", "add", "bob", BOB]) == 0
    assert (wallet.book(), wallet.address_of("bob")) == ({"bob": BOB}, BOB)
    with pytest.raises(UsageError, match="got 'carol': see `starminer wallet list`"):
        wallet.address_of("carol")
    assert wallet.address_of(ALICE) == ALICE
    capsys.readouterr()
    assert run(["wallet", "address-book", "list", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"name": "bob", "address": BOB}]
    assert run(["wallet", "address-book", "remove", "bob"]) == 0
    assert run(["wallet", "address-book", "remove", "bob"]) == 1
    assert "the address book has no 'bob': it is empty" in capsys.readouterr().err


def test_what_is_no_address_is_not_written_down(capsys, wallet):
    assert run(["wallet", "address-book", "add", "bob", BOB[:-1]]) == 2
    assert "wanted an SS58 address" in capsys.readouterr().err
    assert wallet.book() == {}
    with pytest.raises(CommandError, match=f"wanted at most {MOST_ADDRESSES} addresses"):
        wallet.write_book({f"n{number}": BOB for number in range(MOST_ADDRESSES + 1)})


def test_damaged_files_are_named(wallet, tmp_path):
    directory = tmp_path / "wallet"
    directory.mkdir()
    (directory / "odd.json").write_text('{"address": 1}')
    with pytest.raises(CommandError, match=r"odd\.json: wanted an account file of polkadot-js"):
        wallet.entries()
    (directory / "addresses.json").write_text("[1]")
    with pytest.raises(CommandError, match=r"addresses\.json: wanted names and addresses"):
        wallet.book()


async def test_a_balance_is_that_of_the_name(capsys, wallet):
    client = client_of(ChainRpc(MemoryChain()))
    wallet.write_book({"first": client.address(pair(1).account)})
    row = await balance_row(client, wallet, "first")
    assert (row["name"], row["address"]) == ("first", client.address(pair(1).account))
    assert str(row["free"]).endswith(" AGPU")
    assert str(row["free_amax"]).endswith(" AMAX")
    with pytest.raises(UsageError, match="got 'nobody': see `starminer wallet list`"):
        await balance_row(client, wallet, "nobody")
    with pytest.raises(UsageError, match="wanted an SS58 address"):
        await balance_row(client, wallet, "5Grw")


def test_an_empty_wallet_says_how_to_begin(capsys):
    assert run(["wallet", "balance"]) == 1
    assert "starminer wallet create" in capsys.readouterr().err


@pytest.mark.parametrize("is_dry", [True, False])
def test_a_transfer_pays_whom_the_book_names(is_dry, capsys, wallet, monkeypatch, tmp_path):
    rpc = ChainRpc(MemoryChain())
    answered_by(rpc, monkeypatch)
    (tmp_path / "secret").write_text("//Alice")
    created(capsys, "alice", "--secret-file", str(tmp_path / "secret"))
    wallet.write_book({"bob": BOB})
    words = ["wallet", "transfer", "alice", "bob", "1.5AGPU", "--wait", "none"]
    assert run([*words, *(["--dry-run"] if is_dry else [])]) == 0
    told = capsys.readouterr()
    assert "Balances.transfer_keep_alive(dest=" in (told.out if is_dry else told.err)
    assert "1.5 AGPU" in (told.out if is_dry else told.err)
    assert len(rpc.pending) == (0 if is_dry else 1)
    if not is_dry:
        extrinsic = decode_extrinsic(rpc.pending[0])
        called = client_of(rpc).calls.decode(extrinsic.call)
        assert (called.entry.pallet, called.arguments[1]) == ("Balances", 3 * UNIT // 2)


def test_a_wrong_password_sends_nothing(capsys, monkeypatch):
    created(capsys, "savings")
    monkeypatch.setenv("STARMINER_PASSWORD", "wrong")
    assert run(["wallet", "transfer", "savings", BOB, "1AGPU"]) == 1
    assert "the password does not open the account file" in capsys.readouterr().err


def test_who_is_not_in_the_wallet_cannot_pay(capsys):
    assert run(["wallet", "transfer", "nobody", BOB, "1AGPU"]) == 1
    assert "(no account), got 'nobody'" in capsys.readouterr().err


def test_a_line_of_a_history_is_an_extrinsic_or_an_event():
    line = {
        **{"block": 12, "time": 1_700_000_000_000, "name": "Balances.transfer_keep_alive"},
        **{"fields": {"value": "1"}, "ok": False, "extrinsic": 1, "event": None},
        "fee": "1500000000000",
    }
    assert history_row(line) == {
        "place": "12-1",
        "time": "2023-11-14 22:13:20Z",
        "what": "Balances.transfer_keep_alive",
        "ok": False,
        "fee": "1.5 AGPU",
        "fields": {"value": "1"},
    }
    event = history_row({**line, "extrinsic": None, "event": 4, "fee": None})
    assert (event["place"], event["fee"]) == ("12-e4", None)


def test_marked_values_are_shown_as_people_write_them():
    call = {
        "$": "call",
        "name": "Balances.burn",
        "fields": {"value": {"$": "bytes", "value": "0x"}},
    }
    marked = {
        "to": {"$": "account", "value": BOB},
        "amount": {"$": "amount", "value": "1500000000000", "symbol": "AMAX"},
        "error": {"$": "error", "name": "Token.FundsUnavailable", "doc": "…"},
        "calls": [call, 3],
    }
    assert plain(marked) == {
        "to": BOB,
        "amount": "1.5 AMAX",
        "error": "Token.FundsUnavailable",
        "calls": [{"Balances.burn": {"value": "0x"}}, 3],
    }


async def test_a_node_without_an_index_has_no_history():
    with pytest.raises(CommandError, match="ask one that runs with --explorer"):
        await history_rows(client_of(ChainRpc(MemoryChain())), bytes(32), 5)


async def test_another_refusal_of_a_history_is_told_as_it_is():
    class Busy(ChainRpc):
        def explorer_history(self, *_: object) -> None:
            raise RpcRefusal("explorer_history", -32000, "busy", None)

    with pytest.raises(RpcRefusal, match="busy"):
        await history_rows(client_of(Busy(MemoryChain())), bytes(32), 5)
