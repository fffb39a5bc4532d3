"""A node of the next release: the program as it is, but it carries version 2 of the runtime too."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import trio
from cyclopts import App, Parameter

from node.config import NodeConfig
from node.service import run_node
from tests.support.next_release import NEXT_RELEASE

DEFAULTS = NodeConfig()

app = App()


@app.default
def run(*, config: Annotated[NodeConfig, Parameter(name="*")] = DEFAULTS) -> None:
    """Run the node."""
    trio.run(partial(run_node, config.check(), versions=NEXT_RELEASE))


if __name__ == "__main__":
    app()
