"""Writes every page of docs/reference, of the help, and of economics that is made from the code.

Run it after a change of commands, pallets, parameters, options or metrics:
`python -m tests.tools.references`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from tests.tools import (
    cli_reference,
    configuration_reference,
    economics_curves,
    economics_page,
    help_pages,
    limits_reference,
    metrics_reference,
    pallet_reference,
    parameter_reference,
    rpc_reference,
)

PAGES: Mapping[Path, Callable[[], str]] = MappingProxyType(
    {
        one.PAGE: one.page
        for one in (
            cli_reference,
            configuration_reference,
            economics_curves,
            economics_page,
            help_pages,
            limits_reference,
            metrics_reference,
            pallet_reference,
            parameter_reference,
            rpc_reference,
        )
    }
)


def main() -> None:
    """Write the pages that differ, and say which."""
    for path, page in PAGES.items():
        text = page()
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"{path.name} is new")


if __name__ == "__main__":
    main()
