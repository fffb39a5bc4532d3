"""Point 3: transfers by the command line and by an unmodified py-substrate-interface."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from substrateinterface import Keypair, KeypairType, SubstrateInterface

from runtime.primitives.crypto import KeyKind, pair_from_uri
from tests.e2e.commands import starminer, until, until_final
from tests.e2e.devnet import AGPU, Devnet

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

BOB = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"
NOBODY = "//Nobody//transactions"
"""Whom no other test pays, since others share the devnet."""
AUTHORS = ("//Alice", "//Bob", "//Charlie", "//Dave")


@pytest.fixture(scope="module")
def substrate(devnet: Devnet) -> Iterator[SubstrateInterface]:
    until_final(devnet.port("full"), devnet.highest_final())  # it knows each signer's last nonce
    with SubstrateInterface(url=devnet.url("full")) as client:
        yield client


def keypair_of_alice(kind: str) -> Keypair:
    """Return a key of //Alice; the library derives names for sr25519 alone."""
    if kind == "sr25519":
        return Keypair.create_from_uri("//Alice")
    pair = pair_from_uri(KeyKind.ED25519, "//Alice")
    return Keypair.create_from_seed(pair.secret[:32], crypto_type=KeypairType.ED25519)


def free_balance(client: SubstrateInterface, address: str) -> int:
    balance: int = client.query("System", "Account", [address]).value["data"]["free"]
    return balance


def transfer(client: SubstrateInterface, pair: Keypair, dest: str, value: int) -> Any:
    arguments = {"dest": dest, "value": value}
    call = client.compose_call("Balances", "transfer_keep_alive", arguments)
    extrinsic = client.create_signed_extrinsic(call, pair, era={"period": 64})
    return client.submit_extrinsic(extrinsic, wait_for_finalization=True)


def events_of(receipt: Any) -> list[tuple[str, str, Any]]:
    events = [record.value["event"] for record in receipt.triggered_events]
    return [(event["module_id"], event["event_id"], event["attributes"]) for event in events]


