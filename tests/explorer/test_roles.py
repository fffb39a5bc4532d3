"""Actors: the roles of accounts, what they earned and what they lost, as the explorer says them."""

from dataclasses import fields
from typing import Any

import pytest

from node.explorer import records
from node.explorer.conduct import (
    BEGINNINGS,
    LOSSES,
    LOST_HOLDS,
    PAYMENTS,
    ROLE_OF_RULE,
    Act,
    Role,
    Said,
    said_by,
)
from node.explorer.decoding import DecodedBlock, Decoder
from node.explorer.index import Index
from node.explorer.indexer import Indexer
from node.explorer.roles import RECORDS, RolesNamespace
from node.rpc.addresses import Addresses
from runtime.frame import GovernanceOrigin, Governed, Signed
from runtime.frame.earnings import Rule
from runtime.frame.fungible import HoldReason
from runtime.frame.fungibles import NATIVE, WithId
from runtime.frame.metadata.registry import variant_name
from runtime.frame.pallet import Record
from runtime.pallets.amax_distribution.records import Claimed, Parts
from runtime.pallets.balances.types import BurnedHeld
from runtime.pallets.guardian.records import CandidateSlashed
from runtime.pallets.oracle import Feed
from runtime.pallets.staking.events import Slashed
from runtime.pallets.treasury import Native
from runtime.pallets.vaults import AGPU, Insurance
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.node.backend_support import MemoryNode
from tests.support.chain import MemoryChain

COIN = WithId(1000)
FEEDS = (Feed(b"agpu/usd", 6),)


def busy() -> MemoryNode:
    """Return a node on whose chain accounts took all roles that calls alone can take."""
    real = MemoryNode(
        MemoryChain(6, 10_000 * UNIT, amax=1000 * UNIT, treasury=100_000 * UNIT, feeds=FEEDS)
    )
    pairs = real.maker.pairs
    real.register()
    real.completed()
    real.act(pairs[3], "Oracle", "join", 5_000 * UNIT)
    real.act(pairs[4], "Vaults", "create", Insurance(), None)
    real.act(pairs[4], "Vaults", "join", 0, AGPU, 20 * UNIT, 28)
    who = pairs[5]
    real.act(who, "Assets", "create", COIN.id, Id(who.public), 1)
    real.act(who, "Assets", "mint", COIN.id, Id(who.public), 1_000_000)
    real.act(who, "AssetConversion", "create_pool", NATIVE, COIN)
    amounts = (100 * UNIT, 100_000, 1, 1)
    real.act(who, "AssetConversion", "add_liquidity", NATIVE, COIN, *amounts, who.public)
    return real


@pytest.fixture(scope="module")
def node() -> MemoryNode:
    return busy()


async def indexed(node: MemoryNode) -> Index:
    """Bring an index of the node's database to the best block."""
    index = Index(node.db)
    await Indexer(Decoder(node.executive, node.chain), index).catch_up()
    return index


async def roles_of(node: MemoryNode, account: int) -> Any:
    decoder = Decoder(node.executive, node.chain)
    asked = RolesNamespace(decoder, await indexed(node), Addresses(42))
    return asked.roles(Addresses(42).encode(node.maker.pairs[account].public))


def best_of(node: MemoryNode) -> DecodedBlock:
    return Decoder(node.executive, node.chain).best()


def heard(best: DecodedBlock) -> list[Said]:
    """Return what the events that were announced over a state since it was read say."""
    return [said for record in best.runtime.context.events for said in said_by(best, record)]


def of(best: DecodedBlock, pallet: str, event: object) -> list[Said]:
    return list(said_by(best, Record(0, best.runtime.by_name[pallet], event)))


# ------------------------------------------------------------------------------- what the chain did


@pytest.mark.parametrize(
    ("account", "wanted"),
    [
        (0, {"validator": ["is_elected", "own_stake"]}),
        (1, {"client": ["open_jobs", "burned_by_its_jobs"]}),
        (4, {"staker": ["vaults"], "builder": ["vaults"]}),
        (5, {"liquidity": ["shares"], "builder": ["assets", "pools"]}),
    ],
)
async def test_req_11_accounts_have_the_roles_that_they_took(
    node: MemoryNode, account: int, wanted: dict[str, list[str]]
) -> None:
    found = {one.role: one for one in (await roles_of(node, account)).roles}
    for role, names in wanted.items():
        assert found[role].is_active
        assert list(found[role].record)[: len(names)] == names
    # each of them may report, and is so named before it joins
    assert set(found) - set(wanted) == {"oracle"}


async def test_req_11_a_provider_has_its_record_and_what_each_rule_paid_it(
    node: MemoryNode,
) -> None:
    found = await roles_of(node, 2)
    (provider,) = [one for one in found.roles if one.role == "provider"]
    assert (provider.since, provider.is_active) == (1, True)
    assert provider.record["bond"]["value"] == str(100 * UNIT)
    assert found.earnings, "its job was paid"
    assert {(one.role, one.rule) for one in found.earnings} >= {("provider", "job")}
    assert [one.epoch for one in found.earnings] == sorted(
        (one.epoch for one in found.earnings), reverse=True
    )
    assert (found.payments, found.losses) == ([], [])


async def test_req_11_an_oracle_is_one_from_the_block_in_which_it_joined(
    node: MemoryNode,
) -> None:
    (oracle,) = [one for one in (await roles_of(node, 3)).roles if one.role == "oracle"]
    assert oracle.since is not None
    assert oracle.record["bond"]["value"] == str(5_000 * UNIT)


