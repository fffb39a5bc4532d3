"""The epochs of emission: what is fixed when one begins, and what is known when it is closed.

Shares of an epoch count until the next one ends, so an epoch is closed when the second after it has
begun. A block closes one at most: after an outage the next blocks catch up.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.compute.job import PERBILL
from runtime.pallets.emission import formulas
from runtime.pallets.emission.records import EPOCHS_KEPT, EpochBegan, EpochClosed, EpochInfo
from runtime.terms.parameter import Parameter

if TYPE_CHECKING:
    from runtime.pallets.emission.pallet import Emission

EPOCHS_OPEN = 2
"""Epochs in which shares count: their own and the next."""


class Epochs:
    """Begins and closes epochs. Invariant: what is below `next_to_close` is closed or never was."""

    def __init__(self, pallet: Emission) -> None:
        self._pallet = pallet

    def run(self) -> None:
        """Do what is due in a block."""
        pallet, current = self._pallet, self._pallet.clock.current_epoch()
        if pallet.epoch is None:
            pallet.next_to_close = current
        if pallet.epoch != current:
            self._begin(current)
        closing = pallet.next_to_close
        if closing + EPOCHS_OPEN <= current:
            self._close(closing)

    def _begin(self, epoch: int) -> None:
        """Fix re-emission by the issuance, and by the utilisation until now."""
        pallet, curve, target = self._pallet, self._pallet.terms.emission, self._target()
        issuance, average = pallet.token.total_issuance, self._utilisation()
        pallet.epoch, pallet.util_ema = epoch, average
        pallet.kappa = formulas.kappa(curve, target, curve.cap, issuance, average)
        pallet.highest_kappa = max(pallet.highest_kappa, curve.kappa_max)
        pallet.epoch_info[epoch] = EpochInfo(
            kappa=pallet.kappa,
            issuance=issuance,
            utilisation=average,
            is_closed=False,
            capacity=0,
            rate=0,
            budget=0,
            minted=0,
        )
        pallet.deposit(EpochBegan(epoch, pallet.kappa, issuance, average))

    def _target(self) -> int:
        """Return the utilisation, in ppb, at which re-emission is highest: that of prices."""
        return self._pallet.terms.pricing.target

    def _utilisation(self) -> int:
        """Return the moving average of utilisation, in ppb, after the epoch that has ended."""
        config, average = self._pallet.config, self._pallet.util_ema
        used, capacity = self._pallet.load.take_load()
        if average is None:
            return config.first_utilisation
        if not capacity:
            return average
        now = min(PERBILL, used * PERBILL // capacity)
        step = abs(now - average) // config.utilisation_epochs
        return average + step if now >= average else average - step

    def _close(self, epoch: int) -> None:
        """Fix what an epoch's proven capacity is paid, and forget the oldest epoch."""
        pallet, config = self._pallet, self._pallet.config
        pallet.next_to_close = epoch + 1
        if epoch >= EPOCHS_KEPT:
            del pallet.epoch_info[epoch - EPOCHS_KEPT]
        info = pallet.epoch_info.get(epoch)
        if info is None:  # nobody authored in it
            return
        curve, era = pallet.terms.emission, pallet.context.number // config.era_blocks
        eras = era - pallet.terms.renewed(Parameter.A0)
        start = formulas.halved(curve.a0, eras, curve.halving_eras)
        capacity = pallet.contributors.all_proven(epoch)
        budget, rate = formulas.availability(curve, start, curve.cap, info.issuance, capacity)
        pallet.epoch_info[epoch] = replace(
            info, is_closed=True, capacity=capacity, rate=rate, budget=budget
        )
        pallet.contributors.heard_rate(rate)
        pallet.deposit(EpochClosed(epoch, capacity, rate, budget))
