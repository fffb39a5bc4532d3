"""Arguments of calls about tokenised assets, in vaults and by their issuers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runtime.pallets.rwa import AssetKind, Meta
from runtime.primitives.types import UNIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.property.by_hand import Crowd, Made

FIRST = 900
"""The numbers of a few assets begin here."""


def register(crowd: Crowd) -> Made:
    die = crowd.know.die
    kind, asset = die.choice(list(AssetKind)), FIRST + die.randrange(4)
    meta = Meta(asset, kind, die.choice([0, 6, 19]), 0, 1, bytes(32))
    return crowd.know.someone(), (meta, die.choice([999, 1_000, 1_001]) * UNIT)


def by_issuer(*more: Any) -> Callable[[Crowd], Made]:
    """Return what makes a call about an asset, by its issuer if it has one."""

    def make(crowd: Crowd) -> Made:
        found = list(crowd.chain.runtime.rwa.assets.items())
        asset, record = crowd.know.die.choice(found) if found else (FIRST, None)
        who = None if record is None else record.issuer
        if who not in crowd.know.accounts or crowd.know.die.random() < 0.05:
            who = crowd.know.someone()
        return who, (asset, *(one(crowd) for one in more))

    return make


def someone(crowd: Crowd) -> bytes:
    return crowd.know.someone()


def units(crowd: Crowd) -> int:
    return crowd.know.die.choice([0, 1, 10**6])


RWA = {
    "Rwa.register_rwa": register,
    "Rwa.mint_rwa": by_issuer(someone, units),
    "Rwa.burn_rwa": by_issuer(units),
    "Rwa.freeze_rwa": by_issuer(),
    "Rwa.thaw_rwa": by_issuer(),
    "Rwa.close_rwa": by_issuer(),
}
"""By pallet and call."""
