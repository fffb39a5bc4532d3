"""What a proposal would spend of the treasury, and whether its track may spend so much at once.

The chain finds out weeks later, when the call of a referendum that has passed is made: a client
can say it before anybody pays a deposit. Windows of 28 eras are left to the chain: they move on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cli.errors import CommandError
from cli.sdk.client import Client
from cli.sdk.governance import Track, tracks_of
from cli.sdk.names import find_pallet
from genesis.notation import format_amount
from runtime.frame.calls import Call
from runtime.frame.fungibles import AMAX, NATIVE, Native, NativeOrWithId
from runtime.frame.origins import CustomOrigin
from runtime.pallets.assets.types import AssetAccount, AssetDetails
from runtime.pallets.bounties.types import Bounty
from runtime.pallets.treasury import Treasury
from runtime.primitives.types import Balance

SAME_ORIGIN = ("batch", "batch_all", "force_batch")
"""Calls of Utility whose calls are made as the track itself."""
AMOUNTS = frozenset(("Treasury.spend_local", "Treasury.spend", "Stability.burn_reserve"))
"""Calls that spend their argument `amount`."""
LOCAL, GRANT = "Treasury.spend_local", "Bounties.approve_bounty"


@dataclass(frozen=True, slots=True)
class Spend:
    """A call that spends of the treasury."""

    call: str
    amount: Balance
    kind: NativeOrWithId = NATIVE


@dataclass(frozen=True, slots=True)
class Limit:
    """What a track may spend at once, as the pot is now."""

    track: str
    most: Balance
    is_local: bool
    """Whether it pays at once: others pay little by little, and make no local spends."""

    def allows(self, spend: Spend) -> bool:
        """Say whether the track may make a spend."""
        return spend.amount <= self.most and (self.is_local or spend.call != LOCAL)


async def ensure_affordable(client: Client, proposal: Call, track: Track) -> None:
    """Refuse a proposal that spends more than its track may as the treasury is now.

    Raises: CommandError with the limit, and the smallest track that could carry the spend.
    """
    at = await client.block_hash()
    spends = await spends_of(client, proposal, at)
    if not spends:
        return
    for spend in spends:
        limits = await limits_of(client, at, spend.kind)
        own = next((one for one in limits if one.track == track.rules.name), None)
        if own is None or not own.allows(spend):
            raise CommandError(refusal(spend, track.rules.name, own, limits))


async def spends_of(client: Client, proposal: Call, at: bytes) -> list[Spend]:
    """Return the spends in a call, and in those that it makes as the same track."""
    found = []
    for call in _made_alike(proposal):
        name = f"{call.entry.pallet}.{call.entry.name}"
        values = dict(zip((one for one, _ in call.entry.signature), call.arguments, strict=True))
        if name in AMOUNTS:
            found.append(Spend(name, values["amount"], values.get("asset_kind", NATIVE)))
        elif name == GRANT:
            number = values["bounty_id"]
            bounty: Bounty | None = await client.storage("Bounties", "Bounties", number, at=at)
            if bounty is not None:
                found.append(Spend(name, bounty.value))
    return found


async def limits_of(client: Client, at: bytes, kind: NativeOrWithId = NATIVE) -> list[Limit]:
    """Return what each track may spend at once of an asset in a block, the smallest first."""
    pallet = find_pallet(client.pallets, "Treasury")
    assert isinstance(pallet, Treasury), "the runtime of this chain has a treasury"
    pot = await _pot_of(client, pallet, kind, at)
    allowances = dict(pallet.config.allowances)
    limits = []
    for track in tracks_of(client).values():
        origin = track.origin.origin if isinstance(track.origin, CustomOrigin) else None
        allowance = None if origin is None else allowances.get(origin)
        if allowance is not None:
            most = allowance.each.of(pot)
            limits.append(Limit(track.rules.name, most, not allowance.stream_eras))
    return sorted(limits, key=lambda one: one.most)


def refusal(spend: Spend, track: str, own: Limit | None, limits: list[Limit]) -> str:
    """Say why a track cannot make a spend, and which could."""
    amount = amount_words(spend.amount, spend.kind)
    if own is None:
        why = f"the track {track} may spend nothing"
    elif spend.amount > own.most:
        most = amount_words(own.most, spend.kind)
        why = f"the track {track} may spend {most} at once, got {amount}"
    else:
        why = f"the track {track} pays little by little, by treasury.spend"
    able = [one for one in limits if one.most >= spend.amount]
    if able:
        best = next((one for one in able if one.allows(spend)), able[0])
        how = "" if best.allows(spend) else ", by treasury.spend"
        way = f"the smallest that may spend {amount} is {best.track}{how}"
    else:
        way = f"no track may spend {amount}"
    return f"{spend.call}: {why}; {way} (--anyway proposes it all the same)"


def amount_words(amount: Balance, kind: NativeOrWithId) -> str:
    """Return an amount with its asset: tokens of AGPU and AMAX, least units of others."""
    if isinstance(kind, Native):
        return format_amount(amount)
    return format_amount(amount, "AMAX") if kind == AMAX else f"{amount}:{kind.id}"


async def _pot_of(client: Client, pallet: Treasury, kind: NativeOrWithId, at: bytes) -> Balance:
    """Return what the treasury could spend of an asset, promised or not."""
    who, least = pallet.account, pallet.config.minimum
    if isinstance(kind, Native):
        owned = (await client.account(who, at)).data.free
    elif kind == AMAX:
        owned = (await client.amax(who, at)).free
    else:
        entry: AssetAccount | None = await client.storage("Assets", "Account", kind.id, who, at=at)
        asset: AssetDetails | None = await client.storage("Assets", "Asset", kind.id, at=at)
        owned = 0 if entry is None else entry.balance
        least = 0 if asset is None else asset.min_balance
    return max(owned - least, 0)


def _made_alike(call: Call) -> Iterator[Call]:
    """Return a call, or those inside it if it only makes others as the same origin."""
    entry = call.entry
    if entry.pallet == "Utility" and entry.name in SAME_ORIGIN:
        for inner in call.arguments[0]:
            yield from _made_alike(inner)
    else:
        yield call
