"""Withdrawals under way, and what a status allows: arithmetic on a provider's record."""

from __future__ import annotations

from collections.abc import Iterable

from runtime.frame import ensure
from runtime.pallets.providers import conduct
from runtime.pallets.providers.records import (
    MAX_CHUNKS,
    MAX_NOTICES,
    Chunk,
    Chunks,
    Config,
    Error,
    Notice,
    ProviderStatus,
)
from runtime.primitives.types import Balance
from runtime.terms import Bonding

LEAVING = (ProviderStatus.CHILLED, ProviderStatus.REMOVED)
"""Statuses in which the whole bond may go."""
RESUMABLE = (ProviderStatus.CHILLED, ProviderStatus.ABSENT)
"""Statuses that `resume` ends."""


def asked(config: Config, terms: Bonding, rating: int, stored: Balance | None) -> Balance:
    """Return the bond for a rating, by the rate that the chain stored for its market, if any."""
    rate = conduct.bond_rate(terms, config.price_per_cu, 0) if stored is None else stored
    return max(config.minimum_bond, conduct.bond_for(rating, rate))


def awake(status: ProviderStatus) -> ProviderStatus:
    """Return the status after a sign of life."""
    return ProviderStatus.ACTIVE if status is ProviderStatus.ABSENT else status


def with_chunk(chunks: Chunks, added: Chunk) -> Chunks:
    """Return the chunks with one more; chunks of one era are one.

    Raises:
        DispatchError: there are too many.
    """
    same = sum(chunk.amount for chunk in chunks if chunk.era == added.era)
    others = tuple(chunk for chunk in chunks if chunk.era != added.era)
    ensure(len(others) < MAX_CHUNKS, Error.TOO_MANY_CHUNKS)
    return (*others, Chunk(added.era, same + added.amount))


def due_chunks(chunks: Chunks, era: int) -> tuple[Balance, Chunks]:
    """Return what can be withdrawn in an era, and the chunks that stay."""
    due = total(chunk for chunk in chunks if chunk.era <= era)
    return due, tuple(chunk for chunk in chunks if chunk.era > era)


def without(chunks: Chunks, amount: Balance) -> Chunks:
    """Take `amount` from the chunks, those that leave last first."""
    kept: list[Chunk] = []
    for chunk in reversed(chunks):
        taken = min(chunk.amount, amount)
        amount -= taken
        if chunk.amount > taken:
            kept.append(Chunk(chunk.era, chunk.amount - taken))
    return tuple(reversed(kept))


def with_notice(notices: tuple[Notice, ...], added: Notice) -> tuple[Notice, ...]:
    """Return notices with one more; of one job the first counts, and the oldest make room."""
    if any(one.job == added.job for one in notices):
        return notices
    return (*notices, added)[-MAX_NOTICES:]


def total(chunks: Iterable[Chunk]) -> Balance:
    """Return the sum of the chunks."""
    return sum(chunk.amount for chunk in chunks)
