"""The chain of a devnet: a preset, with the pace, the authorities and the numbers asked for."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from cli.devnet.network import Network
from cli.errors import UsageError
from genesis.build import build_block
from genesis.spec import BadSpec, ChainSpec, load_spec, parse_spec, to_json

SPEC_FILE = "chain.json"
"""Below the devnet's directory, where its chain is no preset."""

Table = dict[str, Any]


def write_chain(network: Network, state: Path) -> tuple[str, str]:
    """Return what `starminer run --chain` takes for this network's chain, and its genesis hash.

    Raises: UsageError, naming the field of the chain spec.
    """
    spec = chain_of(network)
    try:
        genesis = build_block(spec).hash.hex()
    except BadSpec as error:
        raise UsageError(f"chain.config: {error}") from error
    preset = network.chain.preset
    if spec == load_spec(preset):
        return preset, genesis
    path = state / SPEC_FILE
    path.write_text(to_json(spec), encoding="utf-8")
    return str(path), genesis


def chain_of(network: Network) -> ChainSpec:
    """Return the spec of the chain: its authorities are the nodes that make blocks.

    Raises: UsageError, naming the field; or when those who run could never make a block final.
    """
    preset = network.chain.preset
    raw = tomllib.loads((files("genesis") / "presets" / f"{preset}.toml").read_text("utf-8"))
    config: Table = raw["genesis"]["config"]
    if network.slot_ms is not None:
        config["consensus"]["slotMilliseconds"] = network.slot_ms
    config["validators"] = [authority(node.key or "") for node in network.authors]
    config = raw["genesis"]["config"] = merged(config, network.chain.config)
    try:
        spec = parse_spec(msgspec.json.encode(raw).decode(), "chain.config", is_toml=False)
    except BadSpec as error:
        raise UsageError(str(error).replace(": genesis.config", "")) from error
    refuse_minority(network, spec)
    return spec


def authority(key: str) -> Table:
    """Return the entry of a validator in a chain spec."""
    name = f"//{key}"
    return {"account": name, "babe": name, "grandpa": name, "bond": "10000AGPU"}


def merged(below: Table, above: Table) -> Table:
    """Lay a table over another: tables within them likewise, any other value as a whole."""
    found = dict(below)
    for name, value in above.items():
        under = found.get(name)
        both = isinstance(under, dict) and isinstance(value, dict)
        found[name] = merged(under, value) if both else value  # type: ignore[arg-type]
    return found


def refuse_minority(network: Network, spec: ChainSpec) -> None:
    """Refuse a chain whose authorities do not run: finality wants more than two thirds of them.

    Raises: UsageError.
    """
    assert spec.genesis.config is not None, "presets are plain specs"
    names = [one.grandpa for one in spec.genesis.config.validators]
    running = [name for name in names if name in {f"//{node.key}" for node in network.authors}]
    if 3 * len(running) <= 2 * len(names):
        raise UsageError(
            f"chain.config.validators: wanted nodes for more than two thirds of {len(names)} "
            f"authorities, got {', '.join(running) or 'none'}"
        )
