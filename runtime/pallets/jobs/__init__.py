"""Jobs: compute that clients order, prepaid in escrow, matched, verified, paid by the segment."""

from runtime.compute.price import Price
from runtime.pallets.jobs.events import (
    Error,
    JobAssigned,
    JobCancelled,
    JobCompleted,
    JobDeclined,
    JobExpired,
    JobFailed,
    JobRefunded,
    JobRequeued,
    JobStarted,
    JobSubmitted,
    JobToppedUp,
    SegmentCommitted,
    SegmentSettled,
    SegmentVerified,
    VerificationFailed,
)
from runtime.pallets.jobs.money import SplitRates
from runtime.pallets.jobs.pallet import Jobs
from runtime.pallets.jobs.ports import Config, Pots, Prices, ProviderBook, Randomness
from runtime.pallets.jobs.records import (
    FailReason,
    Job,
    JobState,
    Output,
    Segment,
    SegmentStatus,
    Transition,
)

__all__ = [
    "Config",
    "Error",
    "FailReason",
    "Job",
    "JobAssigned",
    "JobCancelled",
    "JobCompleted",
    "JobDeclined",
    "JobExpired",
    "JobFailed",
    "JobRefunded",
    "JobRequeued",
    "JobStarted",
    "JobState",
    "JobSubmitted",
    "JobToppedUp",
    "Jobs",
    "Output",
    "Pots",
    "Price",
    "Prices",
    "ProviderBook",
    "Randomness",
    "Segment",
    "SegmentCommitted",
    "SegmentSettled",
    "SegmentStatus",
    "SegmentVerified",
    "SplitRates",
    "Transition",
    "VerificationFailed",
]
