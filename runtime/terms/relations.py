"""What must hold between parameters, whatever each of them may be by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from runtime.terms.parameter import Parameter
from runtime.terms.records import PERBILL, Terms
from runtime.terms.registry import ROWS, keys_under

MARGINAL_LIMIT = 800_000_000
"""2 κmax - κmin may not be above it: of the next planck burned, a fifth at least stays burned."""
CHEAPEST_LIMIT = 900_000_000
"""κmax and what Batch adds to it may not be above it: a tenth at least stays burned there too."""
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


def cheap_work_lifts_no_other_burn(terms: Terms) -> bool:
    """Say whether utilisation that is bought as Batch cannot give back more than it burned.

    It counts as work at the full price, and lifts κ for all that others burn as well: by the span
    of κ, times what the full price is of the discounted one.
    """
    low, high = terms.emission.kappa_min, terms.emission.kappa_max
    return (high - low) * PERBILL <= (CHEAPEST_LIMIT - high) * terms.pricing.batch


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


def base_parts_add_up(terms: Terms) -> bool:
    """Say whether the parts of the base leave the treasury nothing less than nothing."""
    return terms.fees.provider_high + sum(terms.fees.base.all) <= PERBILL


def scarcity_parts_add_up(terms: Terms) -> bool:
    """Say whether the parts of a scarcity premium leave the treasury nothing less than nothing."""
    return terms.fees.scarcity_provider + sum(terms.fees.scarcity.all) <= PERBILL


def surge_parts_add_up(terms: Terms) -> bool:
    """Say whether the parts of a surge premium leave the treasury nothing less than nothing."""
    return terms.fees.surge_provider + sum(terms.fees.surge.all) <= PERBILL


def authors_cannot_stuff_blocks(terms: Terms) -> bool:
    """Say whether authors have a fifth of transaction fees at most, and no less than nothing."""
    given = terms.transactions.burn + terms.transactions.treasury
    return PERBILL - AUTHORS_MOST <= given <= PERBILL


def larger_tracks_spend_more(terms: Terms) -> bool:
    """Say whether no track may spend more than a larger one, or than all together."""
    spending = terms.treasury
    return spending.small <= spending.medium <= spending.big <= spending.all_tracks


def distribution_adds_up(terms: Terms) -> bool:
    """Say whether the slices of AMAX are no more than the budget."""
    return sum(terms.distribution.slices) <= PERBILL


def what_is_paid_is_above_what_is_looked_at(terms: Terms) -> bool:
    """Say whether AGPU may cost what it may stand at before it is bought."""
    return terms.stability.above_average <= terms.stability.dearest


def what_is_near_the_average_can_be_bought(terms: Terms) -> bool:
    """Say whether AGPU that may be looked at is never too dear only by fees and its own slippage.

    A purchase of a part of the reserve costs at most spot (1 + part) / (1 - fees) for each AGPU.
    """
    bounds = terms.stability
    own = (PERBILL + bounds.pool_part) * PERBILL // (PERBILL - terms.exchange.total_fee)
    return bounds.above_average * own <= bounds.dearest * PERBILL


def an_accident_costs_no_more_than_a_lie(terms: Terms) -> bool:
    """Say whether who could not show its report loses no more than who reported falsely."""
    return terms.oracle.not_revealed <= terms.oracle.outlier


def validators_have_more_at_stake(terms: Terms) -> bool:
    """Say whether who validates puts up no less than who only nominates."""
    return terms.staking.nominator_bond <= terms.staking.validator_bond


def newcomers_are_checked_as_often(terms: Terms) -> bool:
    """Say whether who has no past is not checked less often than others."""
    return terms.audits.least_rate <= terms.audits.newcomer_rate


class Relation(NamedTuple):
    """What must hold between some parameters, in words that a refusal can show."""

    holds: Callable[[Terms], bool]
    wanted: str
    between: tuple[Parameter, ...]


P = Parameter
RELATIONS: tuple[Relation, ...] = (
    Relation(kappas_are_in_order, "the first at most the second", (P.KAPPA_MIN, P.KAPPA_MAX)),
    Relation(
        marginal_reemission_is_below_one,
        "twice the second less the first at most 80 %",
        (P.KAPPA_MIN, P.KAPPA_MAX),
    ),
    Relation(
        cheap_work_lifts_no_other_burn,
        "the second, and what it is above the first divided by the third, at most 90 %",
        (P.KAPPA_MIN, P.KAPPA_MAX, P.BATCH),
    ),
    Relation(mints_add_up, "a sum of 100 % at most", keys_under("emission.shares")),
    Relation(base_prices_have_room, "the first at most the second", (P.BASE_MIN, P.BASE_MAX)),
    Relation(
        speed_is_never_cheaper,
        "at most 100 %, then 100 % at least, and the last no less than that",
        (P.BATCH, P.FAST, P.REALTIME),
    ),
    Relation(
        reputation_is_worth_something,
        "the first at most the second",
        (P.BASE_PROVIDER_LOW, P.BASE_PROVIDER_HIGH),
    ),
    Relation(
        base_parts_add_up,
        "a sum of 100 % at most",
        (P.BASE_PROVIDER_HIGH, *keys_under("fees.base")),
    ),
    Relation(
        scarcity_parts_add_up,
        "a sum of 100 % at most",
        (P.SCARCITY_PROVIDER, *keys_under("fees.scarcity")),
    ),
    Relation(
        surge_parts_add_up,
        "a sum of 100 % at most",
        (P.SURGE_PROVIDER, *keys_under("fees.surge")),
    ),
    Relation(
        authors_cannot_stuff_blocks,
        "a sum from 80 % to 100 %",
        (P.TRANSACTION_BURN, P.TRANSACTION_TREASURY),
    ),
    Relation(
        larger_tracks_spend_more,
        "each at most the next",
        (P.SPEND_SMALL, P.SPEND_MEDIUM, P.SPEND_BIG, P.SPEND_ALL),
    ),
    Relation(
        newcomers_are_checked_as_often,
        "the first at most the second",
        (P.AUDIT_RATE, P.NEWCOMER_AUDIT_RATE),
    ),
    Relation(
        distribution_adds_up,
        "a sum of 100 % at most",
        (P.AMAX_CAPACITY, P.AMAX_ACCURACY, P.AMAX_PARTICIPATION, P.AMAX_INFRA),
    ),
    Relation(
        what_is_paid_is_above_what_is_looked_at,
        "the first at most the second",
        (P.ABOVE_AVERAGE, P.DEAREST),
    ),
    Relation(
        what_is_near_the_average_can_be_bought,
        "the first, with the slippage of the third and the fees of the others, at most the second",
        (
            P.ABOVE_AVERAGE,
            P.DEAREST,
            P.POOL_PART,
            P.LP_FEE,
            P.POOL_BURN,
            P.POOL_TREASURY,
        ),
    ),
    Relation(
        an_accident_costs_no_more_than_a_lie,
        "the first at most the second",
        (P.NOT_REVEALED, P.OUTLIER),
    ),
    Relation(
        validators_have_more_at_stake,
        "the first at most the second",
        (P.NOMINATOR_BOND, P.VALIDATOR_BOND),
    ),
)
"""All of them; what a referendum would break is refused."""


def broken(terms: Terms) -> Relation | None:
    """Return the first relation that does not hold, if there is one."""
    return next((one for one in RELATIONS if not one.holds(terms)), None)


def hold(terms: Terms) -> bool:
    """Say whether all relations hold."""
    return broken(terms) is None


def are_within_bounds(terms: Terms) -> bool:
    """Say whether each parameter is within its own bounds."""
    return all(row.least <= row.of(terms) <= row.most for row in ROWS.values())
