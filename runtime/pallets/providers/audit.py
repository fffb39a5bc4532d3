"""What must hold of providers between blocks; each predicate reads all of the pallet's state."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from runtime.frame.fungible import HoldReason
from runtime.pallets.providers import bonds

if TYPE_CHECKING:
    from runtime.pallets.providers.pallet import Providers


def roll_is_in_order(pallet: Providers) -> bool:
    """Say whether the roll lists providers, each once, from 0 on."""
    listed = dict(pallet.roll.items())
    inverse = {who: place for place, who in listed.items()}
    is_filled = sorted(listed) == list(range(pallet.roll_count))
    is_known = all(who in pallet.providers for who in inverse)
    return is_filled and is_known and inverse == dict(pallet.roll_index.items())


def the_idle_can_take_a_job(pallet: Providers) -> bool:
    """Say whether each provider is idle exactly while it can take a job, by its known rests."""
    slots = pallet.config.jobs_per_provider
    return all(
        provider.can_take_a_job(slots - len(pallet.resting[who])) == (who in pallet.idle_index)
        for who, provider in pallet.providers.items()
    )


def bonds_are_held(pallet: Providers) -> bool:
    """Say whether each hold is the bond and what leaves it."""
    held = pallet.currency.held
    return all(
        held(HoldReason.PROVIDER_BOND, who) == provider.bond + bonds.total(pallet.unbonding[who])
        for who, provider in pallet.providers.items()
    )


def markets_are_counted(pallet: Providers) -> bool:
    """Say whether the size of each market is the number of its providers."""
    counted = Counter(provider.info.market for _, provider in pallet.providers.items())
    return dict(counted) == dict(pallet.market_size.items())
