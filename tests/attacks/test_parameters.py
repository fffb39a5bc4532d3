"""No admissible parameters make an attack pay: the argument holds at all extremes of the bounds.

Returns are monotone in each parameter, so extremes of the bounds, and what the relations leave of
them, are the worst that referenda can decide, however many of them. Source: design page "Economy",
9.2, 5.4 and 5.5.
"""

from dataclasses import replace
from itertools import product

from runtime.compute.price import Fee
from runtime.pallets.emission import formulas
from runtime.pallets.jobs import money
from runtime.terms import DEFAULTS, FeeParts, Shares, SplitRates
from runtime.terms.parameter import Parameter
from runtime.terms.records import PERBILL
from runtime.terms.registry import ROWS
from runtime.terms.relations import CHEAPEST_LIMIT, MARGINAL_LIMIT, hold

FAKE = 10**18
"""Planck of a fee for work that nobody needs."""
KINDS = ("base", "scarcity", "surge")


def bounds(key: Parameter) -> tuple[int, int]:
    return ROWS[key].least, ROWS[key].most


def curves() -> list[tuple[int, int]]:
    """Return the admissible extremes of κmin with the highest κmax that goes with each."""
    least, most = bounds(Parameter.KAPPA_MAX)
    pairs = []
    for low in bounds(Parameter.KAPPA_MIN):
        high = min(most, (MARGINAL_LIMIT + low) // 2)
        pairs += [(low, one) for one in dict.fromkeys((max(least, low), high))]
    return pairs


def splits(kind: str) -> list[SplitRates]:
    """Return the extremes of a component: who has most of what is not burned, and who least.

    The provider gets what the treasury would have, as far as its bound allows.
    """
    prefix = kind.upper()
    keys = [Parameter[f"{prefix}_{one}"] for one in ("BURN", "VALIDATORS", "ORACLES", "STAKERS")]
    provider = Parameter[f"{prefix}_PROVIDER_HIGH" if kind == "base" else f"{prefix}_PROVIDER"]
    found = []
    for parts in product(*map(bounds, keys)):
        least, most = bounds(provider)
        own = min(most, PERBILL - sum(parts))
        if own < least:
            continue
        four, rates = FeeParts(*parts), DEFAULTS.fees
        if kind == "base":
            low = min(rates.provider_low, own)
            found.append(replace(rates, provider_low=low, provider_high=own, base=four))
        elif kind == "scarcity":
            found.append(replace(rates, scarcity_provider=own, scarcity=four))
        else:
            found.append(replace(rates, surge_provider=own, surge=four))
    return found


def fee_of(kind: str) -> Fee:
    return Fee(*(FAKE if one == kind else 0 for one in KINDS))


def mints() -> list[Shares]:
    """Return mints of which the provider and its referrers have most, and of which pools have."""
    names = ("provider", "client_referrer", "provider_referrer")
    keys = [Parameter.MINT_PROVIDER, Parameter.MINT_CLIENT_REFERRER,
            Parameter.MINT_PROVIDER_REFERRER]  # fmt: skip
    most = {name: ROWS[key].most for name, key in zip(names, keys, strict=True)}
    return [Shares(), replace(Shares(), **most, infra=0), Shares(**most, infra=0, governance=0)]


def worst_of_all_bounds() -> dict[str, float]:
    """Return what coalitions have back at most, whatever referenda decide within the bounds.

    The best reputation and performance, and the marginal κ at its highest.
    """
    worst: dict[str, float] = {}
    for kind in KINDS:
        for rates, shares, (low, high) in product(splits(kind), mints(), curves()):
            emission = replace(DEFAULTS.emission, kappa_min=low, kappa_max=high, shares=shares)
            assert hold(replace(DEFAULTS, fees=rates, emission=emission)), rates
            parts = money.split(fee_of(kind), PERBILL, rates)
            minted = parts.burn * (2 * high - low) // PERBILL
            own = formulas.slices_of(
                minted, shares, PERBILL, has_referrers=(True, True), is_direct=False
            )
            alone = parts.provider + own.provider
            backs = {
                "provider": alone,
                "and referrers": alone + own.client_referrer + own.provider_referrer,
                "all and the treasury": FAKE - parts.burn - parts.scarcity_burn + minted,
            }
            for name, back in backs.items():
                worst[name] = max(worst.get(name, 0.0), back / FAKE)
    return worst


def test_no_coalition_has_its_fees_back_under_any_admissible_parameters() -> None:
    """A provider, one with its referrers, and whoever has every role and the treasury."""
    assert all(len(splits(kind)) >= 8 for kind in KINDS), "there are extremes to look at"
    found = {name: round(value, 3) for name, value in worst_of_all_bounds().items()}
    assert found == {"provider": 0.928, "and referrers": 0.936, "all and the treasury": 0.98}
    discount = money.REFEREE_DISCOUNT / PERBILL
    assert all(value + discount < 0.99 for value in found.values())


def test_beyond_the_relation_self_dealing_would_pay_somewhere_within_the_bounds() -> None:
    """Bounds alone would not do: with any κmax of up to one, the burn comes back."""
    least = FeeParts(ROWS[Parameter.BASE_BURN].least, 0, 0, 0)
    kept = PERBILL - least.burn + least.burn * (2 * PERBILL - PERBILL // 10) // PERBILL
    assert kept > PERBILL


def highest_kappa(low: int, batch: int) -> int:
    """Return the highest κmax that goes with a κmin and what Batch makes of a price."""
    by_class = (CHEAPEST_LIMIT * batch + low * PERBILL) // (batch + PERBILL)
    return min(bounds(Parameter.KAPPA_MAX)[1], (MARGINAL_LIMIT + low) // 2, by_class)


def back_of_cheap_work(low: int, high: int, batch: int) -> float:
    """Return what everybody has back of a fee for Batch while others pay the full price.

    A planck of it is `1 / batch` of utilisation, which lifts κ for all that others burn.
    """
    burn = ROWS[Parameter.BASE_BURN].least
    return (PERBILL - burn + burn * (high + (high - low) * PERBILL // batch) // PERBILL) / PERBILL


def test_utilisation_that_is_bought_cheap_never_gives_back_what_it_costs() -> None:
    """Whoever has every role buys Batch to lift κ for what others burn at the full price."""
    discount = money.REFEREE_DISCOUNT / PERBILL
    for low, batch in product(bounds(Parameter.KAPPA_MIN), bounds(Parameter.BATCH)):
        high, rules = highest_kappa(low, batch), replace(DEFAULTS.pricing, batch=batch)
        curve = replace(DEFAULTS.emission, kappa_min=low, kappa_max=high)
        assert hold(replace(DEFAULTS, emission=curve, pricing=rules)), (low, high, batch)
        assert back_of_cheap_work(low, high, batch) + discount < 0.993


def test_without_that_relation_cheap_utilisation_would_pay_within_the_bounds() -> None:
    low, high, batch = 2 * PERBILL // 10, PERBILL // 2, ROWS[Parameter.BATCH].least
    assert 2 * high - low <= MARGINAL_LIMIT
    assert back_of_cheap_work(low, high, batch) > 1
    curve = replace(DEFAULTS.emission, kappa_min=low, kappa_max=high)
    rules = replace(DEFAULTS.pricing, batch=batch)
    assert not hold(replace(DEFAULTS, emission=curve, pricing=rules))


def test_the_treasury_loses_a_third_in_a_year_at_most_under_any_admissible_parameters() -> None:
    """By 13 windows of 28 eras, whatever referenda make of the parts: all together have a bound."""
    most = bounds(Parameter.SPEND_ALL)[1]
    left = 1.0
    for _ in range(13):
        left *= 1 - most / PERBILL
    assert round(1 - left, 3) == 0.327
    assert max(bounds(key)[1] for key in SPENDING) == most
    assert round(most_in_a_year(), 3) == 0.339


SPENDING = (Parameter.SPEND_SMALL, Parameter.SPEND_MEDIUM, Parameter.SPEND_BIG)


def most_in_a_year() -> float:
    """Return the part of the treasury that is paid in a year under the worst admissible parameters.

    What is promised and paid as late as may be counts as still in the pot meanwhile.
    """
    most = bounds(Parameter.SPEND_ALL)[1]
    ways = product(*(range(0, bounds(key)[1] + 1, PERBILL // 200) for key in SPENDING))
    mixes = (tuple(zip((0, 30, 90), (29, 59, 119), one, strict=True)) for one in ways)
    return max(paid_in_a_year(mix) for mix in mixes if sum(part for *_, part in mix) <= most)


def paid_in_a_year(pays: tuple[tuple[int, int, int], ...]) -> float:
    """Return the part of a pot that is paid in 13 windows.

    Of each way to pay: eras until all is due, eras until it lapses, and its part in ppb.
    """
    made = list[tuple[int, int, int, float]]()
    for start in range(0, 13 * 28, 28):
        pot = 1 - sum(amount for begun, _, last, amount in made if start >= begun + last)
        made += [(start, due, last, pot * part / PERBILL) for due, last, part in pays]
    end = 13 * 28
    return sum(
        amount * (min(end - begun, due) / due if due else 1) for begun, due, _, amount in made
    )


def test_false_results_lose_under_any_admissible_parameters() -> None:
    """q · factor > (1 − q) · share, q the least probability of an audit: section 5.5."""
    factor, rate = ROWS[Parameter.EXPOSURE_FACTOR].least, ROWS[Parameter.AUDIT_RATE].least
    most = max(
        ROWS[key].most
        for key in (
            Parameter.BASE_PROVIDER_HIGH,
            Parameter.SCARCITY_PROVIDER,
            Parameter.SURGE_PROVIDER,
        )
    )
    assert rate * factor * PERBILL > (PERBILL - rate) * most


def test_capacity_that_is_not_there_loses_under_any_admissible_parameters() -> None:
    """q · slash > (1 − q) · gain with a challenge in 24 epochs and a slash of a fifth: 5.4."""
    epochs = ROWS[Parameter.CAPACITY_EPOCHS].least
    assert epochs * 20 > 23 * 100, "in hundredths of an epoch's pay, times 24"


def test_withholding_pays_less_than_serving_under_any_admissible_parameters() -> None:
    """Of a scarcity premium a provider has less than of a usual price: section 5.3."""
    assert ROWS[Parameter.SCARCITY_PROVIDER].most < ROWS[Parameter.BASE_PROVIDER_LOW].least
    assert ROWS[Parameter.SCARCITY_BURN].least >= 4 * PERBILL // 10
