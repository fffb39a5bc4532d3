"""What must hold between parameters, whatever each of them may be by itself."""

from __future__ import annotations

from collections.abc import Callable

from runtime.terms.records import PERBILL, Terms
from runtime.terms.registry import ROWS

MARGINAL_LIMIT = 800_000_000
"""2 κmax - κmin may not be above it: of the next planck burned, a fifth at least stays burned."""
AUTHORS_MOST = PERBILL // 5
"""The author's part of transaction fees: who stuffs its own blocks loses the rest."""


def kappas_are_in_order(terms: Terms) -> bool:
    """Say whether re-emission rises with utilisation, and not the other way round."""
    return terms.emission.kappa_min <= terms.emission.kappa_max


def marginal_reemission_is_below_one(terms: Terms) -> bool:
    """Say whether own burn cannot lift κ so far that it comes back.

    With κ rising in proportion to utilisation, the marginal re-emission is up to 2 κmax - κmin. At
    1 a coalition of all roles would have its burn back.
    """
    return 2 * terms.emission.kappa_max - terms.emission.kappa_min <= MARGINAL_LIMIT


def mints_add_up(terms: Terms) -> bool:
    """Say whether the slices of a mint leave the treasury nothing less than nothing."""
    return terms.emission.shares.total <= PERBILL


def base_prices_have_room(terms: Terms) -> bool:
    """Say whether the least base price is below the highest."""
    return terms.pricing.base_min <= terms.pricing.base_max


def speed_is_never_cheaper(terms: Terms) -> bool:
    """Say whether Batch, Standard, Fast and Realtime cost more in this order."""
    rules = terms.pricing
    return rules.batch <= PERBILL <= rules.fast <= rules.realtime


def reputation_is_worth_something(terms: Terms) -> bool:
    """Say whether a better reputation never earns less."""
    return terms.fees.provider_low <= terms.fees.provider_high


def fees_add_up(terms: Terms) -> bool:
    """Say whether the parts of each component leave the treasury nothing less than nothing."""
    fees = terms.fees
    pairs = (
        (fees.provider_high, fees.base),
        (fees.scarcity_provider, fees.scarcity),
        (fees.surge_provider, fees.surge),
    )
    return all(provider + sum(others.all) <= PERBILL for provider, others in pairs)


def authors_cannot_stuff_blocks(terms: Terms) -> bool:
    """Say whether authors have a fifth of transaction fees at most, and no less than nothing."""
    given = terms.transactions.burn + terms.transactions.treasury
    return PERBILL - AUTHORS_MOST <= given <= PERBILL


def larger_tracks_spend_more(terms: Terms) -> bool:
    """Say whether no track may spend more than a larger one, or than all together."""
    spending = terms.treasury
    return spending.small <= spending.medium <= spending.big <= spending.all_tracks


def newcomers_are_checked_as_often(terms: Terms) -> bool:
    """Say whether who has no past is not checked less often than others."""
    return terms.audits.least_rate <= terms.audits.newcomer_rate


RELATIONS: tuple[Callable[[Terms], bool], ...] = (
    kappas_are_in_order,
    marginal_reemission_is_below_one,
    mints_add_up,
    base_prices_have_room,
    speed_is_never_cheaper,
    reputation_is_worth_something,
    fees_add_up,
    authors_cannot_stuff_blocks,
    larger_tracks_spend_more,
    newcomers_are_checked_as_often,
)
"""All of them; what a referendum would break is refused."""


def hold(terms: Terms) -> bool:
    """Say whether all relations hold."""
    return all(relation(terms) for relation in RELATIONS)


def are_within_bounds(terms: Terms) -> bool:
    """Say whether each parameter is within its own bounds."""
    return all(row.least <= row.of(terms) <= row.most for row in ROWS.values())
