"""How much may be spent in a time: of each track, and of all tracks together.

What was approved in the last 28 eras may not exceed a part of what the pot held when the first of
it was approved. Whoever takes over the votes can take no more than that part, however often they
ask. Source: design page "Economy", 5.16.
"""

from __future__ import annotations

from runtime.frame import GovernanceOrigin
from runtime.pallets.treasury.types import WINDOW_ERAS, EraSpends, Window
from runtime.primitives.fixed import Perbill
from runtime.primitives.types import Balance
from runtime.terms import SpendWindows


def share_of(track: GovernanceOrigin, terms: SpendWindows) -> Perbill:
    """Return the part of the pot that a track may spend in 28 eras."""
    match track:
        case GovernanceOrigin.SMALL_SPENDER:
            return Perbill(terms.small)
        case GovernanceOrigin.MEDIUM_SPENDER:
            return Perbill(terms.medium)
        case GovernanceOrigin.BIG_SPENDER:
            return Perbill(terms.big)
        case _:
            return Perbill(0)


def current(window: Window, era: int) -> Window:
    """Return what of a window still counts in an era."""
    return tuple(one for one in window if one.era + WINDOW_ERAS > era)


def room(window: Window, era: int, share: Perbill, balance: Balance) -> Balance:
    """Return how much may still be approved in an era, of a pot that holds `balance` now."""
    counted = current(window, era)
    start = counted[0].balance if counted else balance
    return max(share.of(start) - sum(one.amount for one in counted), 0)


def extended(window: Window, era: int, balance: Balance, amount: Balance) -> Window:
    """Return a window with `amount` approved in an era, of a pot that held `balance` before."""
    counted = current(window, era)
    if counted and counted[-1].era == era:
        last = counted[-1]
        return (*counted[:-1], EraSpends(era, last.balance, last.amount + amount))
    return (*counted, EraSpends(era, balance, amount))
