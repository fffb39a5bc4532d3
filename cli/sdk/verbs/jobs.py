"""Buying compute: order, wait, fetch, check."""

from __future__ import annotations

import os
from dataclasses import dataclass

from cli.sdk.balance import Balance, Token, planck_of
from cli.sdk.jobs import (
    BLOCKS_TO_ENTER,
    DEFAULT_MARKET,
    Heard,
    Way,
    deadline_after,
    fetch_output,
    follow,
    job_of,
    order_call,
    order_work,
    submitted_in,
    upload,
)
from cli.sdk.modes import Group, Mode, verb
from cli.sdk.prices import highest_share
from cli.sdk.sessions import Account, Included
from cli.sdk.transactions import Receipt, Signer
from cli.sdk.typed import call_of
from cli.sdk.verifying import Verified, verify_job
from runtime.compute.classes import Work
from runtime.compute.job import PERBILL, LatencyClass, Market
from runtime.pallets.jobs import Jobs as Pallet
from runtime.pallets.jobs.records import Job

DEADLINE_BLOCKS = 200
"""Ten minutes of three-second blocks: three providers in turn could have done it."""

LEAVES_CHECKED = 256
"""At so many, who cheated on a fiftieth of the leaves passes one time in 170."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """A job that is on the chain."""

    number: int
    escrow: Balance
    """What is on hold for it; what it does not cost comes back."""
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Result:
    """The output of a completed job, every leaf checked against the final root."""

    work: Work
    content: bytes


class Jobs(Group[Mode]):
    """Buying compute."""

    @verb
    async def of(self, number: int) -> Job:
        """Return the record of a job on the best block.

        Raises: CommandError if there is none.
        """
        return await job_of(self._session.core, number)

    @verb
    async def submit(
        self,
        signer: Signer,
        work: Work,
        content: bytes,
        max_price: Balance,
        *,
        market: Market = DEFAULT_MARKET,
        latency: LatencyClass = LatencyClass.STANDARD,
        deadline_blocks: int = DEADLINE_BLOCKS,
        provider: Account | None = None,
        wait: Included = "included",
    ) -> Ordered:
        """Hand the node an input, and order work on it for at most `max_price` in all.

        Raises: DispatchError, UsageError.
        """
        core, most = self._session.core, planck_of(max_price, Token.AGPU)
        until = await deadline_after(core, deadline_blocks + BLOCKS_TO_ENTER)
        limit = most * PERBILL // await highest_share(core, latency, 0)
        order = order_work(work, content, limit, until, market, way=Way(latency=latency))
        await upload(core, order.payload, order.spec.input_root)
        chosen = None if provider is None else self._session.account(provider)
        name, terms = order_call(order, chosen)
        call = core.calls.decode(core.calls.encode("Jobs", name, *terms))
        found = submitted_in(await self._session.execute(call, signer, wait))
        return Ordered(found.job, Balance(found.escrow, Token.AGPU), found.receipt)

    @verb
    async def wait(self, number: int, heard: Heard | None = None) -> Job:
        """Wait until a job has ended in a final block; return its record.

        `heard`, an async function, hears of each state it enters, by its place in the history.
        """
        return await follow(self._session.core, number, heard or _unheard)

    @verb
    async def result(self, number: int) -> Result:
        """Fetch the output of a completed job, and check it against the final root.

        Raises: CommandError if it is not completed, or what is served is not its output.
        """
        work, content = await fetch_output(self._session.core, number)
        return Result(work, content)

    @verb
    async def verify(self, number: int, leaves: int | None = LEAVES_CHECKED) -> Verified:
        """Recompute a completed job on this machine: some leaves, drawn at random, or all.

        Raises: CommandError if a content is not what the chain's root says, or is not served.
        """
        return await verify_job(self._session.core, number, leaves, os.urandom(32))

    @verb
    async def cancel(self, signer: Signer, number: int, *, wait: Included = "included") -> Receipt:
        """Withdraw a job; one that a provider has already is charged for."""
        made = call_of(self._session.core, Pallet.cancel_job, number)
        return await self._session.execute(made, signer, wait)


async def _unheard(_place: int, _record: Job) -> None:
    """Say nothing of a job's way."""
