"""What the random machines do to the parameters of the economy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.terms.parameter import Parameter
from runtime.terms.records import PERBILL
from runtime.terms.registry import ROWS

if TYPE_CHECKING:
    from tests.property.by_hand import Crowd, Made


def set_parameter(crowd: Crowd) -> Made:
    """Set any parameter: as it is, a step away, or far out."""
    die, key = crowd.know.die, crowd.know.die.choice(list(Parameter))
    old = crowd.chain.runtime.parameters.get(key)
    step = max(ROWS[key].step.amount, old * ROWS[key].step.part // PERBILL, 1)
    value = old + die.choice((0, step, -step, -step, 2 * step))
    return crowd.know.someone(), (key, max(value, 0))
