"""`starminer devnet spec`: the file that describes a network, to begin with and to change."""

from __future__ import annotations

import msgspec

from cli.devnet.network import Network, default_network
from cli.options import Verbosity

QUIET = Verbosity()


def print_spec(
    *,
    block_time: str | None = None,
    verbosity: Verbosity = QUIET,  # noqa: ARG001 (read by cli.main)
) -> None:
    """Print what `devnet up` starts, as a file for `devnet up --spec`.

    Parameters
    ----------
    block_time
        Of a network with blocks of that time: 3s, instant, manual.
    """
    print(to_toml(default_network(block_time)), end="")


def to_toml(network: Network) -> str:
    """Return a network as a file that `--spec` reads, with what its fields may say."""
    lines = [
        "# A devnet: starminer devnet up --spec FILE",
        "",
        "# A time such as 3s or 500ms; instant, a block for each transaction; manual, by",
        "# `devnet mine`. The last two want one validator.",
        f"block_time = {quoted(network.block_time)}",
        "",
        "[chain]",
        "# local or dev. Its authorities are the nodes below that make blocks. Tables of",
        "# genesis.config as `starminer chain spec build local` shows them stand instead of the",
        "# preset's, for example:  [chain.config.compute]  eraBlocks = 20",
        f"preset = {quoted(network.chain.preset)}",
        "",
        "[traffic]",
        "# Clients that buy for as long as the command stays: none, light, heavy.",
        f"load = {quoted(network.traffic.load)}",
        f"seed = {network.traffic.seed}",
        "",
        "# Roles: validator, full node, provider (and validator), provider only. All but full",
        "# nodes want a key: Alice, Bob, Charlie, Dave, Eve, Ferdie. Ports are chosen unless",
        "# rpc_port, p2p_port, metrics_port say them; options are more words of `starminer run`,",
        '# such as options = ["-l", "consensus=debug"].',
    ]
    for node in network.node:
        lines += ["", "[[node]]", f"name = {quoted(node.name)}", f"role = {quoted(node.role)}"]
        lines += [f"key = {quoted(node.key)}"] if node.key is not None else []
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Return text as TOML and JSON write it alike."""
    return msgspec.json.encode(text).decode()
