"""A provider's node as it is released, but with a device that lies; how is its first word."""

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

DISHONEST = Path(__file__).with_name("dishonest_device.py")
DEFAULTS = NodeConfig()


def run(device: DeviceOptions | None) -> None:
    """Run a node with a device, or the one it is told of, by the words of the command line."""
    app = App()

    @app.default
    def node(*, config: Annotated[NodeConfig, Parameter(name="*")] = DEFAULTS) -> None:
        """Run the node."""
        trio.run(partial(run_node, config.check(), device=device))

    app()


def honest() -> None:
    """Run a node with the device that it is released with."""
    run(None)


if __name__ == "__main__":
    lie = sys.argv.pop(1)
    run(DeviceOptions(program=(sys.executable, str(DISHONEST), lie)))
