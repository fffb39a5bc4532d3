"""The tables of docs/economics.md: parameters, worked examples, curves, and attacks.

Each function computes one table by the formulas that the chain executes; nothing is typed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from cli.parameters import shown
from runtime.compute.job import LatencyClass
from runtime.compute.price import MICRO, Price, fee_of
from runtime.frame.storage import camel_case
from runtime.pallets import reservations
from runtime.pallets.amax_distribution import formulas as amax
from runtime.pallets.amax_distribution.records import Config as AmaxConfig
from runtime.pallets.emission import formulas as emission
from runtime.pallets.jobs import money
from runtime.pallets.jobs.orders import JOBS_PER_CLIENT
from runtime.pallets.jobs.records import LANE_SLOTS
from runtime.pallets.pricing import formulas as pricing
from runtime.pallets.providers import conduct
from runtime.pallets.vaults import formulas as vaults
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from runtime.terms.parameter import Parameter
from runtime.terms.records import PERBILL
from runtime.terms.registry import ROWS
from tests.tools import economics_attacks as attacks
from tests.tools.markdown import grid

GENESIS = 200 * 10**6 * UNIT
"""What the preset `testnet` begins with, and the design's simulation."""
YEAR = 8_766
"""Hourly epochs."""
MONTH = YEAR // 12
CURVE = DEFAULTS.emission


def percent(parts: int) -> str:
    """Return parts per billion to a tenth of a per cent."""
    return f"{parts / 10**7:.1f} %".replace(".0 %", " %")


def coins(planck: int, digits: int = 2, unit: str = "AGPU") -> str:
    """Return an amount to some digits behind the point."""
    whole = f"{planck / UNIT:,.{digits}f}"
    return f"{whole.rstrip('0').rstrip('.') if '.' in whole else whole} {unit}"


def parameters(rows: Iterable[tuple[str, Parameter]]) -> str:
    """Return parameters with what they begin with, and within which bounds they move."""
    return grid(
        ("parameter", "at first", "bounds", "key"),
        [
            (
                words,
                shown(ROWS[key].of(DEFAULTS), ROWS[key].unit),
                f"{shown(ROWS[key].least, ROWS[key].unit)} – "
                f"{shown(ROWS[key].most, ROWS[key].unit)}",
                f"`{camel_case(key.name)}`",
            )
            for words, key in rows
        ],
    )


P = Parameter
PRICES = (
    ("target utilisation u*", P.TARGET),
    ("D: the most that a period moves a price is 1/D of it", P.DIVISOR),
    ("least base price", P.BASE_MIN),
    ("highest base price", P.BASE_MAX),
    ("the average moves so slowly: one part per epoch in", P.AVERAGE_DIVISOR),
    ("scarcity begins above this part of the corrected average", P.BAND),
    ("fewest markets for an index", P.LEAST_MARKETS),
    ("highest tip, of the price", P.MAX_TIP),
)
EMISSION = (
    ("cap on AGPU", P.CAP),
    ("κmin", P.KAPPA_MIN),
    ("κmax", P.KAPPA_MAX),
    ("A0", P.A0),
    ("K*", P.K_STAR),
    ("ρ per epoch", P.RHO),
    ("A0 halves after", P.HALVING_ERAS),
    ("breaker: most of the issuance in 24 epochs", P.BREAKER),
)
SUPPLY = (
    ("growth in 30 eras above which the reserve burns", P.SUPPLY_GROWTH),
    ("of the treasury's AGPU, burned in an era at most", P.RESERVE_BURN),
    ("of the pool's stable reserve, spent in an epoch at most", P.POOL_PART),
    ("AGPU is bought up to this price, of its average", P.ABOVE_AVERAGE),
    ("and costs at most, with fees and slippage", P.DEAREST),
    ("utilisation below which the treasury saves", P.IDLE),
)
BONDS = (
    ("hours of work at the base price", P.REVENUE_HOURS),
    ("epochs of pay for capacity", P.CAPACITY_EPOCHS),
    ("prices of a job that its provider has at stake", P.EXPOSURE_FACTOR),
    ("a bond leaves after", P.UNBONDING_ERAS),
    ("work computed again by validators", P.AUDIT_RATE),
    ("of newcomers", P.NEWCOMER_AUDIT_RATE),
)


def classes() -> str:
    """Return what speed costs and brings."""
    rows = []
    for one in LatencyClass:
        rate = pricing.rate_of(one, DEFAULTS.pricing)
        rows.append(
            (
                one.name.capitalize(),
                percent(rate),
                f"{money.LATENCY_BOOSTS[one]} blocks",
                f"{conduct.LATENCY_TARGETS[list(LatencyClass).index(one)]} blocks",
            )
        )
    return grid(("class", "of the price", "ahead in its queue", "begins within"), rows)


