"""A provider's node as it is released, but with a device that lies."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import trio
from cyclopts import App, Parameter

from consensus.compute.device_process import DeviceOptions
from node.config import NodeConfig
from node.service import run_node

DEVICE = DeviceOptions(
    program=(sys.executable, str(Path(__file__).with_name("dishonest_device.py")))
)
DEFAULTS = NodeConfig()

app = App()


@app.default
def run(*, config: Annotated[NodeConfig, Parameter(name="*")] = DEFAULTS) -> None:
    """Run the node."""
    trio.run(partial(run_node, config.check(), device=DEVICE))


if __name__ == "__main__":
    app()
