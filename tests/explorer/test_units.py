"""Bare numbers of calls and events as the explorer says them: in their unit, beside the number."""

import shutil
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from node.explorer.pages import served_files
from node.explorer.readable import Readable
from node.explorer.units import PARAMETERS, UNITS, Pace, read_of
from runtime.frame.calls import CallTable, signature_of
from runtime.frame.metadata.registry import variant_name
from runtime.frame.pallet import calls_of
from runtime.pallets.parameters import ParameterSet
from runtime.terms.parameter import Parameter
from runtime.terms.registry import ROWS
from tests.explorer.browser import CHROMIUM
from tests.explorer.shown import shown as shown_on
from tests.explorer.support import ExplorerNode
from tests.explorer.visits import visit
from tests.support.chain import MemoryChain

CHAIN = MemoryChain(1)
PACE = Pace({"blocks": 3_000, "epochs": 30_000, "eras": 300_000})
"""Of the chain of the tests."""


def shown(pallet: str, name: str, *arguments: Any) -> dict[str, Any]:
    """Return the members of a call as the explorer shows them."""
    runtime = CHAIN.runtime()
    call = CallTable.of(runtime.pallets).decode(CHAIN.call(pallet, name, *arguments))
    found: dict[str, Any] = Readable(42, runtime).call(call)["fields"]
    return found


def measured(value: int, unit: str, read: str | None) -> dict[str, str | None]:
    return {"$": "measure", "value": str(value), "unit": unit, "read": read}


@pytest.mark.parametrize(
    ("key", "value", "unit", "read"),
    [
        (Parameter.BASE_BURN, 170_000_000, "ppb", "17 %"),
        (Parameter.RHO, 4_564, "ppb", "0.0004564 %"),
        (Parameter.QUEUE_DEPOSIT, 10**9, "planck", "0.001 AGPU"),
        (Parameter.BASE_MIN, 2 * 10**12, "planck per CU", "2 AGPU per CU"),
        (Parameter.MAX_BOOST, 600, "blocks", "about 30 min"),
        (Parameter.STALE_EPOCHS, 3, "epochs", "about 90 s"),
        (Parameter.LEAST_LOCK, 28, "eras", "about 2 h"),
        (Parameter.K_STAR, 100_000, "CU per epoch", None),
    ],
)
def test_the_value_of_a_parameter_is_told_in_its_unit(
    key: Parameter, value: int, unit: str, read: str | None
) -> None:
    members = shown("Parameters", "set_parameter", key, value)
    assert members == {"key": key.name.lower(), "value": measured(value, unit, read)}


def test_a_count_is_the_number_that_it_is() -> None:
    assert shown("Parameters", "set_parameter", Parameter.DRAWS, 6)["value"] == 6


def test_an_event_tells_the_old_and_the_new_value_of_a_parameter() -> None:
    event = ParameterSet(Parameter.BASE_BURN, 150_000_000, 170_000_000)
    assert Readable(42, CHAIN.runtime()).fields(event, "Parameters") == {
        "key": "base_burn",
        "old": measured(150_000_000, "ppb", "15 %"),
        "new": measured(170_000_000, "ppb", "17 %"),
    }


def test_bare_numbers_of_other_calls_have_their_unit_unless_they_are_left_out() -> None:
    assert shown("Stability", "set_ceiling", 5 * 10**7)["part"] == measured(5 * 10**7, "ppb", "5 %")
    assert shown("Rwa", "approve_rwa", 1, None, 7)["haircut"] is None
    assert shown("Rwa", "approve_rwa", 1, 10**8, 7)["haircut"] == measured(10**8, "ppb", "10 %")


def test_times_are_told_in_the_largest_unit_that_says_them_well() -> None:
    blocks = (1, 33, 1_980, 60_000)
    assert [read_of(one, "blocks", PACE) for one in blocks] == [
        "about 3 s",
        "about 99 s",
        "about 99 min",
        "about 2 d",
    ]


def test_every_unit_of_a_parameter_is_one_that_can_be_told() -> None:
    assert {row.unit for row in ROWS.values() if read_of(1, row.unit, PACE) is None} == {
        "",
        "hours",
        "CU per epoch",
    }


def test_every_member_that_has_a_unit_is_one_of_the_runtime_s() -> None:
    known: dict[str, set[str]] = {}
    for pallet in CHAIN.runtime().pallets:
        kind = type(pallet)
        for name, _ in calls_of(kind).values():
            found = {one for one, _ in signature_of(getattr(kind, name))}
            known[f"{pallet.name}.{name}"] = found
        for event in kind.events:
            known[f"{pallet.name}.{variant_name(event)}"] = {one.name for one in fields(event)}
    named = [*UNITS, *((owner, name) for owner, names in PARAMETERS.items() for name in names)]
    assert [(owner, name) for owner, name in named if name not in known[owner]] == []


@pytest.mark.skipif(shutil.which("node") is None, reason="no node on PATH")
def test_a_file_holds_the_bare_number(tmp_path: Path) -> None:
    module = tmp_path / "format.mjs"
    module.write_bytes(dict(served_files())["format.js"])
    value = "{$: 'measure', value: '170000000', unit: 'ppb', read: '17 %'}"
    script = f"import {{ bare }} from '{module}'; console.log(JSON.stringify(bare({{a: {value}}})))"
    command = ["node", "--input-type=module", "-e", script]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == '{"a":"170000000"}'


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium")
async def test_the_page_of_a_call_shows_its_value_beside_the_bare_number(tmp_path: Path) -> None:
    node = ExplorerNode()
    maker = node.real.maker
    for nonce, (key, value) in enumerate(
        ((Parameter.BASE_BURN, 170_000_000), (Parameter.BASE_MIN, 15 * 10**11))
    ):
        call = maker.call("Parameters", "set_parameter", key, value)
        node.real.grow(maker.sign(maker.pairs[1], call, nonce))
    async with shown_on(tmp_path, node) as (tab, _):
        for block, wanted in (
            (1, "value 17 % (170 000 000 ppb)"),
            (2, "value 1.5 AGPU per CU (1 500 000 000 000 planck per CU)"),
        ):
            await visit(tab, f"extrinsic/{block}-1")
            assert wanted in (await tab.text("main"))
