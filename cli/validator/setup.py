"""`starminer validator setup`: from an account with money to a node that validates.

What is done already is left as it is, so that the command can be run again after whatever stopped
it. What is left to do goes into one transaction, which happens whole or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from cyclopts import Parameter

from cli.errors import CommandError, UsageError
from cli.options import Remote
from cli.printing import progress, show
from cli.sdk.client import Client, enhex, unhex
from cli.sdk.session import ask
from cli.sdk.staking import Now, Stake, now, stake_of
from cli.sdk.transactions import fee_of, prepare, submit
from cli.sdk.transport import RpcRefusal
from cli.sending import USUAL, Sending, order_of
from cli.tx import Order, amount_of
from cli.validator.stake import call_of, payee_of
from cli.validator.status import duration
from genesis.notation import format_amount
from runtime.frame.calls import Call
from runtime.pallets.session import SessionKeys
from runtime.pallets.staking.records import ValidatorPrefs
from runtime.primitives.fixed import Perbill
from runtime.primitives.scale import decode
from runtime.primitives.types import Balance

LOCAL = Remote()
NO_METHOD = -32601
AUTHORITY = "Authority"


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms one validates."""

    bond: str | None = None
    """What stands for your conduct, such as 1000AGPU; the least that there may be, if not given."""

    commission: float = 5.0
    """Your part of the rewards before they are divided among all who stand behind you, in percent.
    """

    payee: str = "stash"
    """Where your rewards go: stash, the account itself; staked, on top of the bond; or an address.
    """


FAIR = Terms()


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the way."""

    name: str
    is_done: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to do for an account."""

    steps: tuple[Step, ...]
    bonding: tuple[Call, ...]
    needs_keys: bool
    standing: tuple[Call, ...]

    @property
    def is_done(self) -> bool:
        """Whether nothing is left."""
        return all(step.is_done for step in self.steps)


