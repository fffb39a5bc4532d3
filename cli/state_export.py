"""`starminer chain export-state`: the state after a block, as the raw spec of a chain."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from cli.bars import count
from cli.blocks import USUAL, Place, hash_of, opened
from cli.chain import checked_spec
from cli.errors import CommandError
from cli.options import Output
from cli.printing import show
from genesis.spec import Genesis, Raw, to_json

PLAIN = Output()
TOLD_EVERY = 1000
"""Entries between two movements of the bar."""


def export_state(
    out: Path,
    block: str | None = None,
    /,
    *,
    place: Place = USUAL,
    output: Output = PLAIN,
) -> None:
    """Write the state after a block to a file, every entry, as the raw spec of a chain.

    For example: starminer chain export-state state.json 1000

    Parameters
    ----------
    out
        The file to write; it appears when it is whole.
    block
        Its number, or its hash; the last final one when not given.
    """
    spec = checked_spec(place.chain)
    with opened(place) as ground:
        chain = ground.chain
        digest = chain.finalized.hash if block is None else hash_of(ground, block)
        header = chain.header(digest)
        if header is None or not chain.has_state(digest):
            raise CommandError(
                f"the state after block {block or chain.finalized.number} is not kept: "
                "`starminer run --state-pruning archive` keeps those that come"
            )
        state, top = chain.state_at(digest), {}
        with count("entries") as told:
            for number, key in enumerate(state.keys(b""), start=1):
                top["0x" + key.hex()] = "0x" + (state.get(key) or b"").hex()
                if number % TOLD_EVERY == 0:
                    told(number)
    part = out.with_name(f"{out.name}.part")
    try:
        text = to_json(structs.replace(spec, genesis=Genesis(raw=Raw(top=top)), fork=None))
        part.write_text(text, encoding="utf-8")
        part.replace(out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise CommandError(f"{out}: {error.strerror}") from error
    record = {"file": str(out), "number": header.number, "hash": "0x" + digest.hex()}
    root = "0x" + header.state_root.hex()
    show({**record, "state_root": root, "entries": len(top)}, output.output)
