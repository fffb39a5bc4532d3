"""The references that are made from the code are those of the code, and made by one command."""

import pytest

from node.config import NodeConfig
from tests.architecture.source import ROOT
from tests.tools import (
    configuration_reference,
    economics_curves,
    economics_page,
    help_pages,
    metrics_reference,
    pallet_reference,
    references,
)


@pytest.mark.parametrize(
    "tool",
    [configuration_reference, help_pages, metrics_reference, pallet_reference],
    ids=lambda tool: tool.PAGE.stem,
)
def test_a_reference_is_up_to_date(tool) -> None:
    assert tool.PAGE.read_text(encoding="utf-8") == tool.page(), (
        "run `python -m tests.tools.references`"
    )


def test_one_command_writes_every_generated_page() -> None:
    pages = (ROOT / "docs" / "reference").glob("*.md")
    generated = {path for path in pages if "Generated from" in path.read_text(encoding="utf-8")}
    economics = {economics_page.PAGE, economics_curves.PAGE}
    assert set(references.PAGES) == {*generated, *economics, help_pages.PAGE}


def test_every_call_event_error_storage_item_and_constant_is_explained() -> None:
    text = pallet_reference.page()
    entries = [line for line in text.splitlines() if line.startswith("- ") and "`" in line]
    bare = [line for line in entries if line.endswith(("`: ", "`. "))]
    assert len(entries) > 1_000
    assert bare == []


def test_every_option_of_a_node_says_what_it_is_for() -> None:
    rows = list(configuration_reference.options())
    assert len(rows) == len(NodeConfig.__dataclass_fields__)
    assert [row for row in rows if row.endswith("|  |")] == []


def test_the_metrics_of_a_node_have_types_labels_and_a_meaning() -> None:
    rows = {
        row.split("`")[1]: row for row in map(metrics_reference.row, metrics_reference.families())
    }
    assert rows["substrate_block_height"] == (
        "| `substrate_block_height` | gauge | `status` | Height of the chain. |"
    )
    assert "starminer_receipts_total" in metrics_reference.sample_names()
    assert not any(name.endswith("_created") for name in rows)
