"""An unmodified py-substrate-interface reads the chain, signs, sends, and follows to finality.

Run as `python with_substrate_interface.py URL`; it prints one line for each true sentence.
"""

import sys
from collections.abc import Callable

from substrateinterface import ExtrinsicReceipt, Keypair, KeypairType, SubstrateInterface
from substrateinterface.exceptions import SubstrateRequestException

UNIT = 10**12

ALICE = Keypair.create_from_uri("//Alice")
BOB = Keypair.create_from_uri("//Bob")
SENDER = Keypair.create_from_uri("//Ferdie")
NOBODY = Keypair.create_from_uri("//Nobody").ss58_address
RECEIVER = Keypair.create_from_uri("//PythonReceiver").ss58_address


def main(url: str) -> None:
    with SubstrateInterface(url=url) as substrate:
        for check in CHECKS:
            check(substrate)
            print("ok -", check.__name__.replace("_", " "), flush=True)


def it_says_what_chain_it_is(substrate: SubstrateInterface) -> None:
    assert substrate.chain == "StarMiner Development", substrate.chain
    assert "starminer" in substrate.name.lower(), substrate.name
    assert substrate.properties == {"ss58Format": 42, "tokenDecimals": 12, "tokenSymbol": "AGPU"}
    assert (substrate.token_symbol, substrate.token_decimals) == ("AGPU", 12)
    assert substrate.ss58_format == 42


def metadata_lists_pallets_calls_events_and_errors(substrate: SubstrateInterface) -> None:
    substrate.init_runtime()
    assert substrate.implements_scaleinfo() is True
    names = [module["name"] for module in substrate.get_metadata_modules()]
    assert names[0] == "System", names
    assert {"Balances", "Timestamp", "Session", "Jobs"} <= set(names), names
    calls = {
        (call["module_name"], call["call_name"]) for call in substrate.get_metadata_call_functions()
    }
    assert ("Balances", "transfer_keep_alive") in calls
    assert substrate.get_metadata_event("Balances", "Transfer") is not None
    assert substrate.get_metadata_error("Balances", "InsufficientBalance") is not None
    for module, item in (("System", "Account"), ("Session", "Validators")):
        assert substrate.get_metadata_storage_function(module, item) is not None


def constants_can_be_read(substrate: SubstrateInterface) -> None:
    assert substrate.get_constant("Balances", "ExistentialDeposit").value == 10**9
    assert substrate.get_constant("Babe", "ExpectedBlockTime").value == 3000
    assert substrate.get_constant("System", "SS58Prefix").value == 42


def values_can_be_read(substrate: SubstrateInterface) -> None:
    account = substrate.query("System", "Account", [BOB.ss58_address]).value
    assert account["data"]["free"] > 0, account
    assert substrate.query("Session", "Validators").value == [ALICE.ss58_address]
    absent = substrate.query("System", "Account", [NOBODY])
    assert (absent.value["nonce"], absent.value["data"]["free"]) == (0, 0)


def many_values_can_be_read_at_once(substrate: SubstrateInterface) -> None:
    keys = [
        substrate.create_storage_key("System", "Account", [ALICE.ss58_address]),
        substrate.create_storage_key("System", "Account", [BOB.ss58_address]),
        substrate.create_storage_key("Balances", "TotalIssuance"),
    ]
    found = [(key.pallet, value.value) for key, value in substrate.query_multi(keys)]
    assert [pallet for pallet, _ in found] == ["System", "System", "Balances"]
    assert found[2][1] > found[0][1]["data"]["free"]


def a_map_is_listed_page_by_page(substrate: SubstrateInterface) -> None:
    small = list(substrate.query_map("System", "Account", page_size=3))
    large = list(substrate.query_map("System", "Account", page_size=100))
    assert [who.value for who, _ in small] == [who.value for who, _ in large]
    assert BOB.ss58_address in [who.value for who, _ in small]
    first = list(substrate.query_map("System", "Account", page_size=2, max_results=2))
    assert len(first) == 2


def blocks_decode_with_their_author(substrate: SubstrateInterface) -> None:
    head = substrate.get_chain_finalised_head()
    block = substrate.get_block(head, include_author=True)
    assert block["author"] == ALICE.ss58_address, block["author"]
    assert block["extrinsics"][0].value["call"]["call_module"] == "Timestamp"
    number = block["header"]["number"]
    assert substrate.get_block_hash(number) == head
    assert substrate.get_block_number(head) == number
    assert substrate.get_block_header(block_number=number)["header"]["hash"] == head


def old_blocks_keep_their_state(substrate: SubstrateInterface) -> None:
    genesis, first = substrate.get_block_hash(0), substrate.get_block_hash(1)
    account = substrate.query("System", "Account", [BOB.ss58_address], block_hash=genesis)
    assert account.value["data"]["free"] == 1_000_000 * UNIT
    assert substrate.query("System", "Number", block_hash=first).value == 1
    events = [event.value["event_id"] for event in substrate.get_events(first)]
    assert "ExtrinsicSuccess" in events, events


def the_runtime_can_be_called(substrate: SubstrateInterface) -> None:
    nonce = substrate.runtime_call("AccountNonceApi", "account_nonce", [BOB.ss58_address])
    assert nonce.value == substrate.get_account_nonce(BOB.ss58_address)
    version = substrate.runtime_call("Core", "version")
    assert version.value["spec_name"] == "starminer"


