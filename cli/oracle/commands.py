"""`starminer oracle`: report feeds, and look at how they stand."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import trio
from cyclopts import Parameter

from cli.accounts import account_of
from cli.errors import CommandError, NodeUnreachable, UsageError
from cli.options import Remote, Signing
from cli.oracle.journal import Journal, open_journal
from cli.oracle.reporter import Plan, Reporter, feeds_of, plans_of, why_not
from cli.oracle.sources import Source, parse_source, read, report_of
from cli.printing import progress, show
from cli.sdk.client import Client, open_client
from cli.sdk.names import find_pallet
from cli.sdk.session import ask
from cli.sdk.transactions import Signer
from cli.sending import Sending, order_of, send
from cli.tx import amount_of, signing_pair
from genesis.notation import decimal_of, format_amount
from node.config import DEFAULT_BASE_PATH
from runtime.pallets.oracle import Member, Oracle

LOCAL, NOBODY, USUAL = Remote(), Signing(), Sending()
POLL_SECONDS = 1.0
RETRY_SECONDS = 5.0
"""Until a node that went away is asked again."""
JOURNALS = DEFAULT_BASE_PATH / "oracle"


def run(
    *,
    feed: list[str],
    rounds: int | None = None,
    journal: Path = JOURNALS,
    signing: Signing = NOBODY,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    remote: Remote = LOCAL,
) -> None:
    """Report feeds, round after round, until interrupted.

    What is sealed is kept in a journal until it is shown: a restart goes on where it stopped.

    Parameters
    ----------
    feed
        Name and source, such as agpu/usd=file:price.txt, agpu/usd=https://host/p.json#data.price
        or agpu/usd="script:./price.sh". Once for each feed.
    rounds
        Stop when so many reports of each feed are on the chain.
    journal
        The directory of the journal.
    dry_run
        Read each source once, show what would be reported, and send nothing.
    """
    wanted = wanted_feeds(feed)
    if rounds is not None and rounds < 1:
        raise UsageError(f"--rounds: wanted at least 1, got {rounds}")
    if dry_run:
        show(ask(remote, lambda client: previews(client, wanted)), remote.output)
        return
    signer = signing_pair(signing)
    shown = trio.run(partial(report, remote.rpc, signer, wanted, journal, rounds))
    show(shown, remote.output)


async def report(
    url: str, signer: Signer, wanted: dict[str, Source], directory: Path, rounds: int | None
) -> list[dict[str, object]]:
    """Report until enough reports are on the chain; a node that goes away is asked again."""
    shown: list[dict[str, object]] = []
    with ExitStack() as opened:
        journal: Journal | None = None
        while True:
            try:
                async with open_client(url) as client:
                    if journal is None:
                        name = (directory, client.genesis_hash, signer.account)
                        journal = opened.enter_context(open_journal(*name))
                    reporter = await reporter_for(client, signer, wanted, journal)
                    reporter.shown = shown
                    while not are_enough(shown, reporter.plans, rounds):
                        await reporter.step()
                        await trio.sleep(POLL_SECONDS)
                    return shown
            except NodeUnreachable as error:
                if journal is None:
                    raise
                progress(f"{error}; trying again")
                await trio.sleep(RETRY_SECONDS)


async def reporter_for(
    client: Client, signer: Signer, wanted: dict[str, Source], journal: Journal
) -> Reporter:
    """Return what reports over a connection."""
    plans = plans_of(await feeds_of(client), wanted)
    blocks = oracle_of(client).config.round_blocks
    return Reporter(client, signer, plans, journal, blocks, progress)


def are_enough(shown: list[dict[str, object]], plans: tuple[Plan, ...], rounds: int | None) -> bool:
    """Say whether each feed has as many reports on the chain as were asked for."""
    names = [row["feed"] for row in shown]
    return rounds is not None and all(
        names.count(plan.feed.name.decode()) >= rounds for plan in plans
    )


def wanted_feeds(words: list[str]) -> dict[str, Source]:
    """Read `NAME=SOURCE` words.

    Raises: UsageError.
    """
    found: dict[str, Source] = {}
    for word in words:
        name, separator, source = word.partition("=")
        if not separator or not name:
            raise UsageError(f"--feed: wanted NAME=SOURCE, got {word!r}")
        if name in found:
            raise UsageError(f"--feed: {name} is there twice")
        found[name] = parse_source(source)
    return found


async def previews(client: Client, wanted: dict[str, Source]) -> list[dict[str, object]]:
    """Return what the sources say now, beside what the chain has."""
    now: int = await client.storage("Timestamp", "Now")
    health = {one["name"]: one for one in (await client.rpc.call("oracle_health"))["feeds"]}
    rows: list[dict[str, object]] = []
    for plan in plans_of(await feeds_of(client), wanted):
        found = report_of(plan.feed, plan.source, await read(plan.source), now)
        name = plan.feed.name.decode()
        rows.append(
            {
                "feed": name,
                "would_report": decimal_of(found.value, plan.feed.decimals),
                "observed_at": found.observed_at,
                "source": found.source.decode(errors="replace"),
                "on_chain": health[name]["value"],
            }
        )
    return rows


def feeds(*, remote: Remote = LOCAL) -> None:
    """List the feeds: their value, its average, and whether the members agree."""

    async def question(client: Client) -> list[dict[str, object]]:
        found = await client.rpc.call("oracle_health")
        return [feed_row(one, found["roundBlocks"]) for one in found["feeds"]]

    show(ask(remote, question), remote.output)


def status(who: str | None = None, /, *, remote: Remote = LOCAL) -> None:
    """Show the members, or one of them: its bond, what leaves it, and what it has earned.

    Parameters
    ----------
    who
        An address or a development name.
    """

    async def question(client: Client) -> dict[str, object]:
        if who is None:
            found: dict[str, Any] = await client.rpc.call("oracle_health")
            named = {"members": found["members"], "jailed": found["jailed"]}
            return {**named, "round": found["round"], "round_blocks": found["roundBlocks"]}
        return await member_record(client, account_of(client, who))

    show(ask(remote, question), remote.output)


def join(*, bond: str = "1000AGPU", sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Put up a bond and begin to report; for accounts that have a seat.

    Parameters
    ----------
    bond
        What goes on hold, 1,000 AGPU at least.
    """
    send(sending, remote, "oracle.join", amount_of("--bond", bond))


