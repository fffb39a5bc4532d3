"""Seasoning: only what was set aside long before a referendum began votes in it.

Who buys or borrows AMAX to decide a referendum that is under way finds that it does not vote there.
What is set aside at different times seasons each for itself: old AMAX lends its age to none. Of
delegations the ages are kept by era, so that each referendum counts exactly those that are old
enough. Source: design page "Economy", 5.15, and the decision "Seasoned votes".
"""

from __future__ import annotations

from typing import Annotated

from runtime.pallets.conviction_voting.types import NO_DELEGATIONS, Delegations
from runtime.primitives.record import record
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, Balance, BlockNumber

MAX_CHUNKS = 32
"""Times at which what an account has set aside was set aside; two of them merge into the later."""

MAX_POLL_ERAS = 70
"""A referendum is over by then: 28 eras to begin, 28 to decide, 2 more, 4 to confirm, and some."""

MAX_AGES = 96
"""Eras between the youngest delegation and the oldest that some referendum could still miss."""


@record
class Chunk:
    """AMAX that was set aside at one time."""

    since: BlockNumber
    amount: Balance


Chunks = Annotated[tuple[Chunk, ...], Bounded(MAX_CHUNKS)]
"""What an account has set aside, the oldest first."""


@record
class AgedDelegations:
    """Delegations that count in referenda submitted from the start of an era on."""

    era: U32
    delegations: Delegations


Ages = Annotated[tuple[AgedDelegations, ...], Bounded(MAX_AGES)]
"""What others have put into somebody's hands, by age, the oldest first."""


def added(chunks: Chunks, now: BlockNumber, amount: Balance) -> Chunks:
    """Return what is set aside with `amount` more."""
    if chunks and (chunks[-1].since == now or len(chunks) == MAX_CHUNKS):
        return (*chunks[:-1], Chunk(now, chunks[-1].amount + amount))
    return (*chunks, Chunk(now, amount))


def taken(chunks: Chunks, amount: Balance) -> Chunks:
    """Return what is set aside with `amount` less, the youngest first; there must be so much."""
    left = list(chunks)
    while amount:
        last = left.pop()
        if last.amount > amount:
            left.append(Chunk(last.since, last.amount - amount))
        amount -= min(last.amount, amount)
    return tuple(left)


def total(chunks: Chunks) -> Balance:
    """Return all that is set aside."""
    return sum(chunk.amount for chunk in chunks)


def set_aside_by(chunks: Chunks, number: BlockNumber) -> Balance:
    """Return what was set aside at a block or before."""
    return sum(chunk.amount for chunk in chunks if chunk.since <= number)


def since(chunks: Chunks, amount: Balance) -> BlockNumber | None:
    """Return the block by which `amount` was set aside, or None if so much is not."""
    so_far = 0
    for chunk in chunks:
        so_far += chunk.amount
        if so_far >= amount:
            return chunk.since
    return None


def counted(ages: Ages, submitted: BlockNumber, era_blocks: int) -> Delegations:
    """Return the delegations that are old enough for a referendum submitted at a block."""
    found = NO_DELEGATIONS
    for one in ages:
        if counts(one.era, submitted, era_blocks):
            found += one.delegations
    return found


def counts(era: int, submitted: BlockNumber, era_blocks: int) -> bool:
    """Say whether a delegation that counts from an era on counts in a referendum."""
    return era * era_blocks <= submitted


def with_more(ages: Ages, era: int, more: Delegations, now_era: int) -> Ages:
    """Return delegations with more of them, which count from `era` on.

    Those that every referendum counts need no age of their own: they merge into one entry.
    """
    by_era = {one.era: one.delegations for one in ages}
    by_era[era] = by_era.get(era, NO_DELEGATIONS) + more
    old = sorted(one for one in by_era if one + MAX_POLL_ERAS <= now_era)
    merged = NO_DELEGATIONS
    for one in old:
        merged += by_era.pop(one)
    if old:
        by_era[old[-1]] = merged
    return tuple(AgedDelegations(one, by_era[one]) for one in sorted(by_era))


def with_less(ages: Ages, era: int, less: Delegations) -> Ages:
    """Return delegations without some that count from `era` on."""
    place = next(n for n, one in enumerate(ages) if one.era >= era)
    left = ages[place].delegations - less
    kept = () if left == NO_DELEGATIONS else (AgedDelegations(ages[place].era, left),)
    return (*ages[:place], *kept, *ages[place + 1 :])
