"""The numbers of docs/economics.md are those of the runtime."""

from runtime.pallets.audits.closing import FINDER_POINTS, RIGHT_POINTS
from runtime.pallets.jobs import money
from runtime.pallets.mining.records import EPOCHS_KEPT, ERAS_KEPT
from runtime.pallets.rwa.records import FREEZE_ERAS, MAX_LISTED, AssetKind, haircut_of
from runtime.pallets.staking import records as staking
from runtime.pallets.vaults import formulas
from runtime.pallets.vaults.assets import MAX_ASSETS
from runtime.pallets.vaults.chunks import MAX_CHUNKS, UNBONDING_ERAS
from runtime.pallets.vaults.records import MAX_POSITIONS
from runtime.terms import DEFAULTS
from runtime.terms.parameter import Parameter
from runtime.terms.registry import ROWS
from runtime.terms.relations import MARGINAL_LIMIT
from tests.architecture.source import ROOT
from tests.support.chain import CHAIN, MemoryChain

PAGE = (ROOT / "docs" / "economics.md").read_text(encoding="utf-8")


def rows() -> dict[str, str]:
    """Return the tables of the page: the value of each parameter."""
    cells = [line.split("|")[1:3] for line in PAGE.splitlines() if line.startswith("| ")]
    return {name.strip(): value.strip() for name, value in cells}


def agpu(planck: int) -> str:
    """Return an amount as the page writes it."""
    whole, rest = divmod(planck, 10**12)
    return f"{whole}.{rest:012}".rstrip("0").rstrip(".") + " AGPU"


def percent(parts: int) -> str:
    """Return parts per billion as the page writes them."""
    return f"{parts / 10**7:.10g} %"


def test_what_stakers_earn_and_risk_is_said_as_it_is() -> None:
    config, page = MemoryChain().runtime().staking.config, " ".join(PAGE.split())
    limits = config.limits
    for sentence in (
        f"{staking.AUTHOR_POINTS} for a block, {RIGHT_POINTS} for a right verdict of an audit, "
        f"{FINDER_POINTS} for a cheat",
        f"a page of {staking.PAGE_NOMINATORS} nominators",
        f"after {staking.HISTORY_ERAS} eras what nobody collected",
        f"Up to {staking.MAX_WINNERS} validators",
        f"at least {agpu(DEFAULTS.staking.validator_bond)} and session keys",
        f"The {limits.voters} accounts with most at stake vote",
        f"names up to {staking.MAX_NOMINATIONS} with at least "
        f"{agpu(DEFAULTS.staking.nominator_bond)}",
        f"{staking.SLASH_DEFER_ERAS} eras after the offence's era",
        f"free {staking.UNLOCK_ERAS} eras after",
    ):
        assert sentence in page


def test_scores_pools_and_referrals_are_those_of_the_runtime() -> None:
    runtime, page = MemoryChain().runtime(), " ".join(PAGE.split())
    scoring, referral = runtime.mining.config, runtime.referral.config
    terms = runtime.parameters.referral
    weights, cells = scoring.weights, [line.split("|") for line in PAGE.splitlines()]
    assert {row[1].strip(): row[4].strip() for row in cells if len(row) == 6 and "%" in row[4]} == {
        name: f"{getattr(weights, name)} %" for name in weights.__slots__
    }
    assert agpu(scoring.scale.stake) == rows_of(cells, "stake")
    for sentence in (
        f"one account has {percent(scoring.governance_cap)} of an era at most",
        f"a block {scoring.author_points}, a right verdict of an audit {RIGHT_POINTS}",
        f"a cheat that was found {FINDER_POINTS}",
        f"among its first {referral.first_transactions} transactions",
        f"has burned {agpu(referral.least_burn)} by jobs of its own, or provided for "
        f"{referral.least_eras} eras",
        f"for {terms.window_eras} eras; nothing is taken",
        f"free after {terms.vesting_eras} eras",
        f"within {ERAS_KEPT} eras",
        f"kept for {EPOCHS_KEPT} epochs",
    ):
        assert sentence in page, sentence


def rows_of(cells: list[list[str]], name: str) -> str:
    """Return the full mark of a score."""
    (found,) = [row[3].strip() for row in cells if len(row) == 6 and row[1].strip() == name]
    return found


