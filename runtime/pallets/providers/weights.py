"""What calls and hooks of Providers touch at most; tests count what each really does."""

from __future__ import annotations

from runtime.frame import Weight

RECORD = Weight(reads=13, writes=11)
"""A provider's record, its key, the bond that is asked for, its place among the idle, its rests,
and what its market has of it."""
MONEY = Weight(reads=5, writes=5)
"""Accounts, holds and total issuance behind one movement of the bond."""
BEAT = Weight(reads=7, writes=4)
"""Heartbeat, last sign of life, record of the epoch and its clock."""
DECISION = Weight(reads=3, writes=2)
"""An office or a figure that the registry decides on."""

TICK = Weight(reads=2, writes=1)
"""The clock, and the start of the epoch."""
SWEEP = Weight(reads=2, writes=1)
"""How far the review has come, and how many there are."""
PER_MARKET = Weight(reads=1, writes=1)
"""The price of a market becomes what its bonds are measured by."""
VISIT = RECORD + Weight(reads=9, writes=4, compute=30_000)
"""A provider is reviewed: its place, bond, attestation, operator, uptime and whether it is premium.
"""
