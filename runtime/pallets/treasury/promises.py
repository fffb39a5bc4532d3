"""What is promised of each asset that the treasury has, and what its tracks may still promise.

Each asset has a pot, windows and promises of its own, and the same parts of each pot may be spent.
Those of AGPU are storage items from before there were others. Source: design page "Economy", 5.16.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.frame import GovernanceOrigin, ensure
from runtime.frame.fungibles import AMAX, NATIVE, Native, NativeOrWithId
from runtime.pallets.treasury.ports import Allowance, Error
from runtime.pallets.treasury.types import Window
from runtime.pallets.treasury.windows import extended, room, share_of
from runtime.primitives.fixed import Perbill
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.treasury.pallet import Treasury


class Promises:
    """Promises, pays and counts. Invariant: of AGPU and AMAX no more is promised than there is."""

    def __init__(self, pallet: Treasury) -> None:
        self._pallet = pallet

    def commit(
        self, track: GovernanceOrigin, allowance: Allowance, kind: NativeOrWithId, amount: Balance
    ) -> None:
        """Promise `amount`, if the origin, both windows and the pot allow it."""
        pallet, spending = self._pallet, self._pallet.terms.treasury
        is_small = not allowance.stream_eras
        ensure(is_small or not pallet.restraint.is_holding(), Error.HELD_BACK)
        pot, era = self.pot(kind), self._era()
        ensure(amount <= allowance.each.of(pot), Error.INSUFFICIENT_PERMISSION)
        mine, all_tracks = self._track_window(kind, track), self._window(kind)
        left = min(
            room(mine, era, share_of(track, spending), pot),
            room(all_tracks, era, Perbill(spending.all_tracks), pot),
        )
        ensure(amount <= left, Error.WINDOW_EXHAUSTED)
        ensure(self.committed(kind) + amount <= pot, Error.POT_TOO_SMALL)
        self.settle(kind, -amount)
        self._set_window(kind, extended(all_tracks, era, pot, amount))
        window = extended(mine, era, pot, amount)
        if isinstance(kind, Native):
            pallet.track_window[track] = window
        else:
            pallet.asset_track_window[kind.id, track] = window

    def invested(self, amount: Balance) -> None:
        """Count AGPU that just left the pot for a pool against what all tracks may spend.

        Raises:
            DispatchError: it is more than they may, or only the small track spends now.
        """
        pallet = self._pallet
        ensure(not pallet.restraint.is_holding(), Error.HELD_BACK)
        pot, era, window = self.pot(NATIVE) + amount, self._era(), self._window(NATIVE)
        left = room(window, era, Perbill(pallet.terms.treasury.all_tracks), pot)
        ensure(amount <= left, Error.WINDOW_EXHAUSTED)
        self._set_window(NATIVE, extended(window, era, pot, amount))

    def settle(self, kind: NativeOrWithId, amount: Balance) -> None:
        """Take a promise back: it is paid, or called off."""
        pallet, left = self._pallet, self.committed(kind) - amount
        if isinstance(kind, Native):
            pallet.committed = left
        elif left:
            pallet.asset_committed[kind.id] = left
        else:
            del pallet.asset_committed[kind.id]

    def committed(self, kind: NativeOrWithId) -> Balance:
        """Return what of an asset is approved and not paid."""
        pallet = self._pallet
        return pallet.committed if isinstance(kind, Native) else pallet.asset_committed[kind.id]

    def pot(self, kind: NativeOrWithId) -> Balance:
        """Return what the treasury could spend of an asset, promised or not."""
        pallet, who = self._pallet, self._pallet.account
        if isinstance(kind, Native):
            owned, least = pallet.ledger.free(who), pallet.config.minimum
        elif kind == AMAX:
            owned, least = pallet.voting.free(who), pallet.config.minimum
        else:
            owned, least = pallet.assets.balance(kind.id, who), pallet.assets.minimum(kind.id)
        return max(owned - least, 0)

    def is_known(self, kind: NativeOrWithId) -> bool:
        """Say whether there is such an asset."""
        return isinstance(kind, Native) or kind == AMAX or self._pallet.assets.exists(kind.id)

    def pay(self, kind: NativeOrWithId, dest: AccountId, amount: Balance) -> None:
        """Move `amount` out of the pot; who is paid pays for an entry that is made."""
        pallet, who = self._pallet, self._pallet.account
        if isinstance(kind, Native):
            pallet.ledger.transfer(who, dest, amount)
        elif kind == AMAX:
            pallet.voting.transfer(who, dest, amount)
        else:
            pallet.assets.move(kind.id, who, dest, amount, payer=dest, keep_alive=True)

    def _era(self) -> int:
        return self._pallet.context.number // self._pallet.config.era_blocks

    def _window(self, kind: NativeOrWithId) -> Window:
        pallet = self._pallet
        return pallet.global_window if isinstance(kind, Native) else pallet.asset_window[kind.id]

    def _track_window(self, kind: NativeOrWithId, track: GovernanceOrigin) -> Window:
        pallet = self._pallet
        if isinstance(kind, Native):
            return pallet.track_window[track]
        return pallet.asset_track_window[kind.id, track]

    def _set_window(self, kind: NativeOrWithId, window: Window) -> None:
        if isinstance(kind, Native):
            self._pallet.global_window = window
        else:
            self._pallet.asset_window[kind.id] = window