def test_the_rules_of_prices_are_those_of_the_runtime() -> None:
    runtime, table = MemoryChain().runtime(), rows()
    rules, config = runtime.parameters.pricing, runtime.pricing.config
    assert {
        "target utilisation u*": percent(rules.target),
        "D, the parts of which a period moves one": str(rules.divisor),
        "least and highest base price per CU": ", ".join(
            map(agpu, (rules.base_min, rules.base_max))
        ),
        "average": f"moves 1/{rules.average_divisor} of the gap per epoch",
        "scarcity begins at": f"{rules.band / 10**9} times the average, corrected by the index",
        "fewest markets for an index": str(rules.least_markets),
        "pricing period": "a sixth of an epoch, at least 5 blocks",
    }.items() <= table.items()
    assert config.period_blocks == max(CHAIN.epoch_slots // 6, 5)
    assert (len(config.tiers), config.regions) == (4, 16)


def test_the_rules_of_emission_are_those_of_the_runtime() -> None:
    curve, table = MemoryChain().runtime().parameters.emission, rows()
    row = ROWS[Parameter.KAPPA_MAX]
    assert {
        "cap on AGPU": agpu(curve.cap),
        "κmin, κmax": f"{percent(curve.kappa_min)}, {percent(curve.kappa_max)}",
        "limit of 2κmax − κmin": percent(MARGINAL_LIMIT),
        "A0 per CU": agpu(curve.a0),
        "K* per epoch": f"{curve.k_star} CU",
        "ρ per epoch": f"{curve.rho} ppb, at most {ROWS[Parameter.RHO].most}",
        "breaker": percent(curve.breaker),
        "change of a coefficient": f"{row.step} at most, once in {row.cooldown_eras} eras",
    }.items() <= table.items()


def test_the_split_of_fees_is_that_of_the_runtime() -> None:
    split = MemoryChain().runtime().parameters.fees
    lows = f"{split.provider_low // 10**7}–{percent(split.provider_high)} by reputation"
    kinds = {
        "base": (lows, split.base),
        "scarcity": (percent(split.scarcity_provider), split.scarcity),
        "surge": (percent(split.surge_provider), split.surge),
    }
    for name, (provider, parts) in kinds.items():
        others = map(percent, parts.all)
        assert "| " + " | ".join([name, provider, *others, "rest"]) + " |" in PAGE


def test_the_rules_of_vaults_are_those_of_the_runtime() -> None:
    config, table = MemoryChain().runtime().vaults.config, rows()
    least = ", ".join(map(agpu, (config.first_join, config.least_join)))
    assert {
        "least stake of the first in a vault, and of others": least,
        "deposit for a vault": agpu(config.deposit),
        "share of the insurance vault": percent(DEFAULTS.vaults.insurance_share),
        "highest commission, and its change in an era": ", ".join(
            map(percent, (config.max_commission, config.commission_step))
        ),
        "parts on their way out": f"{MAX_CHUNKS} for each stake, {UNBONDING_ERAS} eras each",
        "vaults of one account": str(MAX_POSITIONS),
    }.items() <= table.items()
    rwa = MemoryChain().runtime().rwa.config
    kinds = (AssetKind.TREASURY_BILL, AssetKind.ENERGY_CREDIT, AssetKind.OTHER)
    assert {
        "haircut: treasury bills, energy credits, others": ", ".join(
            percent(haircut_of(kind, DEFAULTS.rwa)) for kind in kinds
        ),
        "least bond of an issuer, and what a registration costs": ", ".join(
            map(agpu, (rwa.minimum_bond, rwa.entry_fee))
        ),
        "tokenised assets of a vault, of all": f"{percent(DEFAULTS.vaults.rwa_share)} of its "
        f"weight and {MAX_ASSETS}, {MAX_LISTED}",
        "length of an auction, and of a freeze": f"{rwa.auction_eras} eras, {FREEZE_ERAS} eras",
    }.items() <= table.items()
    terms = MemoryChain().runtime().parameters.vaults
    assert (terms.least_lock, formulas.FULL_LOCK) == (28, 364)
    assert (formulas.LEVEL_STEP, formulas.MAX_LEVEL) == (100 * 10**12, 8)
    assert (money.LEVEL_BOOST, money.MAX_BOOST) == (25, 600)