def filling() -> str:
    """Return what it costs to fill a queue, and to take all back at once."""
    least, rows = DEFAULTS.queue.deposit, []
    for places in (1, 64, 128, 256, LANE_SLOTS):
        held = [money.queue_deposit(least, waiting) for waiting in range(places)]
        burned = sum(one * money.FLICKER_SHARE // PERBILL for one in held)
        accounts = -(-places // JOBS_PER_CLIENT)
        rows.append((places, accounts, coins(sum(held)), coins(held[-1]), coins(burned)))
    head = ("places filled", "accounts", "deposits on hold", "the last of them")
    return grid((*head, "burned per quick withdrawal of all"), rows)


def places() -> str:
    """Return what places of reservations burn beside the part of what is set aside."""
    deposit, rows = DEFAULTS.queue.deposit, []
    for taken in (1, 26, 51, 128, 256, reservations.MAX_RESERVATIONS):
        prices = [reservations.place_price(deposit, before) for before in range(taken)]
        month = reservations.MAX_EPOCHS
        last, whole = coins(prices[-1], 6), coins(month * prices[-1], 4)
        rows.append((taken, last, whole, coins(month * sum(prices))))
    head = ("places taken", "an epoch of the last of them", "and a month")
    return grid((*head, "a month of all of them"), rows)


def split() -> str:
    """Return where each part of a fee goes."""
    rates = DEFAULTS.fees
    low = f"{rates.provider_low // 10**7}–{percent(rates.provider_high)} by reputation"
    kinds = (
        ("base", low, rates.base),
        ("scarcity", percent(rates.scarcity_provider), rates.scarcity),
        ("surge", percent(rates.surge_provider), rates.surge),
    )
    rows = [(name, own, *map(percent, parts.all), "rest") for name, own, parts in kinds]
    others = ("burned", "validators", "oracles", "stakers", "treasury")
    return grid(("part of the fee", "provider", *others), rows)


def example() -> str:
    """Return what becomes of a fee of 100 AGPU of each kind, and of what its burn gives back."""
    rates, shares, half = DEFAULTS.fees, CURVE.shares, PERBILL // 2
    kappa = emission.kappa(CURVE, DEFAULTS.pricing.target, CURVE.cap, GENESIS, PERBILL)
    prices = (
        ("Standard", Price(UNIT, 0, 0)),
        ("Fast", pricing.price_of(UNIT, 0, DEFAULTS.pricing.fast, 0)),
        ("Standard, price at twice its average", scarce(2)),
    )
    rows = []
    for words, price in prices:
        fee = fee_of(100 * MICRO, price, 0)
        parts = money.split(fee, half, rates)
        minted = parts.burn * kappa // PERBILL
        mint = emission.slices_of(minted, shares, half + half // 2, is_direct=False)
        own = parts.provider + mint.provider
        burned = parts.burn + parts.scarcity_burn
        amounts = (fee.total, own, burned, minted, burned - minted)
        rows.append((words, *map(coins, amounts), percent(own * PERBILL // fee.total)))
    head = ("100 CU at a base price of 1 AGPU", "paid", "provider, with its mint", "burned")
    return grid((*head, "created again", "less AGPU exists by", "provider has"), rows)


def scarce(times: int) -> Price:
    """Return the price of a CU where it stands at a multiple of its average."""
    base = times * UNIT
    normal = pricing.normal_part(base, UNIT, PERBILL, DEFAULTS.pricing.band)
    return pricing.price_of(normal, base - normal, PERBILL, 0)


def mint() -> str:
    """Return how a mint for work is divided."""
    shares = CURVE.shares
    rows = [
        ("provider, times its performance", shares.provider),
        ("who brought the client", shares.client_referrer),
        ("who brought the provider", shares.provider_referrer),
        ("pool of infrastructure", shares.infra),
        ("pool of governance", shares.governance),
        ("pool of accuracy", shares.accuracy),
        ("treasury, and what of the others nobody earned", PERBILL - shares.total),
    ]
    return grid(("of a mint for work", "part"), [(name, percent(part)) for name, part in rows])


def kappa() -> str:
    """Return κ by issuance and utilisation."""
    target = DEFAULTS.pricing.target
    loads = (0, target // 4, target // 2, target * 3 // 4, target)
    rows = []
    for tenths in (0, 2, 4, 6, 8, 10):
        issued = CURVE.cap * tenths // 10
        found = [emission.kappa(CURVE, target, CURVE.cap, issued, used) for used in loads]
        f = emission.room_factor(issued, CURVE.cap)
        rows.append((f"{tenths / 10:.1f}", f"{f / PERBILL:.2f}", *map(percent, found)))
    head = [f"u = {percent(used)}" for used in loads[:-1]]
    return grid(("S/cap", "f", *head, f"u ≥ {percent(target)}"), rows)


def capacity() -> str:
    """Return what an epoch may pay for proven capacity, by how much of it there is."""
    rows = []
    for parts in (1, 5, 10, 25, 50, 75, 90, 100):
        proven = CURVE.k_star * parts // 100
        budget, rate = emission.availability(CURVE, CURVE.a0, CURVE.cap, GENESIS, proven * MICRO)
        bound = (CURVE.cap - GENESIS) * CURVE.rho // PERBILL
        binds = "ρ" if budget == bound else "A0"
        rows.append(
            (
                f"{parts} %",
                f"{proven:,} CU",
                coins(rate, 6),
                coins(budget),
                binds if budget else "–",
            )
        )
    return grid(("K/K*", "K in an epoch", "rate per CU", "budget of the epoch", "bound by"), rows)


def schedule() -> str:
    """Return the most that proven capacity can create, if nothing is ever burned."""
    issued, rows = GENESIS, list[Sequence[object]]()
    for year in range(1, 21):
        before = issued
        for month in range(12):
            eras = ((year - 1) * YEAR + month * MONTH) // 24
            issued += MONTH * most_for_capacity(issued, eras)
        if year in (1, 2, 3, 4, 5, 10, 20):
            grown = f"{(issued - before) / before:.2%}".replace("%", " %")
            rows.append((year, coins(issued - before, 0), grown, coins(issued, 0)))
    return grid(("year", "created for capacity, at most", "of the supply", "supply"), rows)


def most_for_capacity(issued: int, eras: int) -> int:
    """Return the largest budget of an epoch, over capacities, so many eras after A0 was set."""
    start = emission.halved(CURVE.a0, eras, CURVE.halving_eras)
    return max(
        emission.availability(CURVE, start, CURVE.cap, issued, CURVE.k_star * MICRO * k // 16)[0]
        for k in range(1, 16)
    )


def amax_slices() -> str:
    """Return how an epoch's AMAX is divided."""
    terms = DEFAULTS.distribution
    one, two = percent(terms.group_cap), percent(terms.voter_cap)
    return grid(
        ("slice", "part", "divided by", "bound"),
        (
            ("capacity", percent(terms.capacity), "proven work times reliability in the epoch",
             f"{one} for all that one operator runs"),
            ("accuracy", percent(terms.accuracy), "points of accuracy", "–"),
            ("participation", percent(terms.participation), "the AMAX of votes in time",
             f"{two} for one account"),
            ("infrastructure", percent(terms.infra), "points of attested upgrades", "–"),
        ),
    )  # fmt: skip


def amax_schedule() -> str:
    """Return how much AMAX there is after some years, by how much capacity is proven."""
    config, terms = AmaxConfig(era_blocks=1), DEFAULTS.distribution
    years = (1, 2, 4, 8, 16)
    rows = []
    for parts in (100, 50, 10):
        issued, found = 40 * 10**6 * UNIT, []
        proven = CURVE.k_star * MICRO * parts // 100
        for epoch in range(1, years[-1] * YEAR + 1):
            issued += amax.budget(config.cap, terms.delta, issued, proven, CURVE.k_star)
            if epoch % YEAR == 0 and epoch // YEAR in years:
                found.append(f"{issued / UNIT / 10**6:.1f} million")
        rows.append((f"{parts} % of K*", *found))
    return grid(("proven capacity", *(f"after {one} years" for one in years)), rows)


def levels() -> str:
    """Return what weight in vaults is worth in a queue."""
    rows = []
    for level in range(vaults.MAX_LEVEL + 1):
        least = (2**level - 1) * vaults.LEVEL_STEP
        assert vaults.level(least) == level, "the least weight of a level has it"
        full = -(-least // 2)
        rows.append((level, coins(least), coins(full), f"{money.LEVEL_BOOST * level} blocks"))
    head = ("level", "weight from", "AGPU for it at the full lock")
    return grid((*head, "ahead in the queue"), rows)


def bond() -> str:
    """Return the bond of a device that earns a CU in a second, at some base prices."""
    terms, rows = DEFAULTS.bonds, []
    _, rate = emission.availability(CURVE, CURVE.a0, CURVE.cap, GENESIS, CURVE.k_star * MICRO // 2)
    for price in (UNIT // 10_000, UNIT // 1_000, UNIT // 100, UNIT // 10):
        work, idle = terms.revenue_hours * price, terms.capacity_epochs * rate
        found = conduct.bond_for(MICRO, max(work, idle))
        rows.append((coins(price, 4), coins(found), "work" if work > idle else "capacity"))
    return grid(("base price of a CU", "bond of one CU per second", "asked for by"), rows)


TABLES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "prices": lambda: parameters(PRICES),
        "classes": classes,
        "filling": filling,
        "places": places,
        "split": split,
        "example": example,
        "mint": mint,
        "emission": lambda: parameters(EMISSION),
        "kappa": kappa,
        "capacity": capacity,
        "schedule": schedule,
        "amax slices": amax_slices,
        "amax schedule": amax_schedule,
        "supply": lambda: parameters(SUPPLY),
        "levels": levels,
        "bonds": lambda: parameters(BONDS),
        "bond": bond,
        "returns": attacks.returns,
        "rings": attacks.rings,
        "pots": attacks.pots,
        "pump": attacks.pump,
    }
)
"""By the name that the page calls them."""