# ------------------------------------------------------------------------------ what referenda do


def test_req_11_a_grantee_has_its_spends_from_the_moment_they_are_approved(
    node: MemoryNode,
) -> None:
    best, who = best_of(node), node.maker.pairs[4].public
    assert RECORDS[Role.GRANTEE](best, who) is None
    small = Governed(GovernanceOrigin.SMALL_SPENDER)
    best.runtime.treasury.spend(small, Native(), UNIT, Id(who), None)
    assert heard(best) == [Said(Act.BEGAN, Role.GRANTEE, who)]
    assert RECORDS[Role.GRANTEE](best, who) == {"local_spends": [], "spends": [0], "bounties": []}
    best.runtime.balances.transfer(best.runtime.treasury.account, who, UNIT)
    assert heard(best)[1:] == [Said(Act.EARNED, Role.GRANTEE, who, UNIT)]


def test_req_11_a_referrer_has_those_it_brought(node: MemoryNode) -> None:
    best, (who, other) = best_of(node), [node.maker.pairs[n].public for n in (4, 5)]
    best.runtime.referral.burned_by[who] = 100 * UNIT
    best.runtime.referral.set_referrer(Signed(other), who)
    assert heard(best) == [Said(Act.BEGAN, Role.REFERRER, who)]
    found = RECORDS[Role.REFERRER](best, who)
    assert found is not None
    assert found["referees"] == 1


def test_req_11_who_votes_decides(node: MemoryNode) -> None:
    best, who = best_of(node), node.maker.pairs[4].public
    assert RECORDS[Role.GOVERNANCE](best, who) is None
    best.runtime.conviction_voting.season(Signed(who), 5 * UNIT)
    found = RECORDS[Role.GOVERNANCE](best, who)
    assert found is not None
    assert found["set_aside"] == {"$": "amount", "value": str(5 * UNIT), "symbol": "AMAX"}
    best.runtime.guardian.build((who,))
    found = RECORDS[Role.GOVERNANCE](best, who)
    assert found is not None
    assert found["is_guardian"] is True


# ------------------------------------------------------------------------------------ what is lost


def test_a_loss_is_of_the_role_in_which_it_was_suffered(node: MemoryNode) -> None:
    best, who = best_of(node), node.maker.pairs[4].public
    assert of(best, "Guardian", CandidateSlashed(who, 7)) == [
        Said(Act.LOST, Role.GOVERNANCE, who, 7, "AMAX")
    ]
    assert of(best, "Staking", Slashed(who, 7)) == [Said(Act.LOST, Role.STAKER, who, 7)]
    best.runtime.staking.validators[who] = best.runtime.staking.eras_validator_prefs[0, who]
    assert of(best, "Staking", Slashed(who, 7)) == [Said(Act.LOST, Role.VALIDATOR, who, 7)]
    for reason in HoldReason:
        role = LOST_HOLDS.get(reason)
        wanted = [] if role is None else [Said(Act.LOST, role, who, 7)]
        assert of(best, "Balances", BurnedHeld(reason, who, 7)) == wanted


def test_distributed_amax_is_earned_in_the_role_that_each_part_is_for(node: MemoryNode) -> None:
    best, who = best_of(node), node.maker.pairs[4].public
    assert of(best, "AmaxDistribution", Claimed(who, Parts(1, 2, 0, 4), 0, 9)) == [
        Said(Act.EARNED, Role.PROVIDER, who, 5, "AMAX"),
        Said(Act.EARNED, Role.VALIDATOR, who, 2, "AMAX"),
    ]


async def test_losses_and_payments_are_kept_by_account_newest_first_and_roles_once(
    node: MemoryNode,
) -> None:
    index, who = await indexed(node), node.maker.pairs[1].public
    (row,) = [row for row in index.conduct(records.ROLE, who, 9) if row.role == "client"]
    assert (row.name, row.amount) == ("Jobs.JobSubmitted", None)
    later = node.submitted()
    assert later > 0
    again = await indexed(node)
    assert row in again.conduct(records.ROLE, who, 9)


# --------------------------------------------------------------------------------------- the tables


def test_every_event_of_the_tables_is_one_of_the_runtime_with_these_fields(
    node: MemoryNode,
) -> None:
    runtime = best_of(node).runtime
    known = {
        f"{pallet.name}.{variant_name(kind)}": [one.name for one in fields(kind)]  # type: ignore[arg-type]
        for pallet in runtime.pallets
        for kind in pallet.events
    }
    named: list[tuple[str, tuple[str | None, ...]]] = [
        *((name, (who,)) for name, (_, who) in BEGINNINGS.items()),
        *((name, (who, amount)) for name, (_, who, amount) in PAYMENTS.items()),
        *((name, (who, amount)) for name, (_, who, amount) in LOSSES.items()),
    ]
    assert [name for name, _ in named if name not in known] == []
    missing = [(name, one) for name, wanted in named for one in wanted if one]
    assert [(name, one) for name, one in missing if one not in known[name]] == []


def test_req_11_every_role_has_a_beginning_a_record_and_every_rule_a_role() -> None:
    begun = {role for role, _ in BEGINNINGS.values()}
    assert begun == set(Role) == set(RECORDS)
    assert set(ROLE_OF_RULE) == set(Rule)
    lost = {role for role, _, _ in LOSSES.values()} | set(LOST_HOLDS.values())
    assert set(Role) - lost == {Role.LIQUIDITY}, "a share of a pool is at nobody's mercy"
