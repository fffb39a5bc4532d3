"""`starminer chain`: chain specs and databases."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from msgspec.structs import replace

from cli.errors import CommandError, UsageError
from cli.options import Output, Remote, Verbosity
from cli.printing import progress, show
from cli.sdk.client import Client, enhex
from cli.sdk.session import ask
from genesis.build import build_block, to_raw
from genesis.notation import format_amount
from genesis.spec import BadSpec, ChainSpec, load_spec, parse_spec, to_json
from genesis.vesting import Unlock, unlocks_of
from runtime.primitives.block import Header
from runtime.primitives.scale import encode
from runtime.primitives.ss58 import encode_ss58

PLAIN, LOCAL, QUIET = Output(), Remote(), Verbosity()


def new_spec(
    out: Path,
    /,
    *,
    name: str,
    id: str,
    like: str = "local",
    live: Annotated[bool, Parameter(negative="")] = False,
    output: Output = PLAIN,
) -> None:
    """Begin the spec of a chain of your own: a plain one, to be edited.

    For example: starminer chain spec new ours.json --name "Our chain" --id ours

    Parameters
    ----------
    out
        The file to write; one that is there is not replaced.
    name
        What people call the chain.
    id
        What files and directories are called: a to z, digits and _.
    like
        What it begins as: a preset (dev, local, testnet) or the path of a plain spec.
    live
        For a public network: development keys are refused in it.
    """
    model = load(like)
    kind = "Live" if live else model.chain_type
    changed = replace(model, name=name, id=id, protocol_id=id.replace("_", "-"), chain_type=kind)
    text = to_json(changed)
    try:
        parse_spec(text, str(out), is_toml=False)
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except BadSpec as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{out}: {error.strerror}") from error
    progress(f"edit it, then: starminer chain spec build {out} --raw --out raw.json")
    show({"file": str(out), "name": name, "id": id, "type": kind}, output.output)


def build_spec(
    chain: str = "dev",
    *,
    raw: Annotated[bool, Parameter(negative="")] = False,
    out: Path | None = None,
    verbosity: Verbosity = QUIET,  # noqa: ARG001 (read by cli.main)
) -> None:
    """Write a chain spec, plain or raw, as JSON.

    Parameters
    ----------
    chain
        A preset (dev, local, testnet) or the path of a spec.
    raw
        With the storage of block 0 spelt out, as nodes of a public network share it.
    out
        The file to write; standard output when not given.
    """
    spec = checked_spec(chain)
    text = to_json(to_raw(spec) if raw else spec)
    if out is None:
        sys.stdout.write(text)
        return
    out.write_text(text, encoding="utf-8")
    progress(f"wrote {out}")


def show_spec(
    chain: str = "dev",
    *,
    raw: Annotated[bool, Parameter(negative="")] = False,
    output: Output = PLAIN,
) -> None:
    """Show a chain spec and its genesis hash.

    Parameters
    ----------
    chain
        A preset (dev, local, testnet) or the path of a spec.
    raw
        List the storage of block 0, key by key.
    """
    spec = checked_spec(chain)
    block = build_block(spec)
    record: dict[str, object] = {
        "name": spec.name,
        "id": spec.id,
        "type": spec.chain_type,
        "protocol": spec.protocol_id,
        "genesis_hash": enhex(block.hash),
        "state_root": enhex(block.header.state_root),
        "boot_nodes": len(spec.boot_nodes),
        "storage_keys": len(block.storage),
        "vesting": [
            unlock_row(one, spec.properties.ss58_format)
            for one in unlocks_of(block.state, block.hash)
        ],
    }
    if raw:
        rows = [
            {"key": enhex(key), "value": enhex(value)}
            for key, value in sorted(block.storage.items())
        ]
        record["storage"] = rows
    show(record, output.output)


def inspect(
    spec: Path,
    /,
    *,
    state_version: Literal[0, 1] | None = None,
    output: Output = PLAIN,
) -> None:
    """Show what the raw chain spec of any Substrate chain commits to.

    Parameters
    ----------
    spec
        The file: JSON with genesis.raw, or with genesis.stateRootHash.
    state_version
        The trie layout, where the runtime in the spec does not tell it.
    """
    from genesis.inspection import inspect_spec

    try:
        found = inspect_spec(spec, state_version)
    except BadSpec as error:
        raise CommandError(str(error)) from error
    header = found.header
    record = {
        "name": found.name,
        "id": found.id,
        "runtime": found.runtime,
        "storage_keys": found.keys,
        "child_tries": found.child_tries,
        "state_version": found.state_version,
        "state_version_source": found.state_version_source,
        "state_root": enhex(header.state_root),
        "extrinsics_root": enhex(header.extrinsics_root),
        "genesis_header": enhex(encode(header, Header)),
        "genesis_hash": enhex(header.hash),
    }
    show(record, output.output)


def info(*, remote: Remote = LOCAL) -> None:
    """Show what chain a node is on."""

    async def question(client: Client) -> dict[str, object]:
        best, final = await client.block_hash("best"), await client.block_hash("final")
        return {
            "chain": await client.rpc.call("system_chain"),
            "genesis_hash": enhex(client.genesis_hash),
            "runtime": f"{client.config.spec_name} {client.config.spec_version}",
            "slot_milliseconds": client.config.slot_milliseconds,
            "epoch_slots": client.config.epoch_slots,
            "best": await client.number(best),
            "final": await client.number(final),
        }

    show(ask(remote, question), remote.output)


def unlock_row(unlock: Unlock, ss58_prefix: int) -> dict[str, object]:
    """Return a schedule of block 0 in one line."""
    schedule = unlock.schedule
    return {
        "account": encode_ss58(unlock.account, ss58_prefix),
        "vests": format_amount(schedule.locked, unlock.symbol),
        "per_block": format_amount(schedule.per_block, unlock.symbol),
        "from_block": schedule.starting_block,
        "free_at_block": schedule.ending_block,
    }


def chain_directory(base_path: Path, spec: ChainSpec) -> Path:
    """Return where a node keeps what belongs to one chain."""
    return base_path.expanduser() / "chains" / spec.id


def load(chain: str) -> ChainSpec:
    """Return a spec as it is written.

    Raises: CommandError.
    """
    try:
        return load_spec(chain)
    except BadSpec as error:
        raise CommandError(str(error)) from error


def checked_spec(chain: str) -> ChainSpec:
    """Return a spec from which block 0 can be built.

    Raises: CommandError, naming the file and the field.
    """
    try:
        spec = load_spec(chain)
        build_block(spec)
    except BadSpec as error:
        raise CommandError(str(error)) from error
    return spec


def agreed(question: str) -> bool:
    """Ask the person at the terminal; without one the answer is no."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
