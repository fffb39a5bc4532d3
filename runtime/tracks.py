"""Governance in numbers: what each track of referenda may do, and what the treasury lets it spend.

Source: design page "Economy", 5.15 and 5.16.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from runtime.config import ChainConfig
from runtime.frame import GovernanceOrigin, ensure_root_or
from runtime.frame.curves import LinearDecreasing
from runtime.frame.origins import ROOT_CALLER, CustomOrigin, OriginCaller
from runtime.pallets import (
    bounties,
    conviction_voting,
    guardian,
    identity,
    referenda,
    safe_mode,
    treasury,
    whitelist,
)
from runtime.primitives.fixed import Perbill
from runtime.primitives.types import UNIT, Balance
from runtime.terms.registry import Owner


class Track(NamedTuple):
    """A track of referenda, as the design page lists it; periods in hundredths of an era."""

    id: int
    name: str
    origin: GovernanceOrigin | None
    """What its calls are made as; None for the chain itself."""
    max_deciding: int
    decision_deposit: int
    """AMAX."""
    periods: tuple[int, int, int, int]
    """To prepare, to decide, to confirm, and to wait before the call is made."""
    approval_percent: int
    """Of the votes, at the end of the decision; all of them at its start."""
    support_percent: int
    """Of the electorate, at the end of the decision; half of it at its start."""


ORIGIN = GovernanceOrigin

TRACKS = (
    Track(0, "root", None, 1, 20_000, (100, 2800, 400, 1400), 66, 30),
    Track(1, "whitelisted_caller", ORIGIN.WHITELISTED_CALLER, 10, 2_000, (2, 700, 20, 10), 60, 10),
    Track(10, "economic_params", ORIGIN.ECONOMIC_PARAMS, 4, 5_000, (100, 2100, 300, 700), 60, 20),
    Track(20, "small_spender", ORIGIN.SMALL_SPENDER, 20, 200, (20, 1400, 200, 100), 50, 5),
    Track(21, "medium_spender", ORIGIN.MEDIUM_SPENDER, 10, 1_000, (50, 2100, 300, 300), 55, 10),
    Track(22, "big_spender", ORIGIN.BIG_SPENDER, 4, 5_000, (100, 2800, 400, 700), 60, 20),
    Track(30, "registry", ORIGIN.REGISTRY, 10, 500, (50, 1400, 200, 100), 55, 8),
    Track(40, "emergency", ORIGIN.EMERGENCY, 2, 2_000, (0, 200, 20, 10), 75, 15),
    Track(
        90, "referendum_canceller", ORIGIN.REFERENDUM_CANCELLER, 20, 1_000, (20, 700, 50, 10), 55, 5
    ),
    Track(91, "referendum_killer", ORIGIN.REFERENDUM_KILLER, 20, 1_000, (20, 700, 50, 10), 55, 5),
)

OBJECTION_ERAS, CURATOR_ERAS = 7, 90
"""An award is paid after a week; a curator is heard of every three months."""

LEAST_BOUNTY, LEAST_CHILD_BOUNTY = 10 * UNIT, UNIT
"""AGPU."""

RELEASE_ERAS = 28
"""Eras in which governance can judge why the brake was pulled."""

SUBMISSION_DEPOSIT = 10 * UNIT
"""AMAX that who submits a referendum holds, so that the list of them is not filled for nothing."""

UNDECIDING_ERAS, LATE_ERAS = 28, 2
"""A referendum lapses that nobody decides for so long; one that turns late goes on for so long."""

SEASON_ERAS, LOCK_ERAS = 7, 7
"""AMAX votes a week after it was set aside; the least conviction binds for a week."""

TREASURY_ID = "sm/trsry"
"""What the account of the treasury is derived from."""

SPEND_ERAS, PAYOUT_ERAS = 7, 30
"""Local spends are paid once a week; a spend that nobody has paid out lapses after a month."""

PPM = 1_000
"""A millionth, in billionths."""

SMALL = treasury.Allowance(Perbill(500 * PPM), stream_eras=0)
MEDIUM = treasury.Allowance(Perbill(5_000 * PPM), stream_eras=30)
BIG = treasury.Allowance(Perbill(20_000 * PPM), stream_eras=90)

ALLOWANCES = (
    (GovernanceOrigin.SMALL_SPENDER, SMALL),
    (GovernanceOrigin.MEDIUM_SPENDER, MEDIUM),
    (GovernanceOrigin.BIG_SPENDER, BIG),
)
"""Of the pot: 0.05%, 0.5% and 2% in one spend; what they may in 28 eras is a parameter."""


CANCEL = ensure_root_or(ORIGIN.REFERENDUM_CANCELLER)
"""Who stops referenda and spends."""

BRAKE = ensure_root_or(ORIGIN.EMERGENCY)
"""Who begins and ends safe mode without a deposit, and pauses single calls."""

FORGIVENESS = ensure_root_or(ORIGIN.EMERGENCY)
"""Who calls slashes off: they wait for seven eras, and the root track takes nineteen at least."""

SAFE_MODE_DEPOSIT = 5_000 * UNIT
"""AGPU that pulling the brake holds; governance burns it if there was no need."""

PARAMETERS = ensure_root_or(ORIGIN.ECONOMIC_PARAMS)
"""Who decides on tiers, on what regions do to prices, and on the parameters of the economy."""

OWNERS = {Owner.ECONOMIC_PARAMS: PARAMETERS, Owner.ROOT: ensure_root_or()}
"""Who sets the parameters of each owner."""

ABSORPTION = ensure_root_or(ORIGIN.BIG_SPENDER, ORIGIN.EMERGENCY)
"""Who lets the treasury buy AGPU to burn it."""

REGISTRIES = ensure_root_or(ORIGIN.REGISTRY)
"""Who decides which accounts are oracles and auditors, what is reported, and what energy emits."""

POWERS = referenda.Powers(CANCEL, ensure_root_or(ORIGIN.REFERENDUM_KILLER))

WHITELISTING = whitelist.Powers(ensure_root_or(), ensure_root_or(ORIGIN.WHITELISTED_CALLER))
"""A referendum of the root track whitelists, or guardians do."""


TERM_ERAS, FIXED_ERAS = 90, 7
"""Guardians are elected every three months; for the last week nobody leaves the list."""

CANDIDACY_DEPOSIT, LEAST_STAKE = 1_000 * UNIT, UNIT
"""AMAX that a candidate holds, and with which an account elects at least."""

SEAT, NOTABLE = Perbill.from_percent(10), Perbill.from_percent(1)
"""Of the electorate: a seat needs as much as the quick track; below 1% a deposit is lost.

