"""Governance as a client sees it: tracks, referenda and how they stand, and the calls to take part.

What a referendum needs falls while it is decided; `Standing` says what it has and what it would
need now, by the rules of the runtime itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from cli.errors import CommandError, UsageError
from cli.sdk.client import Client
from cli.sdk.names import find_pallet, pick
from runtime.frame.calls import Call
from runtime.frame.origins import OriginCaller
from runtime.frame.preimages import MAX_INLINE_BYTES, BoundedCall, Inline, Lookup
from runtime.frame.schedule import After
from runtime.pallets.conviction_voting import Conviction, Standard, Vote
from runtime.pallets.conviction_voting.types import AccountVote, SplitAbstain
from runtime.pallets.referenda.pallet import Referenda, enactment_name
from runtime.pallets.referenda.tracks import TrackDetails
from runtime.pallets.referenda.types import (
    Approved,
    Ongoing,
    ReferendumInfo,
    ReferendumStatus,
)
from runtime.pallets.scheduler.types import Outcome
from runtime.primitives.compact import DecodeError
from runtime.primitives.fixed import Perbill
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import Balance, BlockNumber

Side = Literal["aye", "nay", "abstain"]

CONVICTIONS = {
    "0.1x": Conviction.NONE,
    **{f"{one.value}x": one for one in Conviction if one is not Conviction.NONE},
}
"""By what a vote counts, as people write it."""


@dataclass(frozen=True, slots=True)
class Track:
    """A track: its rules, and what its calls are made as."""

    number: int
    rules: TrackDetails
    origin: OriginCaller


@dataclass(frozen=True, slots=True)
class Standing:
    """What a referendum has and what it would need now, in parts of one."""

    approval: float
    needed_approval: float
    support: float
    needed_support: float

    @property
    def passes(self) -> bool:
        """Whether it has enough of both."""
        has_approval = self.approval >= self.needed_approval
        return has_approval and self.support >= self.needed_support


@dataclass(frozen=True, slots=True)
class Referendum:
    """A referendum, at one block."""

    number: int
    info: ReferendumInfo
    phase: str
    """preparing, queued, deciding, confirming, or how it ended."""
    until: BlockNumber | None
    """The block in which the phase ends if nothing changes; of an approved one, that of its call.
    """
    track: Track | None
    call: Call | None
    """What it proposes; None if its preimage is not on the chain, or is no call."""
    standing: Standing | None
    outcome: Outcome | None = None
    """What its call led to, once it was made."""


def tracks_of(client: Client) -> dict[int, Track]:
    """Return the tracks of the chain by number."""
    config = _referenda(client).config
    origins = {number: origin for origin, number in config.origins}
    return {number: Track(number, rules, origins[number]) for number, rules in config.tracks}


def track_named(client: Client, text: str) -> Track:
    """Return a track by its number or name.

    Raises: UsageError, naming those there are.
    """
    tracks = tracks_of(client)
    if text.isdecimal() and int(text) in tracks:
        return tracks[int(text)]
    named: Track = pick("track", text, {track.rules.name: track for track in tracks.values()})
    return named


async def referendum(client: Client, number: int, at: bytes) -> Referendum:
    """Return a referendum as it is in a block.

    Raises: CommandError if there is no such referendum.
    """
    info: ReferendumInfo | None = await client.storage(
        "Referenda", "ReferendumInfoFor", number, at=at
    )
    if info is None:
        raise CommandError(f"there is no referendum {number}: see `starminer gov list`")
    if not isinstance(info, Ongoing):
        return await _ended(client, number, info, at)
    status = info.status
    track = tracks_of(client)[status.track]
    now = await client.number(at)
    phase, until = phase_of(status, track.rules, now)
    call = await proposed(client, status.proposal, at)
    standing = await standing_of(client, status, track.rules, at, now)
    return Referendum(number, info, phase, until, track, call, standing)


async def _ended(client: Client, number: int, info: ReferendumInfo, at: bytes) -> Referendum:
    """Return a referendum that is decided, with what its call led to, or when it is made."""
    found = Referendum(number, info, type(info).__name__.lower(), None, None, None, None)
    if not isinstance(info, Approved):
        return found
    name = enactment_name(number)
    place = await client.storage("Scheduler", "Lookup", name, at=at)
    outcome = await client.storage("Scheduler", "Outcomes", name, at=at)
    return replace(found, until=None if place is None else place[0], outcome=outcome)


async def referenda(client: Client, limit: int, at: bytes) -> list[Referendum]:
    """Return the newest referenda, the newest first."""
    count: int = await client.storage("Referenda", "ReferendumCount", at=at)
    newest = range(count - 1, max(count - 1 - limit, -1), -1)
    return [await referendum(client, number, at) for number in newest]


def phase_of(
    status: ReferendumStatus, rules: TrackDetails, now: BlockNumber
) -> tuple[str, BlockNumber]:
    """Return where on its way a referendum is, and until which block."""
    if status.deciding is None:
        ready_at = status.submitted + rules.prepare_period
        if status.decision_deposit is None:
            return "wants its decision deposit", ready_at
        return ("queued" if now >= ready_at else "preparing"), ready_at
    if status.deciding.confirming is None:
        return "deciding", status.deciding.since + rules.decision_period
    return "confirming", status.deciding.confirming


async def standing_of(
    client: Client, status: ReferendumStatus, rules: TrackDetails, at: bytes, now: BlockNumber
) -> Standing:
    """Return what a referendum has, and what it would need in a block."""
    issued: Balance = await client.storage("Amax", "TotalIssuance", at=at)
    inactive: Balance = await client.storage("Amax", "InactiveIssuance", at=at)
    since = now if status.deciding is None else status.deciding.since
    elapsed = Perbill.from_ratio(min(now - since, rules.decision_period), rules.decision_period)
    tally = status.tally
    parts = (
        tally.approval().parts,
        rules.min_approval.threshold(elapsed),
        tally.support_of(issued - inactive).parts,
        rules.min_support.threshold(elapsed),
    )
    return Standing(*(part / Perbill.ONE for part in parts))


async def proposed(client: Client, proposal: BoundedCall, at: bytes) -> Call | None:
    """Return the call that a referendum names, if the chain has its bytes and knows it."""
    if isinstance(proposal, Lookup):
        key = (proposal.hash, proposal.len_)
        raw: bytes | None = await client.storage("Preimage", "PreimageFor", key, at=at)
    else:
        raw = proposal.call if isinstance(proposal, Inline) else None
    if raw is None:
        return None
    try:
        return client.calls.decode(raw)
    except DecodeError:
        return None


def submission(client: Client, proposal: bytes, track: Track, after: int) -> bytes:
    """Return the call that submits a proposal; with it its bytes, if they are too many for it."""
    bounded: BoundedCall = Inline(proposal)
    is_long = len(proposal) > MAX_INLINE_BYTES
    if is_long:
        bounded = Lookup(blake2_256(proposal), len(proposal))
    encode = client.calls.encode
    submit = encode("Referenda", "submit", track.origin, bounded, After(after))
    if not is_long:
        return submit
    parts = (encode("Preimage", "note_preimage", proposal), submit)
    return encode("Utility", "batch_all", tuple(client.calls.decode(part) for part in parts))


def vote_of(side: Side, amount: Balance, conviction: str) -> AccountVote:
    """Return a vote.

    Raises: UsageError if there is no such conviction.
    """
    if side == "abstain":
        return SplitAbstain(0, 0, amount)
    return Standard(Vote(side == "aye", conviction_of(conviction)), amount)


def conviction_of(text: str) -> Conviction:
    """Read a conviction, such as 0.1x or 3x.

    Raises: UsageError.
    """
    if text not in CONVICTIONS:
        raise UsageError(f"--conviction: wanted {', '.join(CONVICTIONS)}, got {text!r}")
    return CONVICTIONS[text]


def _referenda(client: Client) -> Referenda:
    pallet = find_pallet(client.pallets, "Referenda")
    assert isinstance(pallet, Referenda), "the runtime of this chain has referenda"
    return pallet
