"""An unmodified async-substrate-interface reads the chain, signs, sends, and follows to finality.

Run as `python with_async_substrate_interface.py ws://HOST:PORT`; it prints one line for each true
sentence. Its environment is its own: see requirements-async.txt.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from async_substrate_interface import AsyncExtrinsicReceipt, AsyncSubstrateInterface
from async_substrate_interface.errors import SubstrateRequestException
from bittensor_wallet import Keypair

UNIT = 10**12

ED25519, SR25519 = 0, 1

ENOUGH = {"message": "seen enough"}
"""What a handler returns to end a subscription: anything that is like a dict."""

ALICE = Keypair.create_from_uri("//Alice")
BOB = Keypair.create_from_uri("//Bob")
SENDER = Keypair.create_from_uri("//Ferdie")
NOBODY = Keypair.create_from_uri("//Nobody").ss58_address
RECEIVER = Keypair.create_from_uri("//AsyncReceiver").ss58_address


async def main(url: str) -> None:
    async with AsyncSubstrateInterface(url, chain_name="StarMiner Development") as substrate:
        for check in CHECKS:
            await check(substrate)
            print("ok -", check.__name__.replace("_", " "), flush=True)


async def it_says_what_chain_it_is(substrate: AsyncSubstrateInterface) -> None:
    properties = await substrate.properties
    assert properties == {"ss58Format": 42, "tokenDecimals": 12, "tokenSymbol": "AGPU"}, properties
    assert (await substrate.token_symbol, await substrate.token_decimals) == ("AGPU", 12)


async def metadata_lists_pallets_calls_and_errors(substrate: AsyncSubstrateInterface) -> None:
    names = [module["name"] for module in await substrate.get_metadata_modules()]
    assert {"System", "Balances", "Timestamp", "Session", "Jobs"} <= set(names), names
    assert await substrate.get_metadata_call_function("Balances", "transfer_keep_alive")
    assert await substrate.get_metadata_error("Balances", "InsufficientBalance")
    assert await substrate.get_metadata_event("Balances", "Transfer")


async def constants_can_be_read(substrate: AsyncSubstrateInterface) -> None:
    deposit = await substrate.get_constant("Balances", "ExistentialDeposit")
    block_time = await substrate.get_constant("Babe", "ExpectedBlockTime")
    assert (deposit.value, block_time.value) == (10**9, 3000)


async def values_can_be_read(substrate: AsyncSubstrateInterface) -> None:
    bob, absent, validators = await asyncio.gather(
        substrate.query("System", "Account", [BOB.ss58_address]),
        substrate.query("System", "Account", [NOBODY]),
        substrate.query("Session", "Validators"),
    )
    assert bob.value["data"]["free"] > 0, bob.value
    assert absent.value["data"]["free"] == 0, absent.value
    assert list(validators.value) == [ALICE.ss58_address], validators.value


async def many_values_can_be_read_at_once(substrate: AsyncSubstrateInterface) -> None:
    keys = [
        await substrate.create_storage_key("System", "Account", [ALICE.ss58_address]),
        await substrate.create_storage_key("System", "Account", [BOB.ss58_address]),
        await substrate.create_storage_key("Balances", "TotalIssuance"),
    ]
    found = [value for _, value in await substrate.query_multi(keys)]
    assert found[2] > found[0]["data"]["free"] > 0, found


async def a_map_is_listed_page_by_page(substrate: AsyncSubstrateInterface) -> None:
    small = [who async for who, _ in await substrate.query_map("System", "Account", page_size=3)]
    large = [who async for who, _ in await substrate.query_map("System", "Account", page_size=100)]
    assert small == large
    assert BOB.ss58_address in small, small


async def blocks_decode_with_their_author(substrate: AsyncSubstrateInterface) -> None:
    head = await substrate.get_chain_finalised_head()
    block = await substrate.get_block(head, include_author=True)
    assert block is not None
    assert block["author"] == ALICE.ss58_address, block["author"]
    assert block["extrinsics"][0].value["call"]["call_module"] == "Timestamp"
    assert await substrate.get_block_hash(block["header"]["number"]) == head
    assert await substrate.get_block_number(head) == block["header"]["number"]


async def old_blocks_keep_their_state(substrate: AsyncSubstrateInterface) -> None:
    genesis, first = await substrate.get_block_hash(0), await substrate.get_block_hash(1)
    account = await substrate.query("System", "Account", [BOB.ss58_address], block_hash=genesis)
    assert account.value["data"]["free"] == 1_000_000 * UNIT
    assert (await substrate.query("System", "Number", block_hash=first)).value == 1
    events = [event["event"]["event_id"] for event in await substrate.get_events(first)]
    assert "ExtrinsicSuccess" in events, events


async def the_runtime_can_be_called(substrate: AsyncSubstrateInterface) -> None:
    nonce = await substrate.runtime_call("AccountNonceApi", "account_nonce", [BOB.ss58_address])
    assert nonce == await substrate.get_account_nonce(BOB.ss58_address), nonce
    version = await substrate.runtime_call("Core", "version")
    assert version["spec_name"] == "starminer", version


async def a_transfer_is_sent_to_finality_for_the_fee_foretold(
    substrate: AsyncSubstrateInterface,
) -> None:
    call = await transfer(substrate, UNIT)
    foretold = await substrate.get_payment_info(call, SENDER)
    assert foretold["partial_fee"] > 0, foretold
    receipt = await sent(substrate, call, SENDER, wait_for_finalization=True)
    assert await receipt.is_success, await receipt.error_message
    assert receipt.finalized
    assert await receipt.total_fee_amount == foretold["partial_fee"]
    events = [event["event"]["event_id"] for event in await receipt.triggered_events]
    assert "Transfer" in events, events


async def a_failing_call_is_decoded_to_its_error(substrate: AsyncSubstrateInterface) -> None:
    call = await substrate.compose_call("Providers", "chill")
    receipt = await sent(substrate, call, SENDER)
    assert not await receipt.is_success
    error = await receipt.error_message
    assert error is not None
    assert error["name"] == "NotRegistered", error
    assert error["docs"], error


async def mortal_immortal_and_tipped_transactions_are_taken(
    substrate: AsyncSubstrateInterface,
) -> None:
    call = await transfer(substrate, UNIT)
    for era in ({"period": 64}, "00"):
        receipt = await sent(substrate, call, SENDER, era=era)
        assert await receipt.is_success, await receipt.error_message
    tipped = await sent(substrate, call, SENDER, tip=UNIT // 1000)
    events = [event["event"] for event in await tipped.triggered_events]
    paid = [event for event in events if event["event_id"] == "TransactionFeePaid"]
    assert paid[0]["attributes"]["tip"] == UNIT // 1000, paid


async def both_kinds_of_key_sign(substrate: AsyncSubstrateInterface) -> None:
    for kind in (ED25519, SR25519):
        signer = Keypair.create_from_uri("//AsyncWallet", crypto_type=kind)
        funding = await transfer(substrate, 5 * UNIT, signer.ss58_address)
        assert await (await sent(substrate, funding, SENDER)).is_success
        receipt = await sent(substrate, await transfer(substrate, UNIT), signer)
        assert await receipt.is_success, await receipt.error_message


async def transactions_of_one_account_may_be_sent_together(
    substrate: AsyncSubstrateInterface,
) -> None:
    call = await transfer(substrate, UNIT)
    receipts = await asyncio.gather(*(sent(substrate, call, SENDER) for _ in range(3)))
    assert [await receipt.is_success for receipt in receipts] == [True, True, True]


async def a_spent_nonce_is_refused_in_the_words_of_substrate(
    substrate: AsyncSubstrateInterface,
) -> None:
    call = await transfer(substrate, UNIT)
    stale = await substrate.create_signed_extrinsic(call, SENDER, nonce=0)
    try:
        await substrate.submit_extrinsic(stale)
    except SubstrateRequestException as refusal:
        answer = str(refusal)
    else:
        answer = "taken"
    assert answer == "Invalid Transaction", answer


async def heads_can_be_followed(substrate: AsyncSubstrateInterface) -> None:
    heads: list[int] = []

    async def on_head(head: dict[str, Any]) -> dict[str, str] | None:
        heads.append(head["header"]["number"])
        return ENOUGH if len(heads) == 3 else None

    await substrate.subscribe_block_headers(on_head)
    assert heads == list(range(heads[0], heads[0] + 3)), heads


async def values_can_be_followed(substrate: AsyncSubstrateInterface) -> None:
    numbers: asyncio.Queue[int] = asyncio.Queue()

    async def on_number(_: object, number: int, __: str) -> None:
        await numbers.put(number)

    key = await substrate.create_storage_key("System", "Number")
    # Version 2.2.1 fails when a handler ends the subscription; cancelling it is the other way.
    following = asyncio.create_task(substrate.subscribe_storage([key], on_number))
    seen = [await asyncio.wait_for(numbers.get(), 30) for _ in range(3)]
    following.cancel()
    assert seen == list(range(seen[0], seen[0] + 3)), seen


async def transfer(substrate: AsyncSubstrateInterface, value: int, to: str = RECEIVER) -> Any:
    arguments = {"dest": to, "value": value}
    return await substrate.compose_call("Balances", "transfer_keep_alive", arguments)


async def sent(
    substrate: AsyncSubstrateInterface,
    call: Any,
    signer: Keypair,
    *,
    era: dict[str, int] | str | None = None,
    tip: int = 0,
    wait_for_finalization: bool = False,
) -> AsyncExtrinsicReceipt:
    extrinsic = await substrate.create_signed_extrinsic(call, signer, era=era, tip=tip)
    return await substrate.submit_extrinsic(
        extrinsic,
        wait_for_inclusion=not wait_for_finalization,
        wait_for_finalization=wait_for_finalization,
    )


CHECKS: tuple[Callable[[AsyncSubstrateInterface], Awaitable[None]], ...] = (
    it_says_what_chain_it_is,
    metadata_lists_pallets_calls_and_errors,
    constants_can_be_read,
    values_can_be_read,
    many_values_can_be_read_at_once,
    a_map_is_listed_page_by_page,
    blocks_decode_with_their_author,
    old_blocks_keep_their_state,
    the_runtime_can_be_called,
    a_transfer_is_sent_to_finality_for_the_fee_foretold,
    a_failing_call_is_decoded_to_its_error,
    mortal_immortal_and_tipped_transactions_are_taken,
    both_kinds_of_key_sign,
    transactions_of_one_account_may_be_sent_together,
    a_spent_nonce_is_refused_in_the_words_of_substrate,
    heads_can_be_followed,
    values_can_be_followed,
)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
