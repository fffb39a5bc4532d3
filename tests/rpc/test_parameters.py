"""Parameters over RPC and from the command line, on the real runtime."""

from itertools import product

import pytest

from cli.errors import CommandError, UsageError
from cli.parameters import ensure_possible, named, of_group, row_of, shown, value_of
from runtime.terms import DEFAULTS
from runtime.terms.parameter import Parameter
from runtime.terms.registry import GROUPS, ROWS, terms_of
from runtime.terms.relations import RELATIONS, Relation
from tests.rpc.real_node import RealNode
from tests.rpc.support import serving
from tests.tools import parameter_reference

BURN = {
    "key": "BaseBurn",
    "group": "fees",
    "unit": "ppb",
    "value": "150000000",
    "default": "150000000",
    "least": "100000000",
    "most": "300000000",
    "step": "20000000",
    "cooldownEras": 7,
    "track": "economic_params",
    "changedEra": None,
    "changedBlock": None,
    "freeFrom": 0,
}


async def test_every_parameter_is_listed_with_its_bounds() -> None:
    async with serving(RealNode()) as server:
        found = await server.call("params_list")
    assert len(found) == len(Parameter)
    assert named(found, "base_burn") == BURN
    assert list(dict.fromkeys(one["group"] for one in found)) == list(GROUPS)
    assert {one["track"] for one in found} == {"economic_params", "root"}


def test_a_row_reads_as_people_do() -> None:
    assert row_of(BURN) == {
        "key": "BaseBurn",
        "group": "fees",
        "value": "15 %",
        "least": "10 %",
        "most": "30 %",
        "step": "2 %",
        "cooldown": "7 eras",
        "track": "economic_params",
        "last_change": "never",
        "free_from_era": 0,
    }
    changed = {**BURN, "step": "down by 10 %", "changedBlock": 7, "changedEra": 0, "freeFrom": 7}
    row = row_of(changed)
    assert (row["step"], row["last_change"], row["free_from_era"]) == ("down by 10 %", "block 7", 7)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2_282, "ppb", "0.0002282 %"),
        (1_250_000_000, "ppb", "125 %"),
        (5 * 10**10, "planck", "0.05 AGPU"),
        (7 * 10**8, "planck per CU", "0.0007 AGPU per CU"),
        (28, "eras", "28 eras"),
        (48, "", "48"),
    ],
)
def test_values_are_shown_in_their_units(value: int, unit: str, text: str) -> None:
    assert shown(value, unit) == text


@pytest.mark.parametrize(("text", "value"), [("17%", 17), ("17.5 %", 17.5), ("170000000", 17)])
def test_a_percentage_is_read_exactly(text: str, value: float) -> None:
    assert value_of(BURN, text) == int(value * 10**7)


def test_amounts_and_counts_are_read_in_their_units() -> None:
    deposit = {**BURN, "unit": "planck", "least": "1", "most": str(10**13)}
    assert value_of(deposit, "0.05AGPU") == 5 * 10**10
    assert value_of({**BURN, "unit": "eras", "least": "1", "most": "99"}, "28") == 28


@pytest.mark.parametrize(
    ("unit", "text", "error"),
    [
        ("ppb", "much", "wanted a percentage such as 17%, got much"),
        ("ppb", "1.23456789%", "wanted a percentage such as 17%, got 1.23456789%"),
        ("eras", "2 weeks", "wanted a number \\(eras\\), got 2 weeks"),
        ("", "1.5", "wanted a number \\(a count\\), got 1.5"),
    ],
)
def test_what_is_no_value_is_refused(unit: str, text: str, error: str) -> None:
    with pytest.raises(UsageError, match=error):
        value_of({**BURN, "unit": unit}, text)


def test_what_the_chain_would_refuse_is_refused_before_it_is_signed() -> None:
    with pytest.raises(CommandError, match="BaseBurn: wanted 10 % to 30 %, got 31 %"):
        value_of(BURN, "31%")
    with pytest.raises(UsageError, match="there is no parameter burn: see `starminer gov params`"):
        named([BURN], "burn")
    with pytest.raises(UsageError, match="--group: wanted one of fees, got prices"):
        of_group([BURN], "prices")


async def test_a_value_that_contradicts_others_is_refused_before_it_is_proposed() -> None:
    """78 + 17 + 6 % is more than the whole: approved, it would fail at its enactment."""
    async with serving(RealNode()) as server:
        found = await server.call("params_list")
    burn = named(found, "BaseBurn")
    wanted = (
        "BaseBurn: the chain would refuse it. Of BaseProviderHigh 78 %, BaseBurn 17 %, "
        "BaseValidators 3 %, BaseOracles 1 %, BaseStakers 2 % it wants a sum of 100 % at most: "
        "make room first, or let one batch_all change all of them (--anyway proposes it all the "
        "same)"
    )
    with pytest.raises(CommandError) as refused:
        ensure_possible(found, burn, 170_000_000)
    assert str(refused.value) == wanted
    ensure_possible(found, burn, 160_000_000)
    room = {**named(found, "BaseProviderHigh"), "value": "770000000"}
    ensure_possible(
        [room if one["key"] == room["key"] else one for one in found], burn, 170_000_000
    )


async def test_a_step_that_the_chain_refuses_is_not_proposed() -> None:
    async with serving(RealNode()) as server:
        found = await server.call("params_list")
    wanted = "BaseBurn: wanted a step of 2 % at most, got from 15 % to 18 %"
    with pytest.raises(CommandError, match=wanted):
        ensure_possible(found, named(found, "BaseBurn"), 180_000_000)
    unknown = {**named(found, "BaseOracles"), "key": "NotOfThisRelease"}
    ensure_possible([*found, unknown], named(found, "BaseBurn"), 140_000_000)


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda one: one.holds.__name__)
def test_every_relation_names_the_parameters_it_is_between(relation: Relation) -> None:
    """Some values of these break it, bounds aside, and the highest of all others do not."""
    extremes = [(0, ROWS[key].of(DEFAULTS), 10 * ROWS[key].most) for key in relation.between]
    combined = [
        terms_of(dict(zip(relation.between, values, strict=True))) for values in product(*extremes)
    ]
    assert not all(relation.holds(terms) for terms in combined)
    others = terms_of({key: row.most for key, row in ROWS.items() if key not in relation.between})
    assert relation.holds(others)


def test_the_reference_is_that_of_the_registry() -> None:
    assert parameter_reference.PAGE.read_text(encoding="utf-8") == parameter_reference.page(), (
        "run `python -m tests.tools.parameter_reference`"
    )
