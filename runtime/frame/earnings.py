"""By which rules accounts earn, and where every rule that pays says so.

Source: requirement 29: earnings are itemised per account, per epoch and per rule.
"""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from runtime.primitives.types import AccountId, Balance


class Rule(Enum):
    """By which rule an account earned. The indices are on the wire: only append."""

    JOB = 0
    """The provider's part of a fee."""
    WORK = 1
    """The provider's slice of what a job's burn gave back."""
    AVAILABILITY = 2
    """Proven capacity."""
    REFERRAL = 3
    """A slice of what a referee's own burn gave back; on hold for 28 eras."""
    INFRA_POOL = 4
    """Attested upgrades of infrastructure."""
    GOVERNANCE_POOL = 5
    """Votes in referenda."""
    ACCURACY_POOL = 6
    """Blocks authored, and verdicts that were right."""
    AUDIT = 7
    """A part of the finders' half of a slash."""
    VAULT = 8
    """A part of the stakers' share of fees."""
    ORACLE = 9
    """Accurate reports."""
    STAKING = 10
    """A part of the validators' pot: for blocks and audits, and for the stake behind them."""


class Recorder(Protocol):
    """Where every rule that pays says whom it paid."""

    def earned(self, who: AccountId, rule: Rule, amount: Balance) -> None:
        """Hear that a rule paid an account."""


class NoRecord:
    """A recorder that keeps nothing: for a market without behavioural mining."""

    def earned(self, who: AccountId, rule: Rule, amount: Balance) -> None:
        """Keep nothing."""


UNRECORDED = NoRecord()
