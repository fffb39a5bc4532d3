"""Vital calls: what accounts may call whatever happens.

Safe mode lets nothing else through, and none of these can be paused: blocks go on, work under way
is finished and paid, bonds that are due leave, keys are changed, and holders of AMAX can decide how
to go on. Source: design page "Economy", 5.20.
"""

from __future__ import annotations

PALLETS = (
    *("System", "Session", "SafeMode", "TxPause", "RuntimeUpgrades"),
    *("Preimage", "Referenda", "ConvictionVoting", "Whitelist", "Guardian"),
    # These hold other calls, each of which is looked at by itself.
    *("Utility", "Multisig", "Proxy"),
)

CALLS = (
    ("ImOnline", "heartbeat"),
    ("Providers", "heartbeat"),
    ("Providers", "withdraw_unbonded"),
    ("Providers", "chill"),
    ("Vaults", "withdraw_unbonded"),
    ("Staking", "withdraw_unbonded"),
    ("Staking", "chill"),
    ("Vaults", "withdraw_asset"),
    ("Sealing", "publish"),
    ("Audits", "report_signers"),
    ("Jobs", "cancel_job"),
    ("Jobs", "start_job"),
    ("Jobs", "decline_job"),
    ("Jobs", "commit_segment"),
    ("Jobs", "settle_segment"),
    ("Jobs", "expire_job"),
    ("Oracle", "withdraw_unbonded"),
    # Who sealed a report or was drawn pays for silence.
    ("Oracle", "reveal"),
    ("Upgrades", "attest_claim"),
    # What was earned and is not claimed within 84 epochs lapses.
    ("Emission", "payout_provider"),
    ("AmaxDistribution", "claim"),
    ("AmaxDistribution", "claim_other"),
    # What has vested is its owner's.
    ("Referral", "claim_payout"),
    # Whoever misses a turn of an open case loses it.
    ("Disputes", "show_nodes"),
    ("Disputes", "pick_node"),
)


def is_vital(pallet: str, call: str) -> bool:
    """Say whether accounts may make a call whatever happens."""
    return pallet in PALLETS or (pallet, call) in CALLS