def setup(*, terms: Terms = FAIR, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Make a validator of the signing account and of the node that is asked.

    The node makes session keys and keeps them; the account puts up a bond, proves that the keys are
    its own, and stands for election. The node must run with --validator and answer its own machine.
    """
    order, wanted = order_of(sending), commission_of(terms.commission)

    async def lead(client: Client) -> None:
        await check_node(client)
        at = await client.block_hash()
        when = await now(client, at)
        plan = await plan_for(client, order.pair.account, terms, wanted, at)
        if plan.is_done or order.is_dry:
            show(record_of(client, order, plan, when, sent=None), remote.output)
            return
        sent = await carry_on(client, order, plan)
        show(record_of(client, order, plan, when, sent=sent), remote.output)

    ask(remote, lead)


async def check_node(client: Client) -> None:
    """Refuse a node that will not author.

    Raises: CommandError, with what to do.
    """
    roles: list[str] = await client.rpc.call("system_nodeRoles")
    if AUTHORITY not in roles:
        raise CommandError(
            "this node does not validate: start it with `starminer run --validator "
            "--password-file FILE`, or name another with --rpc"
        )
    health = await client.rpc.call("system_health")
    if health["isSyncing"]:
        raise CommandError(
            "the node is still catching up with its peers, and would miss its blocks: wait until "
            "`starminer chain info` shows the newest one"
        )


async def plan_for(client: Client, who: bytes, terms: Terms, commission: int, at: bytes) -> Plan:
    """Look what of the way an account has gone.

    Raises: CommandError if it has too little; UsageError for terms that cannot be.
    """
    stake = await stake_of(client, who, at)
    least: Balance = await client.storage("Staking", "MinValidatorBond", at=at)
    bond = least if terms.bond is None else amount_of("--bond", terms.bond)
    if bond < least:
        raise UsageError(f"--bond: wanted {format_amount(least)} or more, got {terms.bond}")
    has = 0 if stake is None else stake.ledger.active
    lacks = max(bond - has, 0)
    if lacks:
        await check_funds(client, who, lacks, at)
    has_keys = await is_kept(client, stake)
    has_terms = stake is not None and stake.prefs is not None
    prefs = ValidatorPrefs(commission)
    is_on_terms = stake is not None and stake.prefs == prefs
    steps = (
        Step("bond", not lacks, format_amount(max(bond, has))),
        Step("session keys", has_keys, "in the node's keystore, and set on chain"),
        Step("stand for election", is_on_terms, f"at a commission of {terms.commission:g} %"),
    )
    return Plan(
        steps,
        bonding_calls(client, stake, lacks, terms.payee),
        not has_keys,
        () if has_terms and is_on_terms else (call_of(client, "staking.validate", prefs),),
    )


def bonding_calls(
    client: Client, stake: Stake | None, lacks: Balance, payee: str
) -> tuple[Call, ...]:
    """Return the calls by which a bond becomes large enough."""
    if stake is None:
        return (call_of(client, "staking.bond", lacks, payee_of(client, payee)),)
    return (call_of(client, "staking.bond_extra", lacks),) if lacks else ()


async def check_funds(client: Client, who: bytes, lacks: Balance, at: bytes) -> None:
    """Refuse an account that cannot put up the bond.

    Raises: CommandError, with the address to send to.
    """
    free = (await client.account(who, at)).data.free
    if free <= lacks:
        raise CommandError(
            f"{client.address(who)} has {format_amount(free)} free, and the bond takes "
            f"{format_amount(lacks)} besides the fee: send it some AGPU, then run this again"
        )


async def is_kept(client: Client, stake: Stake | None) -> bool:
    """Say whether the keys that an account has set are in the node's keystore.

    Raises: CommandError if the node does not say.
    """
    if stake is None or stake.keys is None:
        return False
    try:
        return all(
            [
                await client.rpc.call("author_hasKey", enhex(key), kind.decode())
                for kind, key in stake.keys.by_kind()
            ]
        )
    except RpcRefusal as refusal:
        raise unsafe_or(refusal) from refusal


async def carry_on(client: Client, order: Order, plan: Plan) -> str:
    """Do what is left, in one transaction; return its hash.

    Raises: CommandError, DispatchFailed.
    """
    calls = [*plan.bonding]
    if plan.needs_keys:
        calls.append(await keys_call(client, order.pair.account))
        progress("the node made new session keys")
    calls += plan.standing
    entry = call_of(client, "utility.batch_all", tuple(calls))
    prepared = await prepare(client, entry.encode(), order.pair)
    progress(f"{len(calls)} calls, fee {format_amount(await fee_of(client, prepared))}")
    receipt = await submit(
        client, prepared, "finalized" if order.wait == "finalized" else "included"
    )
    return enhex(receipt.required().hash)


async def keys_call(client: Client, owner: bytes) -> Call:
    """Have the node make session keys; return the call that sets them.

    Raises: CommandError if the node does not make any for us.
    """
    try:
        made = await client.rpc.call("author_rotateKeysWithOwner", enhex(owner))
    except RpcRefusal as refusal:
        raise unsafe_or(refusal) from refusal
    keys = decode(unhex(made["keys"]), SessionKeys)
    return call_of(client, "session.set_keys", keys, unhex(made["proof"]))


def unsafe_or(refusal: RpcRefusal) -> CommandError:
    """Return what to tell of a node that keeps its keys to itself."""
    if refusal.code != NO_METHOD:
        return refusal
    return CommandError(
        "the node gives keys to its own machine only: run this where it runs, or start it with "
        "--rpc-methods unsafe and a firewall before it"
    )


def record_of(
    client: Client, order: Order, plan: Plan, when: Now, *, sent: str | None
) -> dict[str, object]:
    """Return what was done, and what is next."""
    seconds = (when.next_era_block - when.block) * client.config.slot_milliseconds // 1000
    after = "keep the node running: it is elected if few enough have more behind them"
    following = f"{after}; see `starminer validator status {client.address(order.pair.account)}`"
    if order.is_dry and not plan.is_done:
        following = "run this without --dry-run"
    return {
        "validator": client.address(order.pair.account),
        "transaction": sent,
        "elected_for_era": f"{when.era + 1} at the earliest, in about {duration(seconds)}",
        "next": following,
        "steps": [
            {
                "step": step.name,
                "state": "done" if step.is_done or sent is not None else "to do",
                "detail": step.detail,
            }
            for step in plan.steps
        ],
    }


def commission_of(percent: float) -> int:
    """Return a commission in parts per billion.

    Raises: UsageError.
    """
    if not 0 <= percent <= 100:
        raise UsageError(f"--commission: wanted 0 to 100 percent, got {percent:g}")
    return round(percent * Perbill.ONE / 100)
