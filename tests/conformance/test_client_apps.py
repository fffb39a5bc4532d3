"""polkadot.js Apps opens the pages of every pallet that we have.

Apps is not on npm, so what it asks of the metadata before it opens a page is asserted here: the
`needsApi` of its `packages/apps-routing`, and what its start page and headers read besides.
"""

from typing import Any

import pytest
from scalecodec.base import RuntimeConfigurationObject, ScaleBytes
from scalecodec.type_registry import load_type_registry_preset

from runtime.api import RuntimeApi
from tests.support.chain import MemoryChain

GATES: dict[str, tuple[str, ...]] = {
    "transfer": ("tx.Balances.transfer_keep_alive",),
    "referenda": ("tx.Referenda.submit", "tx.ConvictionVoting.vote"),
    "preimages": ("query.Preimage.StatusFor", "tx.Preimage.note_preimage"),
    "treasury": ("tx.Treasury.spend_local", "query.Treasury.Proposals", "query.Treasury.Spends"),
    "bounties": ("tx.Bounties.propose_bounty", "query.Bounties.Bounties"),
    "scheduler": ("query.Scheduler.Agenda",),
    "whitelist": ("tx.Whitelist.remove_whitelisted_call",),
    "assets": ("tx.Assets.set_metadata", "tx.Assets.transfer_keep_alive"),
    "staking": (
        "query.Session.Validators",
        "query.Staking.ErasStakersOverview",
        "tx.Staking.bond(value, payee)",
    ),
    "batches, proxies and multisigs of accounts": (
        "tx.Utility.batch_all",
        "tx.Proxy.add_proxy",
        "tx.Multisig.as_multi",
    ),
    "identities": ("query.Identity.IdentityOf",),
    "vesting": ("query.Vesting.Vesting", "tx.Vesting.vest"),
}
"""What each page wants; a page whose pallets we do not have yet stays closed."""

READ_EVERYWHERE = (
    "query.System.Account",
    "query.System.Events",
    "query.System.Number",
    "query.System.LastRuntimeUpgrade",
    "query.Timestamp.Now",
    "query.Balances.TotalIssuance",
    "query.Balances.InactiveIssuance",
    "query.Balances.Locks",
    "query.Balances.Reserves",
    "query.Balances.Holds",
    "query.Balances.Freezes",
    "query.Babe.CurrentSlot",
    "query.Babe.EpochIndex",
    "query.Babe.GenesisSlot",
    "query.Session.CurrentIndex",
    "query.Session.Validators",
    "const.Babe.EpochDuration",
    "const.Babe.ExpectedBlockTime",
    "const.Balances.ExistentialDeposit",
    "const.System.BlockHashCount",
    "const.System.BlockLength",
    "const.System.BlockWeights",
    "const.System.SS58Prefix",
    "const.System.Version",
    "const.Timestamp.MinimumPeriod",
    "tx.System.remark",
)
"""The start page, the sidebar, block times, the author of a block, the weight of a block."""


@pytest.fixture(scope="module")
def described() -> frozenset[str]:
    """Everything that the metadata names, calls also with their arguments."""
    types = RuntimeConfigurationObject()
    types.update_type_registry(load_type_registry_preset("core"))
    chain = MemoryChain()
    raw = RuntimeApi(chain.executive).metadata(chain.state)
    metadata = types.create_scale_object("MetadataVersioned", data=ScaleBytes(raw))
    metadata.decode()
    types.add_portable_registry(metadata)
    return frozenset(name for pallet in metadata.pallets for name in names_of(pallet))


def names_of(pallet: Any) -> list[str]:
    names = [f"query.{pallet.name}.{item.name}" for item in pallet.storage or ()]
    names += [f"const.{pallet.name}.{item.value['name']}" for item in pallet.constants or ()]
    for call in pallet.calls or ():
        names.append(f"tx.{pallet.name}.{call.name}")
        arguments = ", ".join(argument.name for argument in call.args)
        names.append(f"tx.{pallet.name}.{call.name}({arguments})")
    return names


def pallets_of(names: tuple[str, ...]) -> set[str]:
    return {name.split(".")[1] for name in names}


@pytest.mark.parametrize("page", GATES)
def test_a_page_opens_when_its_pallets_are_there(page: str, described: frozenset[str]) -> None:
    wanted = GATES[page]
    missing = pallets_of(wanted) - pallets_of(tuple(described))
    if missing:
        pytest.skip(f"the runtime has no {', '.join(sorted(missing))}")
    assert [name for name in wanted if name not in described] == []


def test_what_every_page_reads_is_there(described: frozenset[str]) -> None:
    assert [name for name in READ_EVERYWHERE if name not in described] == []


def test_the_page_of_transfers_is_open(described: frozenset[str]) -> None:
    assert set(GATES["transfer"]) <= described