def a_transfer_is_sent_to_finality_for_the_fee_foretold(substrate: SubstrateInterface) -> None:
    call = transfer(substrate, UNIT)
    foretold = substrate.get_payment_info(call, SENDER)
    assert foretold["partialFee"] > 0, foretold
    receipt = sent(substrate, call, SENDER, wait_for_finalization=True)
    assert receipt.is_success, receipt.error_message
    assert receipt.finalized
    assert receipt.total_fee_amount == foretold["partialFee"]
    assert receipt.weight["ref_time"] > 0
    events = [event.value["event_id"] for event in receipt.triggered_events]
    assert "Transfer" in events, events


def a_block_shows_the_transfer_decoded(substrate: SubstrateInterface) -> None:
    receipt = sent(substrate, transfer(substrate, 3 * UNIT), SENDER)
    found = substrate.retrieve_extrinsic_by_hash(receipt.block_hash, receipt.extrinsic_hash)
    value = found.extrinsic.value
    assert value["address"] == SENDER.ss58_address
    assert value["call"]["call_function"] == "transfer_keep_alive"
    assert [argument["value"] for argument in value["call"]["call_args"]] == [RECEIVER, 3 * UNIT]


def a_failing_call_is_decoded_to_its_error(substrate: SubstrateInterface) -> None:
    call = substrate.compose_call("Providers", "chill")
    receipt = sent(substrate, call, SENDER)
    assert not receipt.is_success
    assert receipt.error_message["name"] == "NotRegistered", receipt.error_message
    assert receipt.error_message["docs"], receipt.error_message


def mortal_immortal_and_tipped_transactions_are_taken(substrate: SubstrateInterface) -> None:
    call = transfer(substrate, UNIT)
    for era in ({"period": 64}, "00"):
        receipt = sent(substrate, call, SENDER, era=era)
        assert receipt.is_success, receipt.error_message
    tipped = sent(substrate, call, SENDER, tip=UNIT // 1000)
    paid = [e.value for e in tipped.triggered_events if e.value["event_id"] == "TransactionFeePaid"]
    assert paid[0]["attributes"]["tip"] == UNIT // 1000, paid


def both_kinds_of_key_sign(substrate: SubstrateInterface) -> None:
    # The library's ECDSA keys are those of Ethereum: no MultiSignature has them.
    for kind in (KeypairType.ED25519, KeypairType.SR25519):
        signer = Keypair.create_from_seed(b"a wallet of the python client !!", crypto_type=kind)
        call = transfer(substrate, 5 * UNIT, signer.ss58_address)
        assert sent(substrate, call, SENDER).is_success
        receipt = sent(substrate, transfer(substrate, UNIT), signer)
        assert receipt.is_success, receipt.error_message


def a_spent_nonce_is_refused_in_the_words_of_substrate(substrate: SubstrateInterface) -> None:
    call = transfer(substrate, UNIT)
    stale = substrate.create_signed_extrinsic(call, SENDER, nonce=0)
    try:
        substrate.submit_extrinsic(stale)
    except SubstrateRequestException as refusal:
        answer = refusal.args[0]
    else:
        answer = "taken"
    assert answer == {
        "code": 1010,
        "message": "Invalid Transaction",
        "data": "Transaction is outdated",
    }, answer


def heads_and_values_can_be_followed(substrate: SubstrateInterface) -> None:
    heads: list[int] = []

    def on_head(head: dict, update: int, _: str) -> bool | None:
        heads.append(head["header"]["number"])
        return True if update == 2 else None

    substrate.subscribe_block_headers(on_head)
    assert heads == list(range(heads[0], heads[0] + 3)), heads

    finals: list[int] = []

    def on_final(head: dict, update: int, _: str) -> bool | None:
        finals.append(head["header"]["number"])
        return True if update == 1 else None

    substrate.subscribe_block_headers(on_final, finalized_only=True)
    assert finals == list(range(finals[0], finals[0] + 2)), finals

    numbers: list[int] = []

    def on_number(found: object, update: int, _: str) -> bool | None:
        numbers.append(found.value)  # type: ignore[attr-defined]
        return True if update == 2 else None

    substrate.query("System", "Number", subscription_handler=on_number)
    assert numbers == list(range(numbers[0], numbers[0] + 3)), numbers


def transfer(substrate: SubstrateInterface, value: int, to: str = RECEIVER) -> object:
    return substrate.compose_call("Balances", "transfer_keep_alive", {"dest": to, "value": value})


def sent(
    substrate: SubstrateInterface,
    call: object,
    signer: Keypair,
    *,
    era: object = None,
    tip: int = 0,
    wait_for_finalization: bool = False,
) -> ExtrinsicReceipt:
    extrinsic = substrate.create_signed_extrinsic(call, signer, era=era, tip=tip)
    return substrate.submit_extrinsic(
        extrinsic,
        wait_for_inclusion=not wait_for_finalization,
        wait_for_finalization=wait_for_finalization,
    )


CHECKS: tuple[Callable[[SubstrateInterface], None], ...] = (
    it_says_what_chain_it_is,
    metadata_lists_pallets_calls_events_and_errors,
    constants_can_be_read,
    values_can_be_read,
    many_values_can_be_read_at_once,
    a_map_is_listed_page_by_page,
    blocks_decode_with_their_author,
    old_blocks_keep_their_state,
    the_runtime_can_be_called,
    a_transfer_is_sent_to_finality_for_the_fee_foretold,
    a_block_shows_the_transfer_decoded,
    a_failing_call_is_decoded_to_its_error,
    mortal_immortal_and_tipped_transactions_are_taken,
    both_kinds_of_key_sign,
    a_spent_nonce_is_refused_in_the_words_of_substrate,
    heads_and_values_can_be_followed,
)


if __name__ == "__main__":
    main(sys.argv[1])
