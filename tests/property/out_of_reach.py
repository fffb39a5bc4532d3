"""Calls that the crowd does not make with success, why, and where they are made instead.

A file named here makes the call; a test looks that it does. Of what only pools could do with their
shares it is said by the runtime's powers that nobody else may.
"""

NOBODY = "nobody may: shares belong to their pool, which signs nothing"
PROOF = "needs a proof or a signature that a node computes from what a device did"
VERDICT = "needs a device that was found wrong, and here what is opened counts as correct"
BY_ITSELF = "the chain does it by itself in the first block in which it could be done"
LONG = "needs a state that is many days away: a day of prices, or more minted than may be"

OUT_OF_REACH: dict[str, dict[str, tuple[str, ...]]] = {
    NOBODY: {
        "tests/pallets/test_assets.py": (
            "PoolAssets.block",
            "PoolAssets.burn",
            "PoolAssets.clear_metadata",
            "PoolAssets.destroy_accounts",
            "PoolAssets.destroy_approvals",
            "PoolAssets.finish_destroy",
            "PoolAssets.force_cancel_approval",
            "PoolAssets.force_transfer",
            "PoolAssets.freeze",
            "PoolAssets.freeze_asset",
            "PoolAssets.mint",
            "PoolAssets.refund_other",
            "PoolAssets.set_metadata",
            "PoolAssets.set_min_balance",
            "PoolAssets.set_team",
            "PoolAssets.start_destroy",
            "PoolAssets.thaw",
            "PoolAssets.thaw_asset",
            "PoolAssets.touch_other",
            "PoolAssets.transfer_ownership",
        ),
        "tests/runtime/test_powers.py": (
            "PoolAssets.create",
            "PoolAssets.force_asset_status",
            "PoolAssets.force_clear_metadata",
            "PoolAssets.force_create",
            "PoolAssets.force_set_metadata",
        ),
    },
    PROOF: {
        "tests/pallets/test_audits_refusals.py": (
            "Audits.commit",
            "Audits.report_signers",
            "Audits.reveal",
        ),
        "tests/pallets/test_disputes.py": (
            "Disputes.pick_node",
            "Disputes.show_nodes",
        ),
    },
    VERDICT: {
        "tests/property/test_rwa_machine.py": ("Rwa.liquidate",),
        "tests/property/test_vaults_machine.py": ("Vaults.pay_claim",),
    },
    BY_ITSELF: {
        "tests/pallets/test_upgrades_refusals.py": ("Upgrades.finalise_claim",),
        "tests/property/test_jobs_machine.py": ("Jobs.expire_job",),
    },
    LONG: {
        "tests/pallets/test_emission.py": ("Emission.payout_deferred",),
        "tests/pallets/test_stability.py": ("Stability.absorb",),
    },
}
"""By reason and file."""
