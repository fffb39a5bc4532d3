"""Reporting: in each round seal what the sources say, in the next show it.

The chain is the only memory besides the journal: each step reads what is there and sends what is
missing. A transaction that does not arrive is sent again; one that comes a round late is refused.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cli.errors import CommandError
from cli.oracle.journal import Journal, Sealed
from cli.oracle.sources import BadReading, Source, read, report_of
from cli.sdk.client import Client
from cli.sdk.transactions import Signer, prepare, send
from cli.sdk.transport import RpcRefusal
from genesis.notation import decimal_of
from runtime.pallets.oracle import Entry, Feed, Member, MemberStatus, seal
from runtime.primitives.types import H256

PATIENCE_BLOCKS = 3
"""Blocks after which what was sent and is not there is sent again."""
MARGIN_BLOCKS = 2
"""With fewer blocks left of a round nothing is sealed: it would come too late."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A feed, and where its value comes from."""

    number: int
    feed: Feed
    source: Source


@dataclass(slots=True)
class Reporter:
    """Reports for one account. Invariant: what is sealed on the chain is in the journal."""

    client: Client
    signer: Signer
    plans: tuple[Plan, ...]
    journal: Journal
    round_blocks: int
    tell: Callable[[str], None]
    shown: list[dict[str, object]] = field(default_factory=list)
    """The reports that the chain has accepted while this ran."""
    _sent: dict[tuple[str, int, int], int] = field(default_factory=dict)
    """The block in which each call was sent last, by what it is, feed and round."""

    async def step(self) -> None:
        """Look at the best block, and send what is missing.

        Raises: CommandError if the account may not report any more.
        """
        head = await self.client.block_hash()
        number = await self.client.number(head)
        current = number // self.round_blocks
        await self._require_active(head)
        self.journal.forget_before(current - 1)
        for sealed in self.journal.of_round(current - 1):
            await self._show(sealed, head, number)
        if self.round_blocks - number % self.round_blocks > MARGIN_BLOCKS:
            for plan in self.plans:
                await self._seal(plan, current, head, number)
        self._sent = {key: at for key, at in self._sent.items() if key[2] >= current - 1}

    async def _require_active(self, head: H256) -> None:
        member: Member | None = await self.client.storage(
            "Oracle", "Members", self.signer.account, at=head
        )
        if member is None or member.status is not MemberStatus.ACTIVE:
            raise CommandError(why_not(self.client.address(self.signer.account), member))

    async def _show(self, sealed: Sealed, head: H256, number: int) -> None:
        """Show a report of the last round, unless the chain has it or never had its seal."""
        entry = await self._entry(sealed.feed, sealed.round, head)
        if entry is None or entry.sealed != self._seal_of(sealed):
            return
        if entry.report is not None:
            self._note(sealed)
        elif self._is_due("reveal", sealed.feed, sealed.round, number):
            await self._send("reveal", sealed.feed, sealed.report, sealed.salt)

    async def _seal(self, plan: Plan, current: int, head: H256, number: int) -> None:
        """Seal a report in this round: that in the journal, or a new one."""
        if not self._is_due("commit", plan.number, current, number):
            return
        if await self._entry(plan.number, current, head) is not None:
            return
        known = [one for one in self.journal.of_round(current) if one.feed == plan.number]
        sealed = known[0] if known else await self._observed(plan, current, head)
        if sealed is not None:
            if not known:
                self.journal.add(sealed)
            await self._send("commit", plan.number, current, self._seal_of(sealed))

    async def _observed(self, plan: Plan, current: int, head: H256) -> Sealed | None:
        """Read a source; without a number nothing is reported in this round."""
        now: int = await self.client.storage("Timestamp", "Now", at=head)
        try:
            report = report_of(plan.feed, plan.source, await read(plan.source), now)
        except BadReading as error:
            self.tell(f"{plan.feed.name.decode()}: {error}")
            return None
        salt = secrets.token_bytes(32)
        value = str(report.value)
        return Sealed(plan.number, current, value, report.observed_at, report.source, salt)

    async def _entry(self, feed: int, round_: int, head: H256) -> Entry | None:
        entries: tuple[Entry, ...] = await self.client.storage(
            "Oracle", "Entries", feed, round_, at=head
        )
        return next((one for one in entries if one.who == self.signer.account), None)

    def _seal_of(self, sealed: Sealed) -> H256:
        who = self.signer.account
        return seal(sealed.report, sealed.salt, who, sealed.feed, sealed.round)

    def _is_due(self, what: str, feed: int, round_: int, number: int) -> bool:
        """Say whether a call was not sent in the last blocks, and note that it is now."""
        key = (what, feed, round_)
        last = self._sent.get(key)
        if last is not None and number - last < PATIENCE_BLOCKS:
            return False
        self._sent[key] = number
        return True

    async def _send(self, name: str, *arguments: object) -> None:
        call = self.client.calls.encode("Oracle", name, *arguments)
        try:
            await send(self.client, await prepare(self.client, call, self.signer))
        except RpcRefusal as error:
            self.tell(f"{name}: {error}")

    def _note(self, sealed: Sealed) -> None:
        """Remember a report that the chain has."""
        name = next((plan.feed for plan in self.plans if plan.number == sealed.feed), Feed(b"?", 0))
        row: dict[str, object] = {
            "feed": name.name.decode(),
            "round": sealed.round,
            "value": decimal_of(int(sealed.value), name.decimals),
        }
        if row not in self.shown:
            self.shown.append(row)
            self.tell(f"round {row['round']}: {row['feed']} = {row['value']}")


def why_not(address: str, member: Member | None) -> str:
    """Say why an account does not report, and what helps."""
    status = None if member is None else member.status
    match status:
        case None | MemberStatus.REMOVED:
            return f"{address} has no seat: a referendum of the registry track gives one"
        case MemberStatus.APPROVED:
            return f"{address} has no bond yet: `starminer oracle join` puts it up"
        case _:
            until = 0 if member is None else member.jailed_until
            return f"{address} is jailed: from block {until} on `starminer oracle unjail` ends that"


def plans_of(feeds: Mapping[int, Feed], wanted: Mapping[str, Source]) -> tuple[Plan, ...]:
    """Return what is to be reported.

    Raises: CommandError for a feed that the chain does not ask for.
    """
    numbers = {feed.name.decode(errors="replace"): number for number, feed in feeds.items()}
    for name in wanted:
        if name not in numbers:
            known = f"{', '.join(sorted(numbers)) or 'none'}: see `starminer oracle feeds`"
            raise CommandError(f"the chain has no feed {name!r}: it asks for {known}")
    return tuple(
        Plan(numbers[name], feeds[numbers[name]], source) for name, source in wanted.items()
    )


async def feeds_of(client: Client, at: H256 | None = None) -> dict[int, Feed]:
    """Return the feeds that a chain asks for, by number."""
    numbers: tuple[int, ...] = await client.storage("Oracle", "FeedIds", at=at)
    found: dict[int, Any] = {}
    for number in numbers:
        found[number] = await client.storage("Oracle", "Feeds", number, at=at)
    return found