Without a floor for seats an election that nobody heeds would seat whoever stands.
"""

NEEDED = guardian.Needed(whitelist=4, veto=5, brake=3, freeze=4)
"""Of seven: while seats are empty guardians can do less, not more."""

MOTION_ERAS, VETO_ERAS, BRAKE_PAUSE_ERAS = 1, 7, 7
"""Safe mode lasts one era: a week's pause keeps guardians from making it last."""


IDENTITIES = identity.Config(UNIT, UNIT // 1_000, UNIT // 2)
"""AGPU that an identity holds, for each byte, and for each account under it."""


def guardian_config(config: ChainConfig) -> guardian.Config:
    """Return the constants of Guardian on a chain."""
    era = config.era_blocks
    return guardian.Config(
        term=TERM_ERAS * era,
        fixed=FIXED_ERAS * era,
        season=SEASON_ERAS * era,
        candidacy_deposit=CANDIDACY_DEPOSIT,
        least_stake=LEAST_STAKE,
        seat=SEAT,
        notable=NOTABLE,
        needed=NEEDED,
        motion=MOTION_ERAS * era,
        veto=VETO_ERAS * era,
        brake_pause=BRAKE_PAUSE_ERAS * era,
    )


def safe_mode_config(config: ChainConfig) -> safe_mode.Config:
    """Return the constants of SafeMode on a chain: an era at a time."""
    era = config.era_blocks
    return safe_mode.Config(era, era, SAFE_MODE_DEPOSIT, SAFE_MODE_DEPOSIT, RELEASE_ERAS * era)


def bounties_config(config: ChainConfig) -> bounties.Config:
    """Return the constants of Bounties on a chain."""
    era = config.era_blocks
    return bounties.Config(
        pallet_id=TREASURY_ID,
        deposit_base=UNIT,
        deposit_per_byte=UNIT // 1_000,
        payout_delay=OBJECTION_ERAS * era,
        update_period=CURATOR_ERAS * era,
        curator_multiplier=Perbill.from_percent(50),
        curator_least=UNIT,
        curator_most=1_000 * UNIT,
        minimum=LEAST_BOUNTY,
    )


def referenda_config(config: ChainConfig) -> referenda.Config:
    """Return the constants of Referenda on a chain."""
    return _referenda(config.era_blocks)


@cache  # a runtime is made for every block, and the tracks were a quarter of what that took
def _referenda(era: int) -> referenda.Config:
    return referenda.Config(
        submission_deposit=SUBMISSION_DEPOSIT,
        undeciding_timeout=UNDECIDING_ERAS * era,
        late_extension=LATE_ERAS * era,
        tracks=tuple((track.id, details(track, era)) for track in TRACKS),
        origins=tuple((caller_for(track), track.id) for track in TRACKS),
    )


def details(track: Track, era_blocks: int) -> referenda.TrackDetails:
    """Return the rules of a track on a chain whose eras have so many blocks."""
    prepare, *others = (part * era_blocks // 100 for part in track.periods)
    decide, confirm, enact = (max(blocks, 1) for blocks in others)
    return referenda.TrackDetails(
        name=track.name,
        max_deciding=track.max_deciding,
        decision_deposit=track.decision_deposit * UNIT,
        prepare_period=prepare,
        decision_period=decide,
        confirm_period=confirm,
        min_enactment_period=enact,
        min_approval=falling(100, track.approval_percent),
        min_support=falling(50, track.support_percent),
    )


def falling(start_percent: int, end_percent: int) -> LinearDecreasing:
    """Return the straight line from one percentage to another over the whole decision."""
    floor, ceil = Perbill.from_percent(end_percent), Perbill.from_percent(start_percent)
    return LinearDecreasing(Perbill.ONE, floor.parts, ceil.parts)


def caller_for(track: Track) -> OriginCaller:
    """Return what the calls of a track are made as."""
    return ROOT_CALLER if track.origin is None else CustomOrigin(track.origin)


def voting_config(config: ChainConfig) -> conviction_voting.Config:
    """Return the constants of ConvictionVoting on a chain."""
    era = config.era_blocks
    return conviction_voting.Config(LOCK_ERAS * era, SEASON_ERAS * era, era)


def treasury_config(config: ChainConfig, minimum: Balance) -> treasury.Config:
    """Return the constants of Treasury on a chain."""
    return treasury.Config(
        pallet_id=TREASURY_ID,
        era_blocks=config.era_blocks,
        spend_eras=SPEND_ERAS,
        payout_eras=PAYOUT_ERAS,
        allowances=ALLOWANCES,
        minimum=minimum,
    )
