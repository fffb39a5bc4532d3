"""Metadata: an independent decoder reads it, and the names are those of FRAME."""

from typing import Any

import pytest
from scalecodec.base import RuntimeConfigurationObject, ScaleBytes
from scalecodec.type_registry import load_type_registry_preset

from runtime.api import RuntimeApi, UnknownApi, with_length
from runtime.primitives.compact import DecodeError
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.conformance.vectors_of import load
from tests.support.chain import MemoryChain


@pytest.fixture(scope="module")
def api() -> RuntimeApi:
    return RuntimeApi(MemoryChain().executive)


@pytest.fixture(scope="module")
def decoded(api: RuntimeApi) -> Any:
    """The metadata, as py-scale-codec reads it."""
    types = RuntimeConfigurationObject()
    types.update_type_registry(load_type_registry_preset("core"))
    metadata = types.create_scale_object("MetadataVersioned", data=ScaleBytes(api.metadata()))
    metadata.decode()
    types.add_portable_registry(metadata)
    return metadata


FRAME = ("System", "Babe", "Timestamp", "Authorship", "Balances", "TransactionPayment")


@pytest.mark.parametrize("name", FRAME)
def test_what_frame_has_bears_the_names_and_indices_of_frame(decoded: Any, name: str) -> None:
    (pallet,) = [p for p in decoded.pallets if p.name == name]
    theirs = load("frame_kitchensink_v16.json")["pallets"]
    (frame,) = [p for p in theirs if p["name"] == name]
    calls = {call["n"]: call["i"] for call in frame["calls"]}
    events = {event["n"]: event["i"] for event in frame["events"]}
    for call in pallet.calls or []:
        assert calls.pop(call.name) == call.value["index"]
    for event in pallet.events or []:
        if event.name in events:
            assert events[event.name] == event.value["index"]
    known = {entry["n"] for entry in frame["storage"]}
    ours = {entry.name for entry in pallet.storage} - {":__STORAGE_VERSION__:"}
    assert ours - known <= {"Accumulator", "BlockRandomness", "PreviousBeacon"}


def test_every_pallet_is_described(decoded: Any) -> None:
    runtime = MemoryChain().runtime()
    wanted = sorted((pallet.index, pallet.name) for pallet in runtime.pallets)
    assert [(p.value["index"], p.name) for p in decoded.pallets] == wanted


def test_fees_are_quoted_as_they_are_taken(api: RuntimeApi) -> None:
    chain = MemoryChain()
    call = chain.call("Balances", "transfer_keep_alive", Id(chain.pairs[1].public), UNIT)
    raw = chain.sign(chain.pairs[2], call, 0)
    quote, details = api.quote(raw, chain.runtime())
    arguments = with_length(raw) + len(raw).to_bytes(4, "little")
    answer = api.call("TransactionPaymentApi_query_info", arguments, chain.state, 0)
    chain.advance(raw)
    spent = 999 * UNIT - chain.runtime().balances.free(chain.pairs[2].public)
    assert quote.partial_fee == spent
    assert details.inclusion_fee is not None
    assert answer.endswith(spent.to_bytes(16, "little"))


def test_unknown_apis_and_bad_arguments_are_named(api: RuntimeApi) -> None:
    chain = MemoryChain()
    with pytest.raises(UnknownApi, match="Core_reboot"):
        api.call("Core_reboot", b"", chain.state, 0)
    with pytest.raises(DecodeError, match="wanted an extrinsic of 5 bytes"):
        api.call("TransactionPaymentApi_query_info", b"\x14abc", chain.state, 0)
