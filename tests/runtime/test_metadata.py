"""Metadata: an independent decoder reads it, and the names are those of FRAME."""

from typing import Any

import pytest
from scalecodec.base import RuntimeConfigurationObject, ScaleBytes
from scalecodec.type_registry import load_type_registry_preset

from runtime.api import RuntimeApi
from tests.conformance.vectors_of import load
from tests.support.chain import MemoryChain


@pytest.fixture(scope="module")
def raw() -> bytes:
    chain = MemoryChain()
    return RuntimeApi(chain.executive).metadata(chain.state)


@pytest.fixture(scope="module")
def decoded(raw: bytes) -> Any:
    """The metadata, as py-scale-codec reads it."""
    types = RuntimeConfigurationObject()
    types.update_type_registry(load_type_registry_preset("core"))
    metadata = types.create_scale_object("MetadataVersioned", data=ScaleBytes(raw))
    metadata.decode()
    types.add_portable_registry(metadata)
    return metadata


FRAME = (
    "System",
    "Babe",
    "Timestamp",
    "Authorship",
    "Balances",
    "TransactionPayment",
    "Utility",
    "Identity",
    "Preimage",
    "Scheduler",
    "Treasury",
    "Referenda",
    "ConvictionVoting",
    "Whitelist",
    "Assets",
    "PoolAssets",
    "AssetConversion",
)


GOVERNANCE = set(FRAME[FRAME.index("Preimage") : FRAME.index("Assets")])
"""Pallets that have all of FRAME's storage and constants."""

OUR_STORAGE = {
    "Balances": {"BurnedByReason", "GenesisIssuance", "MintedByReason"},
    "Babe": {"Accumulator", "BlockRandomness", "PreviousBeacon"},
    "Scheduler": {"Outcomes"},
    "Treasury": {
        *("Streams", "Committed", "TrackWindow", "GlobalWindow"),
        *("AssetCommitted", "AssetTrackWindow", "AssetWindow"),
    },
    "Referenda": {"DecisionEnd"},
    "ConvictionVoting": {"SetAside", "DelegationAges", "DelegatesFrom"},
    "Assets": {"FrozenBalances"},
    "PoolAssets": {"FrozenBalances"},
    "AssetConversion": {"Activity", "Samples", "Creators"},
}
OUR_CALLS = {"ConvictionVoting": {"season", "unseason"}}
"""What our pallets have beyond FRAME's."""


@pytest.mark.parametrize("name", FRAME)
def test_what_frame_has_bears_the_names_and_indices_of_frame(decoded: Any, name: str) -> None:
    (pallet,) = [p for p in decoded.pallets if p.name == name]
    theirs = load("frame_kitchensink_v16.json")["pallets"]
    (frame,) = [p for p in theirs if p["name"] == name]
    calls = {call["n"]: (call["i"], names_of(call["a"])) for call in frame["calls"]}
    events = {event["n"]: (event["i"], names_of(event["a"])) for event in frame["events"]}
    for call in pallet.calls or []:
        own = (call.value["index"], [one["name"] for one in call.value["fields"]])
        assert call.name in OUR_CALLS.get(name, set()) or calls.pop(call.name) == own
    for event in pallet.events or []:
        own = (event.value["index"], [one["name"] for one in event.value["fields"]])
        assert events.get(event.name, own) == own
    known = {entry["n"] for entry in frame["storage"]}
    ours = {entry.name for entry in pallet.storage or []} - {":__STORAGE_VERSION__:"}
    assert ours - known <= OUR_STORAGE.get(name, set())
    assert ours >= known or name not in GOVERNANCE
    theirs = set(names_of(frame["constants"]))
    assert {one.value["name"] for one in pallet.constants} >= theirs or name not in GOVERNANCE


def names_of(fields: list[str]) -> list[str | None]:
    """Return the names of fields such as `when: u32`; those of a tuple have none."""
    return [one.partition(": ")[0] if ": " in one else None for one in fields]


OF_THE_DESIGN = (
    *("Balances", "Amax", "Assets", "Vesting", "Utility", "Proxy", "Multisig", "Identity"),
    *("TransactionPayment", "Pricing", "Providers", "Jobs", "Emission", "Mining", "Vaults"),
    *("Staking", "Session", "Offences", "ImOnline", "VoterList", "Rwa", "Oracle", "Referral"),
    *("Upgrades", "Referenda", "ConvictionVoting", "Preimage", "Scheduler", "Whitelist"),
    *("Guardian", "Treasury", "Bounties", "ChildBounties", "Stability", "AssetConversion"),
    *("AssetRewards", "AmaxDistribution", "Parameters", "TxPause", "SafeMode"),
)
"""The pallets that the sections of the design page on the economy name."""


def test_req_c1_every_pallet_of_the_design_is_in_the_runtime_and_its_metadata(
    decoded: Any,
) -> None:
    described = {one.name for one in decoded.pallets}
    assert [name for name in OF_THE_DESIGN if name not in described] == []
    assert {"Sudo", "SudoPallet"} & described == set()


def test_every_pallet_is_described(decoded: Any) -> None:
    runtime = MemoryChain().runtime()
    wanted = sorted((pallet.index, pallet.name) for pallet in runtime.pallets)
    assert [(p.value["index"], p.name) for p in decoded.pallets] == wanted


def test_every_storage_item_says_what_it_is(decoded: Any) -> None:
    items = [(p.name, entry) for p in decoded.pallets for entry in p.storage or []]
    silent = [f"{name}.{entry.name}" for name, entry in items if not any(entry.docs)]
    assert len(items) > 50
    assert silent == []
