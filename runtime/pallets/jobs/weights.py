"""What jobs cost: the most keys that each step can read and write, held to by the bench."""

from runtime.compute.job import JobSpec
from runtime.frame import Weight
from runtime.pallets.jobs.agenda import MAX_PROBES
from runtime.pallets.jobs.conditions import Conditions
from runtime.primitives.types import AccountId

PROVIDER = Weight(reads=12, writes=12)
"""A provider's record, its place among the idle, what its market has of it, what it runs."""
PRICE = Weight(reads=7)
"""Price, average, index and the region's factor; the rules of prices and of queues."""
LEDGER = Weight(reads=5, writes=5)
"""The holds and the account of one party, its budget, the total issuance, what was burned."""
AGENDA = Weight(reads=1, writes=2)
"""Off one list and onto another; the lists looked at for room are `PROBES`."""
PROBES = Weight(reads=MAX_PROBES)
LANE = Weight(reads=3, writes=3)
"""A lane, the list of markets with waiting jobs, and what presses on the price."""
RECORD = Weight(reads=6, writes=6)
"""A job, its specification and conditions, who gave it back, a segment, and the key of a provider's
node."""
END = Weight(reads=3, writes=4)
"""The counters of open jobs, and the queue of those that ended."""

STEP = RECORD + AGENDA + PROBES
"""Any transition."""
LEVEL = Weight(reads=9)
"""What a market asks for, the vaults of it and of the task, the client's stakes in them, and what
tokenised assets are worth."""
SUBMIT = STEP + LANE + LEDGER + PRICE + LEVEL + Weight(reads=6, writes=4, compute=50_000)
"""A job is let in; its specification is checked."""
CLOSE = STEP + LANE + END + LEDGER * 2 + PROVIDER
"""A job ends or is requeued: the refund, and the provider is free."""
MINT = Weight(reads=14, writes=14)
"""What emission keeps, and the accounts of its five slices."""
EARNED = Weight(reads=4, writes=3)
"""What a rule paid is recorded: the record of an account and an epoch, and its place."""
REFER = EARNED + Weight(reads=9, writes=7)
"""A referrer is paid: the link, the referee's conduct, the hold, what vests and what it burned."""
STAKERS = Weight(reads=12, writes=7)
"""Vaults of the market, of the task and of insurance earn, each with a cohort that begins, by what
tokenised assets are worth."""
BACKERS = Weight(reads=9, writes=8)
"""The commission of the provider's vault, and the provider's own stake there."""
DECLINE = CLOSE + LEDGER + BACKERS
"""A job is given back: who had it for long pays as if its time had run out."""
REWARDS = MINT + EARNED + REFER * 2 + STAKERS + BACKERS
"""What a payment means beside the payment itself."""
SETTLE = CLOSE + LEDGER * 5 + REWARDS + Weight(reads=4, writes=4)
"""A segment is paid: the client, the provider, four pots; the provider's credit; the use."""
DUE = SETTLE + Weight(reads=4, writes=4)
"""Whatever an entry of the agenda leads to; a slash also reads what leaves the bond."""
REDEEM = RECORD + LANE + LEDGER + Weight(reads=2, writes=2)
"""A job that waits is paid from a reservation, and waits elsewhere in its lane."""
VERIFY = STEP
"""What one opening costs the block's inherent, beyond its own record."""


def submit(_spec: JobSpec, provider: AccountId | None, _tip: int) -> Weight:
    """Return what `submit_job` costs: more if it assigns the job at once."""
    return SUBMIT if provider is None else SUBMIT + STEP + PROVIDER


def order(spec: JobSpec, provider: AccountId | None, tip: int, conditions: Conditions) -> Weight:
    """Return what `order_job` costs: more if a reservation pays for it."""
    plain = submit(spec, provider, tip)
    return plain if conditions.reservation is None else plain + REDEEM