def test_a_transfer_by_the_command_line_is_final_and_arrives(devnet: Devnet) -> None:
    words = ("balances.transfer_keep_alive", f"dest={NOBODY}", "value=1.5AGPU")
    sent = devnet.cli("tx", *words, "--signer", "//Alice", "--wait", "finalized").json()
    assert (sent["status"], sent["error"]) == ("finalized", None)
    assert devnet.final() >= sent["block"]
    held = devnet.balance(NOBODY, sent["block"])
    assert held == {"free": 15 * AGPU // 10, "held": 0, "frozen": 0}
    block = devnet.cli("query", "block", sent["block"]).json()
    assert block["hash"] == sent["block_hash"]
    (shown,) = [one for one in block["extrinsics"] if one["index"] == sent["index"]]
    assert shown["call"] == "Balances.transfer_keep_alive"


def test_a_transfer_that_fails_exits_4_with_the_error_of_the_runtime(devnet: Devnet) -> None:
    words = ("balances.transfer_keep_alive", "dest=//Bob", "value=2000000AGPU")
    ran = devnet.cli("tx", *words, "--signer", "//Ferdie")
    assert ran.code == 4
    assert "the call was refused in block" in ran.err
    assert "Token.FundsUnavailable" in ran.err or "Balances.InsufficientBalance" in ran.err


@pytest.mark.parametrize("kind", ["sr25519", "ed25519"])
def test_a_substrate_client_transfers_and_decodes_the_events(
    substrate: SubstrateInterface, kind: str
) -> None:
    alice, heidi = keypair_of_alice(kind), Keypair.create_from_uri("//Heidi").ss58_address
    before = free_balance(substrate, heidi)
    receipt = transfer(substrate, alice, heidi, 15 * AGPU // 10)
    assert receipt.is_success
    assert receipt.error_message is None
    moved = {"from": alice.ss58_address, "to": heidi, "amount": 15 * AGPU // 10}
    events = events_of(receipt)
    assert ("Balances", "Transfer", moved) in events
    assert events[-1][:2] == ("System", "ExtrinsicSuccess")
    assert free_balance(substrate, heidi) == before + 15 * AGPU // 10


def test_a_substrate_client_decodes_why_a_transfer_failed(substrate: SubstrateInterface) -> None:
    receipt = transfer(substrate, Keypair.create_from_uri("//Ferdie"), BOB, 2_000_000 * AGPU)
    assert not receipt.is_success
    module, event, attributes = events_of(receipt)[-1]
    assert (module, event) == ("System", "ExtrinsicFailed")
    assert attributes["dispatch_error"] == {"Token": "FundsUnavailable"}


def test_a_substrate_client_names_the_error_of_a_pallet(substrate: SubstrateInterface) -> None:
    charlie = Keypair.create_from_uri("//Charlie")  # //Ferdie is a provider in a tutorial
    call = substrate.compose_call("Providers", "bond_extra", {"amount": AGPU})
    extrinsic = substrate.create_signed_extrinsic(call, charlie, era={"period": 64})
    receipt = substrate.submit_extrinsic(extrinsic, wait_for_inclusion=True)
    assert not receipt.is_success
    error = receipt.error_message
    assert (error["type"], error["name"]) == ("Module", "NotRegistered")
    assert " ".join(error["docs"]).startswith("This account is no provider")


def test_a_substrate_client_reads_maps_constants_blocks_and_their_author(
    substrate: SubstrateInterface,
) -> None:
    accounts = substrate.query_map("System", "Account", page_size=5)
    found = {key.value: info.value["data"]["free"] for key, info in accounts}
    assert len(found) >= 13
    eve = Keypair.create_from_uri("//Eve").ss58_address
    assert found[eve] == free_balance(substrate, eve)
    assert substrate.get_constant("Balances", "ExistentialDeposit").value == 10**9
    block = substrate.get_block(finalized_only=True, include_author=True)
    names = [extrinsic.value["call"]["call_module"] for extrinsic in block["extrinsics"]]
    assert names[0] == "Timestamp"
    assert block["author"] in [Keypair.create_from_uri(name).ss58_address for name in AUTHORS]


def test_a_substrate_client_subscribes_to_blocks(substrate: SubstrateInterface) -> None:
    seen: list[int] = []

    def handler(block: Any, number: int, subscription: str) -> list[int] | None:
        seen.append(block["header"]["number"])
        return seen if len(seen) == 2 else None

    assert substrate.subscribe_block_headers(handler) == seen
    assert seen[1] > seen[0]


def test_a_faucet_fills_an_account_that_nobody_had(devnet: Devnet) -> None:
    who = starminer("key", "generate", "--output", "json").json()["address"]
    for amount in ("3AGPU", "2AMAX"):
        given = starminer("devnet", "faucet", who, amount, "--state", devnet.state)
        assert given.code == 0, given.err
    until("they are there", lambda: devnet.balance(who, "final")["free"] == 3 * AGPU)


def test_a_key_is_made_and_shown_again(tmp_path: Path) -> None:
    made = starminer("key", "generate", "--scheme", "ed25519", "--output", "json").json()
    secret = tmp_path / "secret"
    secret.write_text(made["phrase"] + "\n")
    words = ("--scheme", "ed25519", "--secret-file", secret, "--output", "json")
    shown = starminer("key", "inspect", *words).json()
    assert shown == {key: value for key, value in made.items() if key != "phrase"}
    by_address = starminer("key", "inspect", shown["address"], "--output", "json").json()
    assert by_address["public_key"] == shown["public_key"]


def test_a_key_of_the_command_line_is_the_key_of_a_substrate_client() -> None:
    made = starminer("key", "generate", "--output", "json").json()
    theirs = Keypair.create_from_mnemonic(made["phrase"])
    assert made["address"] == theirs.ss58_address


def test_who_watches_the_chain_misses_no_final_block(devnet: Devnet) -> None:
    printed = devnet.cli("query", "watch", "finalized", "--count", "4").out.splitlines()
    rows = [json.loads(line) for line in printed]
    numbers = [row["number"] for row in rows]
    assert numbers == list(range(numbers[0], numbers[0] + 4))
    last = devnet.cli("query", "block", numbers[-1]).json()
    assert (last["hash"], len(last["extrinsics"])) == (rows[-1]["hash"], rows[-1]["extrinsics"])
    (event,) = devnet.cli("query", "watch", "events", "system", "--count", "1").out.splitlines()
    assert json.loads(event)["event"].startswith("System.")
