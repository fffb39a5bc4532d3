"""CanonicalWork: what the machines of the validators have proven in the last 1,024 blocks.

Only canonical shares count, seeded by the chain's own beacon, never the jobs of clients: a client
can order work whose answer is known. A share counts for a validator if the provider that proved
it is the validator's own account; work of other providers earns pay, not slots.
Source: design page "Consensus", slots and authorship.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Protocol

from runtime.frame import Context, Map, Pallet, constant, invariant
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, U64, AccountId

BUCKET_BLOCKS = 64
"""Blocks whose work is one sum: the window then moves every few minutes."""
BUCKETS = 16
"""Sums that are kept; with the one under way they cover 961 to 1,024 blocks."""
MAX_WORKERS = 64
"""As many as there are validators at most."""


class Validators(Protocol):
    """Who may validate."""

    def stakes(self) -> tuple[tuple[AccountId, U64], ...]:
        """Return each validator and its stake."""
        ...


@dataclass(frozen=True, slots=True)
class Bucket:
    """The work of 64 blocks, in micro-CU by validator, in order of account."""

    number: U32
    """The first of its blocks, divided by 64."""
    work: Annotated[tuple[tuple[AccountId, U64], ...], Bounded(MAX_WORKERS)]


class CanonicalWork(Pallet):
    """What the machines of the validators have proven in the last 1,024 blocks."""

    buckets: Map[U32, Bucket] = Map(hasher=TWOX_64_CONCAT)
    """The sums, in a ring: each at its number modulo 16."""

    def __init__(
        self, context: Context, validators: Validators, *, index: int, name: str = "CanonicalWork"
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.validators = validators

    @constant
    def window_blocks(self) -> U32:
        """Return the most blocks whose work counts."""
        return BUCKET_BLOCKS * BUCKETS

    def record(self, who: AccountId, work: int) -> None:
        """Count work that `who` proved in this block, in micro-CU, if `who` validates."""
        validators = [account for account, _ in self.validators.stakes()]
        if who not in validators:
            return
        number = self._bucket_number()
        done = {one: sum_ for one, sum_ in self._work_of(number) if one in validators}
        done[who] = done.get(who, 0) + work
        self.buckets[number % BUCKETS] = Bucket(number, tuple(sorted(done.items())))

    def of(self, accounts: tuple[AccountId, ...]) -> tuple[int, ...]:
        """Return the work of each account in the window. Reads every bucket."""
        totals = dict.fromkeys(accounts, 0)
        latest = self._bucket_number()
        for number in range(max(latest - BUCKETS + 1, 0), latest + 1):
            for who, work in self._work_of(number):
                if who in totals:
                    totals[who] += work
        return tuple(totals[who] for who in accounts)

    def _bucket_number(self) -> int:
        return self.context.number // BUCKET_BLOCKS

    def _work_of(self, number: int) -> tuple[tuple[AccountId, U64], ...]:
        bucket = self.buckets.get(number % BUCKETS)
        return bucket.work if bucket is not None and bucket.number == number else ()

    @invariant
    def each_bucket_lies_in_its_place(self) -> bool:
        """Each sum lies at its number modulo 16, and none is of blocks to come."""
        latest = self._bucket_number()
        return all(
            bucket.number % BUCKETS == place and bucket.number <= latest
            for place, bucket in self.buckets.items()
        )

    @invariant
    def each_validator_has_one_sum(self) -> bool:
        """In each bucket the accounts ascend, and have work."""
        listed = [bucket.work for _, bucket in self.buckets.items()]
        return all(
            work == tuple(sorted(dict(work).items())) and all(done > 0 for _, done in work)
            for work in listed
        )
