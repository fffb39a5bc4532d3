"""`starminer gov params|propose`: the numbers of the economy, and how to have one changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cli.errors import CommandError, UsageError
from cli.options import Remote
from cli.printing import show
from cli.sdk.client import Client
from cli.sdk.governance import submission, track_named
from cli.sdk.session import ask
from cli.sending import USUAL, Sending, order_of
from cli.tx import Readable, carry_out, encode_call
from genesis.notation import BadNotation, format_amount, parse_amount
from runtime.frame.storage import camel_case
from runtime.terms.parameter import Parameter
from runtime.terms.records import DEFAULTS, PERBILL
from runtime.terms.registry import ROWS, terms_of
from runtime.terms.relations import broken

LOCAL = Remote()
PERCENT = PERBILL // 100
"""In parts per billion."""


def list_parameters(*, group: str | None = None, at: str = "best", remote: Remote = LOCAL) -> None:
    """List the numbers that referenda move: value, bounds, largest step, cooldown, track.

    Parameters
    ----------
    group
        Only those of a group, such as emission, pricing or fees.
    at
        best, final, a number or a hash.
    """

    async def question(client: Client) -> list[dict[str, object]]:
        block = await client.block_hash(at)
        found = of_group(await client.rpc.call("params_list", "0x" + block.hex()), group)
        return [row_of(one) for one in found]

    show(ask(remote, question), remote.output)


def propose(
    key: str,
    value: str,
    /,
    *,
    after: int = 0,
    anyway: bool = False,
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Propose a value of a parameter on the track that owns it.

    Parameters
    ----------
    key
        Its key: see `gov params`.
    value
        Such as 17%, 0.05AGPU, 60 or a plain number of its unit.
    after
        Blocks from its approval until the call is made; the track's own delay at least.
    anyway
        Propose also what the chain would refuse as things stand: another change makes room first.
    """
    order = order_of(sending)

    async def send_it(client: Client) -> None:
        found = await client.rpc.call("params_list")
        one = named(found, key)
        wanted = value_of(one, value)
        if not anyway:
            ensure_possible(found, one, wanted)
        arguments = (f"key={one['key']}", f"value={wanted}")
        proposal = encode_call(client, "parameters.set_parameter", arguments)
        chosen = track_named(client, one["track"])
        encoded = submission(client, proposal.encoded, chosen, after)
        shown = f"Referenda.submit({one['track']}: {proposal.shown})"
        await carry_out(client, Readable(encoded, shown), order, remote.output)

    ask(remote, send_it)


def of_group(found: list[dict[str, Any]], group: str | None) -> list[dict[str, Any]]:
    """Return the parameters of a group, or all.

    Raises: UsageError if there is no such group.
    """
    groups = list(dict.fromkeys(one["group"] for one in found))
    if group is not None and group not in groups:
        raise UsageError(f"--group: wanted one of {', '.join(groups)}, got {group}")
    return [one for one in found if group in (None, one["group"])]


def named(found: list[dict[str, Any]], key: str) -> dict[str, Any]:
    """Return a parameter by its key, however it is spelled.

    Raises: UsageError if there is none.
    """
    wanted = re.sub("[^a-z0-9]", "", key.lower())
    one = next((each for each in found if each["key"].lower() == wanted), None)
    if one is None:
        raise UsageError(f"there is no parameter {key}: see `starminer gov params`")
    return one


def value_of(one: dict[str, Any], text: str) -> int:
    """Read a value of a parameter in the notation of its unit.

    Raises: UsageError if it is none; CommandError if the chain would refuse it as out of bounds.
    """
    value = _read(one["unit"], text)
    least, most = int(one["least"]), int(one["most"])
    if not least <= value <= most:
        bounds = f"{shown(least, one['unit'])} to {shown(most, one['unit'])}"
        raise CommandError(f"{one['key']}: wanted {bounds}, got {shown(value, one['unit'])}")
    return value


def ensure_possible(found: list[dict[str, Any]], one: dict[str, Any], wanted: int) -> None:
    """Refuse a value that the chain would refuse with all others as they are.

    Raises: CommandError with the step that is too large, or the parameters that would contradict
    each other.
    """
    spelled = {camel_case(key.name): key for key in ROWS}
    known = {spelled[each["key"]]: int(each["value"]) for each in found if each["key"] in spelled}
    key, old = spelled[one["key"]], int(one["value"])
    row = ROWS[key]
    if not row.step.allows(old, wanted):
        change = f"from {shown(old, row.unit)} to {shown(wanted, row.unit)}"
        step = row_of(one)["step"]
        raise CommandError(f"{one['key']}: wanted a step of {step} at most, got {change}")
    values = known | {key: wanted}
    relation = broken(terms_of(values))
    if relation is not None:
        parts = [f"{camel_case(each.name)} {shown_as(each, values)}" for each in relation.between]
        raise CommandError(
            f"{one['key']}: the chain would refuse it. Of {', '.join(parts)} it wants "
            f"{relation.wanted}: make room first, or let one batch_all change all of them "
            "(--anyway proposes it all the same)"
        )


def shown_as(key: Parameter, values: Mapping[Parameter, int]) -> str:
    """Return the value that a parameter would have."""
    return shown(values.get(key, ROWS[key].of(DEFAULTS)), ROWS[key].unit)


def row_of(one: dict[str, Any]) -> dict[str, object]:
    """Return a parameter in one line."""
    unit, step = one["unit"], one["step"]
    amount = step.rpartition(" ")[2]
    if amount.isdigit():
        step = step.removesuffix(amount) + shown(int(amount), unit)
    changed = one["changedBlock"]
    return {
        "key": one["key"],
        "group": one["group"],
        "value": shown(int(one["value"]), unit),
        "least": shown(int(one["least"]), unit),
        "most": shown(int(one["most"]), unit),
        "step": step,
        "cooldown": f"{one['cooldownEras']} eras",
        "track": one["track"],
        "last_change": "never" if changed is None else f"block {changed}",
        "free_from_era": one["freeFrom"],
    }


def shown(value: int, unit: str) -> str:
    """Return a value as people read it, in the notation that `gov propose` takes."""
    if unit == "ppb":
        whole, rest = divmod(value, PERCENT)
        digits = f".{rest:07}".rstrip("0").rstrip(".")
        return f"{whole}{digits} %"
    if unit.startswith("planck"):
        return format_amount(value) + unit.removeprefix("planck")
    return f"{value} {unit}".rstrip()


def _read(unit: str, text: str) -> int:
    """Read a number with or without its unit."""
    plain = text.replace("_", "").strip()
    if plain.isdigit():
        return int(plain)
    if unit == "ppb" and (match := re.fullmatch(r"(\d+)(?:\.(\d{1,7}))? ?%", plain)):
        return int(match[1]) * PERCENT + int((match[2] or "").ljust(7, "0"))
    if unit.startswith("planck"):
        try:
            return parse_amount(plain, "AGPU")
        except BadNotation as error:
            raise UsageError(f"value: {error}") from error
    wanted = {"ppb": "a percentage such as 17%"}.get(unit, f"a number ({unit or 'a count'})")
    raise UsageError(f"value: wanted {wanted}, got {text}")
