"""What the oracle announces, and why it refuses."""

from __future__ import annotations

from runtime.frame import PalletError, event
from runtime.pallets.oracle.records import Fault, FeedId, FeedName, Report
from runtime.primitives.types import U8, U32, U128, AccountId, Balance, BlockNumber


@event
class MemberAdded:
    """Governance gave an account a seat; it reports once it has put up its bond."""

    who: AccountId


@event
class MemberRemoved:
    """A member lost its seat, by governance or by its third outlier; its bond is on its way out."""

    who: AccountId


@event
class FeedAdded:
    """Governance asks for a new feed."""

    feed: FeedId
    label: FeedName
    """Its name."""
    decimals: U8


@event
class FeedRemoved:
    """Governance asks for a feed no more."""

    feed: FeedId


@event
class Joined:
    """A member put up its bond, and reports."""

    who: AccountId
    bond: Balance


@event
class BondAdded:
    """A member added to its bond."""

    who: AccountId
    amount: Balance


@event
class Unbonding:
    """A part of a bond leaves; it can be withdrawn from the era named."""

    who: AccountId
    amount: Balance
    era: U32


@event
class Withdrawn:
    """What had left a bond was taken back."""

    who: AccountId
    amount: Balance


@event
class Jailed:
    """A member does not count any more; it may ask to return in the block named."""

    who: AccountId
    until: BlockNumber


@event
class Unjailed:
    """A member counts again."""

    who: AccountId


@event
class Committed:
    """A member sealed a report on a feed."""

    feed: FeedId
    round: U32
    who: AccountId


@event
class Revealed:
    """A member showed its report."""

    feed: FeedId
    round: U32
    who: AccountId
    report: Report


@event
class FeedUpdated:
    """A round agreed: the median, and the value that the feed moved to."""

    feed: FeedId
    round: U32
    value: U128
    median: U128
    reports: U8


@event
class FeedUnhealthy:
    """A round did not agree, or had too few reports: the last value is held."""

    feed: FeedId
    round: U32
    reports: U8
    agreeing: U8


@event
class Faulted:
    """A member did something in a round that costs a part of its bond."""

    who: AccountId
    fault: Fault
    feed: FeedId
    round: U32


@event
class Slashed:
    """A part of a bond was taken: some for the treasury, the rest burned."""

    who: AccountId
    amount: Balance
    treasury: Balance


@event
class RoundPaid:
    """What the accurate reports of a round earned, together."""

    round: U32
    points: U32
    amount: Balance


@event
class Claimed:
    """A member was paid what it had earned."""

    who: AccountId
    amount: Balance


EVENTS = (
    MemberAdded,
    MemberRemoved,
    FeedAdded,
    FeedRemoved,
    Joined,
    BondAdded,
    Unbonding,
    Withdrawn,
    Jailed,
    Unjailed,
    Committed,
    Revealed,
    FeedUpdated,
    FeedUnhealthy,
    Faulted,
    Slashed,
    RoundPaid,
    Claimed,
)


class Error(PalletError):
    """Why the pallet refused a call."""

    ALREADY_MEMBER = 0, "The account has a seat already."
    NOT_MEMBER = 1, "The account has no seat."
    TOO_MANY_MEMBERS = 2, "All 21 seats are taken."
    TOO_MANY_FEEDS = 3, "There are 32 feeds already."
    UNKNOWN_FEED = 4, "There is no such feed."
    FEED_EXISTS = 5, "A feed has this name already."
    INVALID_FEED = 6, "A feed has a name of its own and at most 18 decimals."
    ALREADY_JOINED = 7, "The member has put up its bond already."
    BOND_TOO_LOW = 8, "The bond would be below the least one."
    NOT_ACTIVE = 9, "Only a member that is bonded and not jailed reports."
    ALREADY_COMMITTED = 10, "The member has sealed a report on this feed in this round."
    NOT_COMMITTED = 11, "The member sealed no report on this feed in the round before."
    ALREADY_REVEALED = 12, "The report of this round was shown already."
    WRONG_SEAL = 13, "This report, salt, account, feed or round is not what was sealed."
    VALUE_OUT_OF_RANGE = 14, "A value is from 1 to 10^27."
    FROM_THE_FUTURE = 15, "The value is dated after this block."
    TOO_OLD = 16, "The value was stale before it was shown."
    ROUND_FULL = 17, "The round has as many reports on this feed as there are seats."
    TOO_MANY_CHUNKS = 18, "Too many withdrawals are under way; withdraw what is due first."
    NOTHING_DUE = 19, "Nothing can be withdrawn yet."
    NOT_JAILED = 20, "The member is not jailed."
    STILL_JAILED = 21, "The time in jail is not over."
    NOTHING_EARNED = 22, "The account has nothing to claim."
    ZERO_AMOUNT = 23, "The amount must be above zero."
    WRONG_ROUND = 24, "Reports are sealed in the round under way, and this is another."
