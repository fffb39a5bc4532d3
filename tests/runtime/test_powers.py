"""Who may make which call: every call of the runtime is tried as everyone (reqs 6 and 25)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runtime.config import CODE_KEY
from runtime.frame import BadOrigin, DispatchError, GovernanceOrigin, NoOrigin, Origin, Signed
from runtime.pallets import parameters
from runtime.primitives.hashing import storage_prefix
from tests.property.everybody import OFFICES, RARE, Everybody, is_inherent
from tests.support.bench import undone

TRIES = 3
"""Times that a call is tried as each origin, with other arguments each time."""

ROUNDS = 4
"""Times that all of these are repeated for a call that nobody seems to be able to make."""

SIGNED, NOBODY = "signed", "nobody"
ROOT = "root"
WHITELISTED, PARAMS, REGISTRY, EMERGENCY, CANCELLER, KILLER = (
    one.name
    for one in (
        GovernanceOrigin.WHITELISTED_CALLER,
        GovernanceOrigin.ECONOMIC_PARAMS,
        GovernanceOrigin.REGISTRY,
        GovernanceOrigin.EMERGENCY,
        GovernanceOrigin.REFERENDUM_CANCELLER,
        GovernanceOrigin.REFERENDUM_KILLER,
    )
)
SPENDERS = {
    one.name
    for one in (
        GovernanceOrigin.SMALL_SPENDER,
        GovernanceOrigin.MEDIUM_SPENDER,
        GovernanceOrigin.BIG_SPENDER,
    )
}

POWERS: dict[str, set[str]] = {
    # incentive curves and prices
    "Parameters.set_parameter": {ROOT, PARAMS},
    "Pricing.set_tier": {ROOT, PARAMS},
    "Pricing.set_region_factor": {ROOT, PARAMS},
    "Jobs.set_overflow": {ROOT, PARAMS},
    "Vaults.set_access_level": {ROOT, PARAMS},
    # the treasury
    "Treasury.spend": SPENDERS,
    "Treasury.spend_local": SPENDERS,
    "Bounties.approve_bounty": SPENDERS,
    "Bounties.propose_curator": SPENDERS,
    "Treasury.void_spend": {ROOT, CANCELLER},
    "Treasury.remove_approval": {ROOT, CANCELLER},
    # code
    "RuntimeUpgrades.schedule": {ROOT},
    "RuntimeUpgrades.cancel": {ROOT},
    # what the chain itself does
    "Scheduler.schedule": {ROOT},
    "Utility.dispatch_as": {ROOT},
    "Whitelist.whitelist_call": {ROOT},
    "Whitelist.remove_whitelisted_call": {ROOT},
    "Whitelist.dispatch_whitelisted_call": {ROOT, WHITELISTED},
    "Whitelist.dispatch_whitelisted_call_with_preimage": {ROOT, WHITELISTED},
    "Referenda.cancel": {ROOT, CANCELLER},
    "Referenda.kill": {ROOT, KILLER},
    # offices
    "Attestations.set_auditor": {ROOT, REGISTRY},
    "Oracle.add_member": {ROOT, REGISTRY},
    "Oracle.remove_member": {ROOT, REGISTRY},
    "Guardian.remove_member": {ROOT, REGISTRY},
    "Identity.add_registrar": {ROOT, REGISTRY},
    "Identity.kill_identity": {ROOT, REGISTRY},
    # who validates, and who is forgiven
    "Staking.set_validator_count": {ROOT},
    "Staking.cancel_deferred_slash": {ROOT, EMERGENCY},
    "Staking.force_no_eras": {ROOT},
    "Staking.force_new_era": {ROOT},
    "Staking.force_new_era_always": {ROOT},
    "Staking.set_min_commission": {ROOT},
    # brakes
    "SafeMode.force_enter": {ROOT, EMERGENCY},
    "TxPause.pause": {ROOT, EMERGENCY},
}
"""By call: who may make it. Each origin but root is that of a track, and root is the track 0."""

WATCHED = (
    *("Emission", "Pricing", "Treasury", "RuntimeUpgrades", "Parameters", "Whitelist"),
    "Staking",
)
"""Pallets of which the table has every call that accounts may not make."""

WRONG_CALLER = (BadOrigin.BAD_ORIGIN, parameters.Error.NOT_THIS_TRACK)
"""What a call refuses an origin with for who it is."""

RULES = (
    ("Parameters", "Emission"),
    ("Parameters", "Fees"),
    ("Parameters", "Changes"),
    ("Pricing", "Tiers"),
    ("RuntimeUpgrades", "Scheduled"),
    ("Treasury", "Spends"),
    ("Treasury", "Proposals"),
    ("Whitelist", "WhitelistedCall"),
    ("Attestations", "Auditors"),
    ("Oracle", "Members"),
    ("TxPause", "PausedCalls"),
    ("Staking", "ValidatorCount"),
    ("Staking", "MinValidatorBond"),
    ("Staking", "MinCommission"),
)
"""Storage that only decisions of AMAX holders write."""


@pytest.fixture(scope="module")
def everybody() -> Everybody:
    return Everybody(25)


def lets_through(everybody: Everybody, name: str, kind: str) -> bool:
    """Say whether a call does not refuse an origin for who it is; nothing of it is kept."""
    runtime = everybody.chain.runtime
    for _ in range(TRIES):
        who, one = everybody.made(name)
        origins: dict[str, Origin] = {SIGNED: Signed(who), NOBODY: NoOrigin(), **OFFICES}
        try:
            with undone(runtime.context):
                one.dispatch(runtime.by_name, origins[kind])
        except DispatchError as refusal:
            if refusal.error in WRONG_CALLER:
                continue
        return True
    return False


def callers(everybody: Everybody, name: str) -> set[str]:
    """Return as whom a call may be made."""
    return {kind for kind in (SIGNED, NOBODY, *OFFICES) if lets_through(everybody, name, kind)}


def calls(everybody: Everybody) -> Iterator[str]:
    for name, entry in everybody.entries.items():
        if not is_inherent(entry):
            yield name


@pytest.mark.parametrize("name", POWERS)
def test_req_25_only_referenda_of_these_tracks_make_a_call(everybody: Everybody, name: str) -> None:
    assert callers(everybody, name) == POWERS[name]


def test_req_25_the_table_has_every_call_that_rules_money_prices_and_code(
    everybody: Everybody,
) -> None:
    ruling = [
        name
        for name in calls(everybody)
        if name.partition(".")[0] in WATCHED and SIGNED not in callers(everybody, name)
    ]
    assert sorted(ruling) == sorted(name for name in POWERS if name.partition(".")[0] in WATCHED)


SHARES_OF_POOLS = {
    f"PoolAssets.{name}"
    for name in (
        *("create", "force_create", "force_asset_status"),
        *("force_set_metadata", "force_clear_metadata"),
    )
}


def test_req_6_there_is_no_sudo_and_no_call_that_nobody_may_make(everybody: Everybody) -> None:
    assert "Sudo" not in {one.name for one in everybody.chain.runtime.pallets}
    # those of Utility ask the calls inside them
    outer = [name for name in calls(everybody) if not name.startswith("Utility.")]
    shut = {name for name in outer if not any(callers(everybody, name) for _ in range(ROUNDS))}
    assert shut == SHARES_OF_POOLS, "pools alone make their tokens, and say what they are"


def test_every_track_has_a_power_of_its_own(everybody: Everybody) -> None:
    offices = set().union(*POWERS.values())
    assert offices == set(OFFICES)


def test_req_25_nothing_that_an_account_does_changes_a_rule() -> None:
    everybody = Everybody(26)
    before = rules_of(everybody)
    names = [name for name in calls(everybody) if name not in RARE]
    for _ in range(8):
        for name in names:
            everybody.transact(name)
        everybody.end_block()
    assert len(everybody.accepted) > 20, "most accounts are let through to nothing"
    assert rules_of(everybody) == before


def rules_of(everybody: Everybody) -> dict[bytes, bytes | None]:
    """Return the raw storage that only decisions write."""
    state = everybody.chain.state
    keys = [key for pallet, item in RULES for key in state.keys(storage_prefix(pallet, item), None)]
    return {key: state.get(key) for key in (*keys, CODE_KEY)}


def test_the_storage_of_rules_is_there(everybody: Everybody) -> None:
    known = {
        (one.name, getattr(item, "name", None))
        for one in everybody.chain.runtime.pallets
        for item in vars(type(one)).values()
    }
    assert [rule for rule in RULES if rule not in known] == []
