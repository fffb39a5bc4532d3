"""Staking as a client sees it: what an account has at stake, and what an era still owes it."""

from __future__ import annotations

from dataclasses import dataclass

from cli.sdk.client import Client
from cli.sdk.names import find_pallet
from runtime.pallets.session import SessionKeys
from runtime.pallets.staking import Staking
from runtime.pallets.staking.records import (
    HISTORY_ERAS,
    ActiveEraInfo,
    EraRewardPoints,
    Nominations,
    PagedExposureMetadata,
    RewardDestination,
    StakingLedger,
    UnappliedSlash,
    ValidatorPrefs,
)
from runtime.primitives.types import AccountId, Balance, BlockNumber


@dataclass(frozen=True, slots=True)
class Now:
    """Where the chain is."""

    block: BlockNumber
    session: int
    era: int
    next_era_block: BlockNumber
    """The first session that begins from this block on opens the next era."""


@dataclass(frozen=True, slots=True)
class Stake:
    """What an account has at stake, and what it does with it."""

    ledger: StakingLedger
    prefs: ValidatorPrefs | None
    """Its terms, if it stands for election."""
    nominations: Nominations | None
    """Whom it wants to validate, if it nominates."""
    payee: RewardDestination | None
    keys: SessionKeys | None
    """What it set for the sessions to come."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A validator of this session."""

    place: int
    points: int
    all_points: int
    """Of all validators of this era."""
    exposure: PagedExposureMetadata | None
    authored: int
    """Blocks of this session."""
    has_beaten: bool
    """Whether it sent a heartbeat in this session."""


@dataclass(frozen=True, slots=True)
class Due:
    """An era whose reward was not collected, and the pages of stakers that it is owed to."""

    era: int
    pages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Owed:
    """A slash that waits."""

    era: int
    place: int
    """Its place among those of the era: what `cancel_deferred_slash` names."""
    slash: UnappliedSlash

    def by(self, who: AccountId) -> Balance:
        """Return what an account owes of it: the validator's own part, or a nominator's."""
        own = self.slash.own if self.slash.validator == who else 0
        return own + dict(self.slash.others).get(who, 0)


def staking_of(client: Client) -> Staking:
    """Return the pallet, for its rules."""
    pallet = find_pallet(client.pallets, "Staking")
    assert isinstance(pallet, Staking), "the runtime of this chain has staking"
    return pallet


async def now(client: Client, at: bytes) -> Now:
    """Return the session and the era of a block."""
    block = await client.number(at)
    active: ActiveEraInfo | None = await client.storage("Staking", "ActiveEra", at=at)
    session: int = await client.storage("Session", "CurrentIndex", at=at)
    length = client.config.era_blocks
    return Now(block, session, active.index if active else 0, (block // length + 1) * length)


async def stake_of(client: Client, who: AccountId, at: bytes) -> Stake | None:
    """Return what an account has at stake; None for one that has nothing."""
    ledger: StakingLedger | None = await client.storage("Staking", "Ledger", who, at=at)
    if ledger is None:
        return None
    return Stake(
        ledger,
        await client.storage("Staking", "Validators", who, at=at),
        await client.storage("Staking", "Nominators", who, at=at),
        await client.storage("Staking", "Payee", who, at=at),
        await client.storage("Session", "NextKeys", who, at=at),
    )


async def seat_of(client: Client, who: AccountId, when: Now, at: bytes) -> Seat | None:
    """Return how a validator does in this session; None for one that is not in it."""
    seated: tuple[AccountId, ...] = await client.storage("Session", "Validators", at=at)
    if who not in seated:
        return None
    place = seated.index(who)
    points: EraRewardPoints = await client.storage("Staking", "ErasRewardPoints", when.era, at=at)
    keys = (when.session, place), (when.session, who)
    beat: bool | None = await client.storage("ImOnline", "ReceivedHeartbeats", *keys[0], at=at)
    return Seat(
        place,
        points.individual.get(who, 0),
        points.total,
        await client.storage("Staking", "ErasStakersOverview", when.era, who, at=at),
        await client.storage("ImOnline", "AuthoredBlocks", *keys[1], at=at),
        beat is not None,
    )


async def dues(client: Client, who: AccountId, when: Now, at: bytes) -> tuple[Due, ...]:
    """Return what of a validator's past eras was not collected, the oldest first."""
    found = []
    for era in range(max(when.era - HISTORY_ERAS, 0), when.era):
        pages = await open_pages(client, who, era, at)
        if pages:
            found.append(Due(era, pages))
    return tuple(found)


async def open_pages(client: Client, who: AccountId, era: int, at: bytes) -> tuple[int, ...]:
    """Return the pages of an era that nobody collected for."""
    reward: Balance | None = await client.storage("Staking", "ErasValidatorReward", era, at=at)
    if not reward:
        return ()
    points: EraRewardPoints = await client.storage("Staking", "ErasRewardPoints", era, at=at)
    exposure: PagedExposureMetadata | None = await client.storage(
        "Staking", "ErasStakersOverview", era, who, at=at
    )
    if exposure is None or not points.individual.get(who):
        return ()
    claimed: tuple[int, ...] = await client.storage("Staking", "ClaimedRewards", era, who, at=at)
    return tuple(page for page in range(max(exposure.page_count, 1)) if page not in claimed)


async def owed_by(client: Client, who: AccountId, when: Now, at: bytes) -> tuple[Owed, ...]:
    """Return the slashes of which a validator or nominator owes a part, the oldest first."""
    found = []
    waits = staking_of(client).slash_defer_duration()
    for era in range(max(when.era - waits - 1, 0), when.era + 1):
        slashes = await client.storage("Staking", "UnappliedSlashes", era, at=at)
        found += [Owed(era, place, one) for place, one in enumerate(slashes)]
    return tuple(one for one in found if one.slash.validator == who or one.by(who))
