"""What staking sees of others: seats of the session, the list of voters, elections, earnings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from runtime.frame.earnings import Recorder
from runtime.pallets.staking.ballots import Election
from runtime.primitives.fixed import Perbill
from runtime.primitives.types import U32, U64, AccountId
from runtime.terms import Validating


class Seats(Protocol):
    """The validators of the session, as those who elect and punish them see it."""

    def set_stake(self, who: AccountId, stake: U64) -> None:
        """Let a stake weigh from the next session on."""

    def elect(self, electorate: tuple[tuple[AccountId, U64], ...]) -> None:
        """Let these accounts validate from the next session on."""

    def stakes(self) -> tuple[tuple[AccountId, U64], ...]:
        """Return the accounts that were elected, and what each weighs."""
        ...

    def has_keys(self, who: AccountId) -> bool:
        """Say whether an account has set the keys that a validator acts with."""
        ...

    def forget(self, who: AccountId) -> None:
        """Remove the keys of an account."""

    def disable(self, who: AccountId, severity: Perbill) -> None:
        """Refuse the blocks of a validator, unless too many are disabled already."""

    def enable_all(self) -> None:
        """End what `disable` did."""


class Ballots(Protocol):
    """Elections, as staking sees them."""

    def era(self) -> U32 | None:
        """Return the era that is being elected, or None."""
        ...

    def take(self) -> Election | None:
        """End an election that is over and return it; None for one that is not."""
        ...


class Voters(Protocol):
    """The list of those who vote, the heaviest first."""

    def insert(self, who: AccountId, score: U64) -> None:
        """Add an account that is not on the list."""

    def update(self, who: AccountId, score: U64) -> None:
        """Note what an account has at stake now, if it is on the list."""

    def remove(self, who: AccountId) -> None:
        """Remove an account, if it is on the list."""

    def heaviest(self) -> Iterator[AccountId]:
        """Yield who votes, nearly sorted by stake."""
        ...


class Terms(Protocol):
    """The parameters that governance moves."""

    @property
    def staking(self) -> Validating:
        """What validators and nominators have at stake at least."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """What staking sees of others."""

    seats: Seats
    voters: Voters
    ballots: Callable[[], Ballots]
    """Elections; they are built after staking."""
    slots: Callable[[], int]
    """How many slots of the session under way are over."""
    earnings: Callable[[], Recorder]
    """Where it is written down who earned what; it is built after staking."""
    terms: Terms