def unbond(amount: str = "all", /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Start to take the bond back, which stays liable for 28 eras; all of it ends the reporting.

    Parameters
    ----------
    amount
        Such as 50AGPU, or `all`.
    """
    if amount != "all":
        send(sending, remote, "oracle.unbond", amount_of("amount", amount))
        return
    account = order_of(sending).pair.account

    async def question(client: Client) -> int:
        return (await member_of(client, account)).bond

    send(sending, remote, "oracle.unbond", ask(remote, question))


def unjail(*, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Report again after jail."""
    send(sending, remote, "oracle.unjail")


def claim(*, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Take what accurate reports have earned."""
    send(sending, remote, "oracle.claim", order_of(sending).pair.account)


# ---------------------------------------------------------------------------------------- helpers


def feed_row(feed: dict[str, Any], round_blocks: int) -> dict[str, object]:
    """Return a feed in one line."""
    return {
        "feed": feed["name"],
        "value": feed["value"],
        "average": feed["average"],
        "healthy": feed["isHealthy"],
        "reports": feed["reports"],
        "updated_at_block": feed["updatedAt"] or None,
        "round": feed["round"],
        "round_ends_at_block": (feed["round"] + 1) * round_blocks,
        "sealed": feed["committed"],
        "shown_of_last_round": feed["revealed"],
    }


async def member_record(client: Client, account: bytes) -> dict[str, object]:
    """Return what the chain knows of a member.

    Raises: CommandError if it knows nothing.
    """
    member = await member_of(client, account)
    return {
        "address": client.address(account),
        "status": member.status,
        "bond": format_amount(member.bond),
        "unbonding": [
            {"amount": format_amount(one.amount), "era": one.era} for one in member.unbonding
        ],
        "earned": format_amount(member.earned),
        "missed_rounds": member.missed,
        "jailed_until": member.jailed_until or None,
        "outliers": list(member.outlier_rounds),
    }


async def member_of(client: Client, account: bytes) -> Member:
    """Return a member's record.

    Raises: CommandError if there is none.
    """
    member: Member | None = await client.storage("Oracle", "Members", account)
    if member is None:
        raise CommandError(why_not(client.address(account), None))
    return member


def oracle_of(client: Client) -> Oracle:
    """Return the oracle of the chain's runtime: its configuration is the chain's."""
    pallet = find_pallet(client.pallets, "Oracle")
    assert isinstance(pallet, Oracle), "the runtime of this chain has an oracle"
    return pallet
