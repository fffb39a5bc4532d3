"""What the random machines do to the parameters of the economy, and what their bounds admit."""

from __future__ import annotations

from itertools import combinations, product
from random import Random
from typing import TYPE_CHECKING

from runtime.pallets.parameters import Change
from runtime.terms import DEFAULTS, relations
from runtime.terms.parameter import Parameter
from runtime.terms.records import PERBILL
from runtime.terms.registry import GROUPS, ROWS, terms_of

if TYPE_CHECKING:
    from runtime.construct import Runtime
    from tests.property.by_hand import Crowd, Made


def set_parameter(crowd: Crowd) -> Made:
    """Set any parameter: as it is, a step away, or far out."""
    die, key = crowd.know.die, crowd.know.die.choice(list(Parameter))
    old = crowd.chain.runtime.parameters.get(key)
    step = max(ROWS[key].step.amount, old * ROWS[key].step.part // PERBILL, 1)
    value = old + die.choice((0, step, -step, -step, 2 * step))
    return crowd.know.someone(), (key, max(value, 0))


def drawn_corner(seed: int) -> dict[Parameter, int]:
    """Return each parameter at an end of its bounds, by chance, as far as relations admit that."""
    die = Random(seed)
    return admitted({key: die.choice(ends_of(key)) for key in Parameter}, die)


def ends_of(key: Parameter) -> tuple[int, int]:
    """Return the least and the greatest value of a parameter."""
    return ROWS[key].least, ROWS[key].most


def at_an_end(key: Parameter, value: int) -> dict[Parameter, int]:
    """Return all parameters with one at an end, and others moved as little as relations ask for."""
    start = {one: row.of(DEFAULTS) for one, row in ROWS.items()} | {key: value}
    return admitted(start, Random(0), pinned=key)


def admitted(
    values: dict[Parameter, int], die: Random, pinned: Parameter | None = None
) -> dict[Parameter, int]:
    """Return values of which all relations hold: few are moved, each to an end or its default.

    Raises:
        AssertionError: nothing admits the pinned value; then its bound means nothing.
    """
    while (relation := relations.broken(terms_of(values))) is not None:
        related = [one for one in relations.RELATIONS if set(one.between) & set(relation.between)]
        keys = dict.fromkeys(key for one in related for key in one.between)
        movable = [key for key in keys if key is not pinned]
        die.shuffle(movable)
        values = values | moved(values, movable, related)
    return values


def moved(
    values: dict[Parameter, int], movable: list[Parameter], related: list[relations.Relation]
) -> dict[Parameter, int]:
    """Return the fewest of some parameters with values for which some relations hold."""
    for count in range(1, len(movable) + 1):
        for keys in combinations(movable, count):
            for chosen in product(*((*ends_of(key), ROWS[key].of(DEFAULTS)) for key in keys)):
                change = dict(zip(keys, chosen, strict=True))
                terms = terms_of(values | change)
                if all(one.holds(terms) for one in related):
                    return change
    raise AssertionError(f"nothing admits {values} between {[one.wanted for one in related]}")


def decide(runtime: Runtime, values: dict[Parameter, int]) -> None:
    """Let parameters have these values, as if referenda had taken all the steps that lead there.

    The cap is no lower than what is issued, as `set_parameter` demands.
    """
    values = values | {Parameter.CAP: max(values[Parameter.CAP], runtime.balances.total_issuance)}
    terms, pallet = terms_of(values), runtime.parameters
    assert relations.hold(terms), "these values contradict each other"
    for group in GROUPS:
        setattr(pallet, group, getattr(terms, group))
    for key, value in values.items():
        if value != ROWS[key].of(DEFAULTS) or key in pallet.changes:
            pallet.changes[key] = Change(pallet.era(), pallet.context.number)
