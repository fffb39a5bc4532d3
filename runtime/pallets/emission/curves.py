"""What a referendum may make of the curves."""

from __future__ import annotations

from runtime.compute.job import PERBILL
from runtime.frame import ensure
from runtime.pallets.emission.records import MARGINAL_LIMIT, MOST_RHO, Curve, Error

MAX_CHANGE = 5
"""A coefficient moves by one part in five at most."""


def ensure_allowed(old: Curve, new: Curve) -> None:
    """Refuse curves that break their bounds, or are too far from those before.

    With κ rising in proportion to utilisation, own burn lifts it: the marginal re-emission is up to
    2 κmax - κmin. At 1 a coalition of all roles would have its burn back.

    Raises:
        DispatchError: naming which.
    """
    ensure(is_safe(new), Error.CURVE_OUT_OF_BOUNDS)
    pairs = zip(coefficients(old), coefficients(new), strict=True)
    is_small = all(abs(after - before) * MAX_CHANGE <= before for before, after in pairs)
    ensure(is_small, Error.CURVE_CHANGE_TOO_LARGE)


def is_safe(curve: Curve) -> bool:
    """Say whether curves are within their bounds."""
    return (
        0 < curve.kappa_min <= curve.kappa_max <= PERBILL
        and 2 * curve.kappa_max - curve.kappa_min <= MARGINAL_LIMIT
        and curve.a0 > 0
        and curve.k_star > 0
        and 0 < curve.rho <= MOST_RHO
    )


def coefficients(curve: Curve) -> tuple[int, ...]:
    """Return the coefficients in order."""
    return curve.kappa_min, curve.kappa_max, curve.a0, curve.k_star, curve.rho
