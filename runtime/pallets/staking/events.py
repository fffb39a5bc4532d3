"""What staking tells, and why it refuses."""

from __future__ import annotations

from runtime.frame import PalletError, event
from runtime.pallets.staking.records import Forcing, RewardDestination, ValidatorPrefs
from runtime.primitives.fixed import PerbillParts
from runtime.primitives.types import U32, AccountId, Balance


@event
class Slashed:
    """A part of a stake was taken."""

    staker: AccountId
    amount: Balance


@event
class SlashReported:
    """A validator offended in an era; unless it is cancelled, its stakers lose this part."""

    validator: AccountId
    fraction: PerbillParts
    slash_era: U32


@event
class OldSlashingReportDiscarded:
    """A report was of a session whose offences are not punished any more."""

    session_index: U32


@event
class SlashCancelled:
    """A slash will not be taken; the stake counts again."""

    validator: AccountId
    amount: Balance
    slash_era: U32


@event
class SlashDivided:
    """Where a slash went: what is left of `amount` was burned."""

    staker: AccountId
    amount: Balance
    treasury: Balance
    reporter: Balance


@event
class EraPaid:
    """An era is over: its validators and their nominators can collect this much."""

    era_index: U32
    validator_payout: Balance
    remainder: Balance
    """Nothing: nobody pays what the pot did not receive."""


@event
class Rewarded:
    """A staker was paid."""

    stash: AccountId
    dest: RewardDestination
    amount: Balance


@event
class StakersElected:
    """The validators of the next era are seated."""


@event
class Bonded:
    """An amount was put on hold as stake."""

    stash: AccountId
    amount: Balance


@event
class Unbonded:
    """An amount does not count as stake any more and is on its way out."""

    stash: AccountId
    amount: Balance


@event
class Withdrawn:
    """An amount is free again."""

    stash: AccountId
    amount: Balance


@event
class StakingElectionFailed:
    """Too few won, or votes are not counted yet: the validators stay, and the era goes on."""


@event
class Chilled:
    """An account validates or nominates no more, from the next era on."""

    stash: AccountId


@event
class PayoutStarted:
    """A page of the stakers behind a validator is paid for an era."""

    era_index: U32
    validator_stash: AccountId
    page: U32
    next: U32 | None
    """The page that is left to be paid next."""


@event
class ValidatorPrefsSet:
    """An account stands for election, or changed its terms."""

    stash: AccountId
    prefs: ValidatorPrefs


@event
class Nominated:
    """An account named whom it wants to validate."""

    stash: AccountId
    targets: U32


@event
class RewardsExpired:
    """Nobody collected this in time; the treasury has it."""

    era_index: U32
    amount: Balance


@event
class Kicked:
    """A nominator's vote names a validator no more: the validator asked for it."""

    nominator: AccountId
    stash: AccountId


@event
class ForceEra:
    """Eras begin in another way from now on."""

    mode: Forcing


EVENTS = (
    Slashed,
    SlashReported,
    OldSlashingReportDiscarded,
    SlashCancelled,
    SlashDivided,
    EraPaid,
    Rewarded,
    StakersElected,
    Bonded,
    Unbonded,
    Withdrawn,
    StakingElectionFailed,
    Chilled,
    PayoutStarted,
    ValidatorPrefsSet,
    Nominated,
    RewardsExpired,
    Kicked,
    ForceEra,
)


class Error(PalletError):
    """Why the pallet refused a call."""

    NOT_CONTROLLER = 0, "The account has no stake."
    NOT_STASH = 1, "The account was not a validator of this era."
    ALREADY_BONDED = 2, "The account has a stake; add to it."
    EMPTY_TARGETS = 4, "There is nothing to name."
    INVALID_SLASH_INDEX = 6, "No slash of this era has this place."
    INSUFFICIENT_BOND = 7, "The stake would be below the least for what the account does."
    NO_MORE_CHUNKS = 8, "Too many amounts are on their way out."
    NO_UNLOCK_CHUNK = 9, "Nothing is on its way out."
    INVALID_ERA_TO_REWARD = 11, "The era is not over, or its rewards are gone."
    NOT_SORTED_AND_UNIQUE = 13, "The places must ascend."
    ALREADY_CLAIMED = 14, "The rewards were collected before."
    INVALID_PAGE = 15, "The exposure has no such page."
    TOO_MANY_TARGETS = 19, "One may name 16 validators."
    BAD_TARGET = 20, "An account that was named does not validate, or takes no nominations."
    CANNOT_CHILL_OTHER = 21, "The account has enough at stake for what it does."
    TOO_MANY_NOMINATORS = 22, "There are as many nominators as there may be."
    TOO_MANY_VALIDATORS = 23, "There are as many validators as there may be."
    COMMISSION_TOO_LOW = 24, "The commission is below the least there may be."
    BAD_COUNT = 25, "Wanted at least the minimum of validators, and 64 at most."
    BAD_COMMISSION = 40, "A commission is a billion parts at most."
