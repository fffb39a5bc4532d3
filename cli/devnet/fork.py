"""`starminer devnet fork`: a devnet that begins with the state of a running chain.

Its first block stands in the place of the other chain's: the same number and the same parent, and a
state in which development keys make the blocks. That makes it a chain of its own from there on: its
name, which transactions sign and peers compare, is the hash of that block.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.devnet.chain import SPEC_FILE
from cli.devnet.commands import refuse_second, run_nodes
from cli.devnet.live import Live, place_of, take
from cli.devnet.network import DEFAULT, Network, NodePart, nodes_of, with_pace
from cli.devnet.plan import PLAN_FILE, STATE, Fork, Plan, Ports, make_plan
from cli.devnet.preflight import refuse_unfit
from cli.errors import CommandError, UsageError
from cli.options import Output
from cli.printing import progress
from consensus.slots import BEGINNING_MS
from genesis.build import build_block
from genesis.notation import BadNotation, parse_account, parse_amount, parse_key
from genesis.spec import (
    DEFAULT_BOND,
    BadSpec,
    ChainSpec,
    ForkPart,
    Genesis,
    Properties,
    Raw,
    to_json,
)
from genesis.vesting import AGPU, AMAX
from runtime.forked_state import CannotFork, Heirs, forked_storage
from runtime.pallets.session import SessionKeys
from runtime.primitives.types import Balance

PLAIN = Output()
VALIDATORS = ("Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie")
DEV_AGPU, DEV_AMAX = "1000000AGPU", "100000AMAX"
"""What a preset gives to a development account."""
DEADLINE_SECONDS = 60.0

Switch = Annotated[bool, Parameter(negative="")]


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Gifts:
    """What development accounts have at least."""

    agpu: str = DEV_AGPU
    """What each development account has at least."""

    amax: str = DEV_AMAX
    """What each of them votes with at least: more of it passes referenda alone."""

    def planck(self) -> tuple[Balance, Balance]:
        """Return both amounts in planck.

        Raises: UsageError.
        """
        try:
            return parse_amount(self.agpu, AGPU), parse_amount(self.amax, AMAX)
        except BadNotation as error:
            raise UsageError(str(error)) from error


USUAL = Gifts()


def fork(
    source: str,
    /,
    *,
    state: Annotated[Path, Parameter(name=["--state"])] = STATE,
    validators: int = 1,
    block_time: str | None = None,
    gifts: Gifts = USUAL,
    ports: Ports = "default",
    deadline: float = DEADLINE_SECONDS,
    detach: Switch = False,
    try_state: Switch = False,
    output: Output = PLAIN,
) -> None:
    """Start a local network that goes on from the state of a running chain, with dev keys.

    For example: starminer devnet fork ws://127.0.0.1:9944@1200 --state .fork

    Parameters
    ----------
    source
        URL@BLOCK: a node of the chain, and a final block, by number or hash; the last final one
        when there is no @BLOCK.
    state
        Where its nodes keep their data.
    validators
        How many of Alice, Bob, Charlie, Dave, Eve and Ferdie make blocks, each with a node.
    block_time
        A time such as 3s; instant or manual with one validator; the chain's own when not given.
    ports
        default takes the well-known ones, auto takes free ones.
    deadline
        Seconds until a block of the fork must be final.
    detach
        Leave the nodes running and return.
    try_state
        Let each node check every invariant of the state after every block.
    """
    gifts.planck()  # all that can be is refused before anything is fetched
    url, block = place_of(source)
    network_of(validators, block_time or DEFAULT.block_time)
    state = state.absolute()
    refuse_taken(state)
    live = take(url, block)
    network = network_of(validators, block_time or pace_of(live.config.slot_milliseconds))
    plan = lay_out(state, live, network, gifts, ports, try_state=try_state)
    run_nodes(plan, deadline, None, detach=detach, once=False, form=output.output)


def refuse_taken(state: Path) -> None:
    """Refuse a directory that has a devnet, and a machine that can have none.

    Raises: CommandError.
    """
    state.mkdir(parents=True, exist_ok=True)
    refuse_second(state)
    if (state / PLAN_FILE).exists():
        raise CommandError(
            f"there is a devnet in {state}: delete it with `starminer devnet reset`, or choose "
            "another --state"
        )
    refuse_unfit(state)


def network_of(validators: int, block_time: str) -> Network:
    """Return so many validators.

    Raises: UsageError for too many, and for a time that they cannot keep.
    """
    if not 1 <= validators <= len(VALIDATORS):
        raise UsageError(f"--validators: wanted 1 to {len(VALIDATORS)}, got {validators}")
    keys = VALIDATORS[:validators]
    nodes: tuple[NodePart, ...] = nodes_of(
        tuple((key.lower(), "validator", key) for key in keys)  # type: ignore[misc]
    )
    return with_pace(Network(node=nodes), block_time)


def pace_of(slot_milliseconds: int) -> str:
    """Return the time between blocks as people write it."""
    seconds, rest = divmod(slot_milliseconds, 1000)
    return f"{slot_milliseconds}ms" if rest else f"{seconds}s"


def lay_out(
    state: Path, live: Live, network: Network, gifts: Gifts, ports: Ports, *, try_state: bool
) -> Plan:
    """Write the chain of a fork and the plan of its nodes.

    Raises: CommandError for a state that cannot be handed over; as `make_plan`.
    """
    try:
        spec = spec_of(live, network, gifts)
        genesis = build_block(spec).hash.hex()
    except (BadSpec, CannotFork) as error:
        raise CommandError(f"block {live.header.number} cannot be forked: {error}") from error
    path = state / SPEC_FILE
    path.write_text(to_json(spec), encoding="utf-8")
    header = live.header
    origin = Fork(live.url, live.name, header.number, header.hash.hex(), live.genesis_hash.hex())
    plan = make_plan(
        state, ports, genesis, network, chain=str(path), try_state=try_state, fork=origin
    )
    progress(
        f"fork of {live.name} at block #{header.number} 0x{header.hash.hex()[:8]}…, "
        f"{live.entries} entries  genesis 0x{genesis[:8]}…  logs {state}/*/node.log"
    )
    return plan


def spec_of(live: Live, network: Network, gifts: Gifts) -> ChainSpec:
    """Return the spec of the fork.

    Raises: CannotFork.
    """
    header, config = live.header, live.config
    storage = forked_storage(live.state, header.number, heirs_of(live, network, gifts))
    top = {"0x" + key.hex(): "0x" + storage[key].hex() for key in sorted(storage)}
    word = re.sub("[^a-z0-9]+", "_", live.name.lower()).strip("_")[:40]
    return ChainSpec(
        name=f"{live.name[:32]} fork at {header.number}",
        id=f"fork_{word}_{header.number}",
        chain_type="Local",
        protocol_id=f"fork-{live.genesis_hash.hex()[:8]}-{header.number}",
        properties=Properties(ss58_format=config.ss58_prefix),
        genesis=Genesis(raw=Raw(top=top)),
        fork=ForkPart(
            number=header.number,
            hash="0x" + header.hash.hex(),
            parent_hash="0x" + header.parent_hash.hex(),
            genesis_hash="0x" + live.genesis_hash.hex(),
        ),
    )


def heirs_of(live: Live, network: Network, gifts: Gifts) -> Heirs:
    """Return who makes the blocks of the fork, and what development accounts have there."""
    agpu, amax = gifts.planck()
    slot_ms = network.slot_ms or live.config.slot_milliseconds
    now_ms = BEGINNING_MS - slot_ms if network.is_called else time.time_ns() // 10**6
    holders = [parse_account(f"//{name}") for name in VALIDATORS]
    others = [parse_account(f"ed25519://{name}") for name in VALIDATORS]
    return Heirs(
        validators=tuple(validator_of(f"//{node.key}") for node in network.authors),
        bond=parse_amount(DEFAULT_BOND),
        agpu=tuple((who, agpu) for who in (*holders, *others)),
        amax=tuple((who, amax) for who in holders),
        slot=now_ms // slot_ms,
        slot_milliseconds=slot_ms,
    )


def validator_of(name: str) -> tuple[bytes, SessionKeys]:
    """Return the account of a development name, and the keys that its node has."""
    key = parse_key(name)
    return parse_account(name), SessionKeys(babe=key, grandpa=key, audit=key)
