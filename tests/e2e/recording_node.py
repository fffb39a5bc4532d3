"""A node as it is released that writes down what is gossiped to it, and what its peers send.

Every payload of every topic goes to the file that RECORD names, whether it is accepted or not.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Annotated

import trio
from cyclopts import App, Parameter

from node.config import NodeConfig
from node.service import run_node
from p2p.gossip import Gossip

DEFAULTS = NodeConfig()

app = App()


@app.default
def run(*, config: Annotated[NodeConfig, Parameter(name="*")] = DEFAULTS) -> None:
    """Run the node."""
    deliver = Gossip.deliver
    with Path(os.environ["RECORD"]).open("ab", buffering=0) as file:

        def recorded(gossip: Gossip, peer: str, name: str, payload: bytes) -> bool:
            file.write(name.encode() + b"\n" + payload + b"\n")
            return deliver(gossip, peer, name, payload)

        Gossip.deliver = recorded  # type: ignore[assignment, method-assign]
        trio.run(partial(run_node, config.check()))


if __name__ == "__main__":
    app()
