"""Governance in numbers: what each track of referenda may do, and what the treasury lets it spend.

Source: design page "Economy", 5.15 and 5.16.
"""

from __future__ import annotations

from runtime.config import ChainConfig
from runtime.frame import GovernanceOrigin
from runtime.pallets import treasury
from runtime.primitives.fixed import Perbill
from runtime.primitives.types import Balance

TREASURY_ID = "sm/trsry"
"""What the account of the treasury is derived from."""

SPEND_ERAS, PAYOUT_ERAS = 7, 30
"""Local spends are paid once a week; a spend that nobody has paid out lapses after a month."""

PPM = 1_000
"""A millionth, in billionths."""

SMALL = treasury.Allowance(Perbill(500 * PPM), Perbill(5_000 * PPM), stream_eras=0)
MEDIUM = treasury.Allowance(Perbill(5_000 * PPM), Perbill(10_000 * PPM), stream_eras=30)
BIG = treasury.Allowance(Perbill(20_000 * PPM), Perbill(20_000 * PPM), stream_eras=90)

ALLOWANCES = (
    (GovernanceOrigin.SMALL_SPENDER, SMALL),
    (GovernanceOrigin.MEDIUM_SPENDER, MEDIUM),
    (GovernanceOrigin.BIG_SPENDER, BIG),
)
"""Of the pot: 0.05%, 0.5% and 2% in one spend; 0.5%, 1% and 2% in 28 eras."""

ALL_TRACKS = Perbill(30_000 * PPM)
"""All tracks together: 3% of the pot in 28 eras."""


def treasury_config(config: ChainConfig, minimum: Balance) -> treasury.Config:
    """Return the constants of Treasury on a chain."""
    return treasury.Config(
        pallet_id=TREASURY_ID,
        era_blocks=config.era_blocks,
        spend_eras=SPEND_ERAS,
        payout_eras=PAYOUT_ERAS,
        allowances=ALLOWANCES,
        window=ALL_TRACKS,
        minimum=minimum,
    )
