"""What the jobs pallet announces, one event per transition, and why it refuses."""

from __future__ import annotations

from runtime.compute.job import DeclineReason, Market
from runtime.compute.price import Price
from runtime.frame import PalletError, event
from runtime.pallets.jobs.conditions import Thresholds
from runtime.pallets.jobs.records import FailReason, Output
from runtime.primitives.types import H256, U8, U32, U64, AccountId, Balance, BlockNumber


@event
class JobSubmitted:
    """A client ordered a job and its escrow is on hold."""

    job: U64
    client: AccountId
    market: Market
    escrow: Balance


@event
class JobAssigned:
    """A job has a provider and a locked price."""

    job: U64
    provider: AccountId
    price: Price
    exposure: Balance


@event
class JobStarted:
    """A provider began to work on a job."""

    job: U64
    provider: AccountId


@event
class JobDeclined:
    """A provider gave a job back."""

    job: U64
    provider: AccountId
    reason: DeclineReason


@event
class JobRequeued:
    """A job waits for another provider, in its old place."""

    job: U64
    attempts: U8


@event
class SegmentCommitted:
    """A provider committed to the result of a segment; its challenge comes two blocks later."""

    job: U64
    segment: U32
    provider: AccountId
    output: Output


@event
class SegmentVerified:
    """A segment was opened, and every importer of the block recomputed the sample."""

    job: U64
    segment: U32
    proof_hash: H256


@event
class VerificationFailed:
    """A segment was not opened in its window, or was proven wrong."""

    job: U64
    segment: U32
    provider: AccountId


@event
class SegmentSettled:
    """A verified segment was paid out of the escrow: the fee is the sum of the eight parts."""

    job: U64
    segment: U32
    units: U64
    fee: Balance
    burn: Balance
    scarcity_burn: Balance
    provider_paid: Balance
    validators: Balance
    oracles: Balance
    stakers: Balance
    treasury: Balance
    discount: Balance
    """What the client had back because somebody brought it."""
    minted: Balance
    """What was created for it on top: not a part of the fee."""
    reputation: U32
    """The provider's, in ppb, by which its share of the fee was found."""


@event
class JobCompleted:
    """Every segment of a job is paid."""

    job: U64
    paid: Balance


@event
class JobToppedUp:
    """A client prepaid for more units; this was added to the escrow."""

    job: U64
    max_units: U64
    added: Balance


@event
class JobRefunded:
    """What a job did not use of its escrow went back to its client."""

    job: U64
    amount: Balance


@event
class JobCancelled:
    """A client withdrew a job; this was charged for it."""

    job: U64
    charged: Balance


@event
class JobExpired:
    """A job's deadline passed before it was done."""

    job: U64


@event
class JobFailed:
    """A job ended without a result."""

    job: U64
    reason: FailReason


@event
class JobMoved:
    """A waiting job left an overloaded market for another, with its old place in the order."""

    job: U64
    old: Market
    new: Market


@event
class JobRedeemed:
    """A job is paid from a reservation, as far as that reaches, and waits in front."""

    job: U64
    reservation: U64


@event
class BudgetSet:
    """An account decided what a client may commit of it in an era; nothing means no budget."""

    payer: AccountId
    client: AccountId
    per_era: Balance | None
    until: BlockNumber


@event
class ThresholdsSet:
    """A referendum decided when a market counts as overloaded."""

    thresholds: Thresholds


EVENTS = (
    JobSubmitted,
    JobAssigned,
    JobStarted,
    JobDeclined,
    JobRequeued,
    SegmentCommitted,
    SegmentVerified,
    VerificationFailed,
    SegmentSettled,
    JobCompleted,
    JobToppedUp,
    JobRefunded,
    JobCancelled,
    JobExpired,
    JobFailed,
    JobMoved,
    JobRedeemed,
    BudgetSet,
    ThresholdsSet,
)


class Error(PalletError):
    """Why the pallet refused a call."""

    BAD_SPEC = 0, "The specification is not one of a job that can be run and checked."
    UNKNOWN_MARKET = 1, "There is no market of this tier and region."
    MAX_PRICE_TOO_LOW = 2, "The highest price that the job allows is below the price now."
    TIP_TOO_HIGH = 3, "The tip may be at most the price itself."
    DEADLINE_PASSED = 4, "The deadline is not in the future."
    DEADLINE_TOO_FAR = 5, "The deadline is further away than a job may wait."
    QUEUE_FULL = 6, "Too many jobs wait in this market."
    TOO_MANY_JOBS = 7, "Too many jobs are open, of this client or of all."
    AMOUNT_TOO_LARGE = 8, "The escrow would be more than a balance can be."
    PROVIDER_UNAVAILABLE = 9, "The provider named is not idle in this market."
    EXPOSURE_EXCEEDED = 10, "The provider's free bond is below what the job would put at stake."
    UNKNOWN_JOB = 11, "There is no such job."
    NOT_CLIENT = 12, "Only the client of the job may do this."
    NOT_PROVIDER = 13, "Only the provider of the job may do this."
    WRONG_STATE = 14, "The job's state does not allow this."
    WRONG_SEGMENT = 15, "This is not the segment that comes next."
    BAD_COMMITMENT = 16, "The commitment cannot be one for this job."
    NOT_DUE = 17, "It is too early for this."
    OUTSIDE_WINDOW = 18, "The opening is not within its window of blocks."
    ZERO_UNITS = 19, "The units must be above zero."
    VERDICT_AWAITED = 20, "A verdict on the segment is awaited; it is paid after that."
    NOT_CONVICTABLE = 21, "The segment is not of this provider, or has failed before."
    VAULT_LEVEL_TOO_LOW = 22, "The market asks for a higher level of stake in its vault."
    NO_BUDGET = 23, "There is no budget, or it has ended: a sponsor must set one for its client."
    BUDGET_EXCEEDED = 24, "The budget of this era does not reach."
    BAD_CONDITIONS = 25, "The conditions contradict each other, or the job."
    BAD_THRESHOLDS = 26, "The thresholds would leave no market, or every one, overloaded."
    NOT_CERTIFIED = 27, "The provider's starts do not keep the latency class of the job."
    NO_PROVIDER = 28, "Nobody is a provider in this market, and 16 jobs wait for the first."
    TOO_MANY_BUDGETS = 29, "An account keeps at most 64 budgets; end those that are over."
