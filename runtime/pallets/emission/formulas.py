"""What is minted: arithmetic on planck and parts per billion; every step rounds down.

Each function is that of the design's integer reference, `econ.py`, against which the golden vectors
in `tests/conformance/vectors/economy.json` hold it. Letters are the page's: S the issuance, K the
proven capacity, u the utilisation, f the room under the cap. Source: design page "Economy", 5.7.
"""

from __future__ import annotations

from runtime.compute.job import PERBILL
from runtime.compute.price import MICRO
from runtime.pallets.emission.records import Slices, Window
from runtime.primitives.types import Balance
from runtime.terms import Curve, Shares

WINDOW_EPOCHS = 24
"""Epochs in which what was minted stops to count against the breaker."""


def room_factor(issuance: Balance, cap: Balance) -> int:
    """Return f = (1 - S/cap)**2 in ppb: what is left of a curve as the issuance saturates."""
    left = PERBILL - min(PERBILL, issuance * PERBILL // cap)
    return left * left // PERBILL


def kappa(curve: Curve, target: int, cap: Balance, issuance: Balance, used: int) -> int:
    """Return the part of a burn that is minted again, in ppb.

    `target` and `used` are utilisations in ppb: κ = κmin + (κmax - κmin) f min(1, u/u*).
    """
    demand = min(PERBILL, used * PERBILL // target)
    span = curve.kappa_max - curve.kappa_min
    return curve.kappa_min + span * room_factor(issuance, cap) // PERBILL * demand // PERBILL


def availability(
    curve: Curve, start: Balance, cap: Balance, issuance: Balance, capacity: int
) -> tuple[Balance, Balance]:
    """Return what an epoch may mint for proven capacity, and its rate in planck per CU.

    `capacity` is in micro-CU, `start` is A0 as of the epoch. With K whole CU it is the reference's:
    rate = A0 f max(0, 1 - K/K*), budget = min(rate K, (cap - S) ρ), rate' = budget/K.
    """
    if capacity <= 0:
        return 0, 0
    saturation = max(0, PERBILL - capacity * PERBILL // (curve.k_star * MICRO))
    rate = start * room_factor(issuance, cap) // PERBILL * saturation // PERBILL
    most = max(0, cap - issuance) * curve.rho // PERBILL
    budget = min(rate * capacity // MICRO, most)
    return budget, budget * MICRO // capacity


def halved(start: Balance, eras: int, halving_eras: int) -> Balance:
    """Return A0 after eras in which no referendum renewed it."""
    return start >> min(eras // halving_eras, 128)


def pay_of(credit: int, rate: Balance, reliability: int) -> Balance:
    """Return the pay for proven work in micro-CU at a rate per CU, by reliability in ppb."""
    return credit * rate // MICRO * reliability // PERBILL


def slices_of(
    minted: Balance,
    shares: Shares,
    performance: int,
    *,
    has_referrers: tuple[bool, bool] = (False, False),
    is_direct: bool,
) -> Slices:
    """Divide the mint of a job; what is not earned is the treasury's.

    `has_referrers` says whether somebody brought the client, and the provider. A job for a named
    provider earns neither it nor any referrer anything.
    """
    matched = 0 if is_direct else minted
    provider = matched * shares.provider // PERBILL * performance // PERBILL
    by_client, by_provider = has_referrers
    client_referrer = matched * shares.client_referrer // PERBILL if by_client else 0
    provider_referrer = matched * shares.provider_referrer // PERBILL if by_provider else 0
    infra, governance, accuracy = (
        minted * part // PERBILL for part in (shares.infra, shares.governance, shares.accuracy)
    )
    earned = (provider, client_referrer, provider_referrer, infra, governance, accuracy)
    return Slices(*earned, treasury=minted - sum(earned))


def still_counted(window: Window, epoch: int) -> Balance:
    """Return what of earlier mints counts against the breaker in an epoch: it fades in a line."""
    left = max(0, WINDOW_EPOCHS - (epoch - window.epoch))
    return window.minted * left // WINDOW_EPOCHS
