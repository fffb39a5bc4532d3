"""How long tests wait: each says what a quiet machine needs at most, and it is stretched here.

A wait that ends well costs no more for a longer limit, which is for what never comes. Continuous
integration runs on machines that are slower than those at hand, and shared.
"""

STRETCH = 4
"""A busy machine takes so many times as long."""


def patient(seconds: float) -> float:
    """Return for how long to wait for what takes so many seconds at most on a quiet machine."""
    return STRETCH * seconds
