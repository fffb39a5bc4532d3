"""`starminer devnet up --validators 4 --providers 2`: a network by its numbers, without a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import msgspec
from cyclopts import Parameter

from cli.devnet.network import DevKey, Network, NodePart, with_pace
from cli.errors import UsageError

Gpu = Literal["auto", "cuda", "cpu"]

DEVICES: dict[Gpu, str] = {"auto": "auto", "cuda": "cuda", "cpu": "numpy"}
"""What `starminer run --device` calls them."""

KEYS: tuple[DevKey, ...] = get_args(DevKey)
"""Each validator and provider takes one: accounts that have tokens in block 0."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Size:
    """How many nodes there are, and what they compute on."""

    validators: int | None = None
    """Nodes that make blocks; 3 when nobody says otherwise, 1 where blocks come when called."""

    providers: int | None = None
    """Nodes that compute; where blocks come by the clock, the first of them makes some too."""

    gpu: Gpu | None = None
    """What they compute on: auto takes a GPU where there is one."""


USUAL = Size()


def sized(network: Network, size: Size) -> Network:
    """Return a network of that size: its validators, a full node, its providers.

    Raises: UsageError for a number that cannot be.
    """
    if (size.validators, size.providers) != (None, None):
        nodes = tuple(members(network, size))
        network = with_pace(msgspec.structs.replace(network, node=nodes), network.block_time)
    if size.gpu is None:
        return network
    options = ("--device", DEVICES[size.gpu])
    return msgspec.structs.replace(
        network,
        node=tuple(
            msgspec.structs.replace(node, options=options) if node.is_provider else node
            for node in network.node
        ),
    )


def members(network: Network, size: Size) -> Iterator[NodePart]:
    """Yield the nodes, each with a key of its own.

    Raises: UsageError.
    """
    roles = [node.role for node in network.node]
    validators = roles.count("validator") if size.validators is None else size.validators
    providers = 1 if size.providers is None else size.providers
    for flag, count in (("--validators", validators), ("--providers", providers)):
        if not 1 <= count < len(KEYS):
            raise UsageError(f"{flag}: wanted 1 to {len(KEYS) - 1}, got {count}")
    if validators + providers > len(KEYS):
        raise UsageError(
            f"wanted at most {len(KEYS)} validators and providers together, got "
            f"{validators + providers}: there are keys for no more"
        )
    for key in KEYS[:validators]:
        yield NodePart(name=key.lower(), role="validator", key=key)
    yield NodePart(name="full")
    for i, key in enumerate(KEYS[validators : validators + providers]):
        has_vote = i == 0 and not network.is_called
        yield NodePart(name=f"gpu{i}", role="provider" if has_vote else "provider only", key=key)


def refuse_beside_file(size: Size) -> None:
    """Raise UsageError if numbers are given where a file names the nodes."""
    if size != USUAL:
        raise UsageError(
            "--spec names the nodes and their options: leave out --validators, --providers, --gpu"
        )
