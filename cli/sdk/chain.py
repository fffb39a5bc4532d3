"""A chain as a program uses it: `connect` for any program, `connect_async` for those on trio.

with connect("ws://127.0.0.1:9944") as client:
    client.balances.transfer(alice, "//Bob", Balance.parse("1.5AGPU"), wait="finalized")
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from typing import Any, Concatenate, ParamSpec, TypeVar

import trio

from cli.errors import NodeUnreachable
from cli.sdk.balance import Balance
from cli.sdk.causes import the_cause
from cli.sdk.client import BEST, BlockView, Client, client_over
from cli.sdk.following import (
    Changed,
    Happened,
    Head,
    best_heads,
    final_events,
    final_heads,
    values,
)
from cli.sdk.modes import Blocking, Group, Mode, Native, stream, verb
from cli.sdk.nonces import Nonces
from cli.sdk.portal import Portal, hosted
from cli.sdk.reconnecting import PATIENCE_SECONDS, reconnecting
from cli.sdk.sessions import NO_TIP, Account, Included, Session
from cli.sdk.transactions import Receipt, Signer
from cli.sdk.transport import SubscribingRpc
from cli.sdk.typed import Entry, call_in, read
from cli.sdk.verbs.balances import Balances
from cli.sdk.verbs.gov import Governance
from cli.sdk.verbs.jobs import Jobs
from cli.sdk.verbs.prices import Prices
from cli.sdk.verbs.providers import Providers
from cli.sdk.verbs.staking import Staking
from runtime.frame.calls import Call
from runtime.frame.dispatch import Origin
from runtime.frame.pallet import Record
from runtime.versions import VERSIONS, Versions

P = ParamSpec("P")
T = TypeVar("T")
E = TypeVar("E")


class Chain(Group[Mode]):
    """A connection to one chain, with the verbs of its domains."""

    def __init__(self, session: Session, portal: Portal | None) -> None:
        super().__init__(session, portal)
        self.balances: Balances[Mode] = Balances(session, portal)
        self.jobs: Jobs[Mode] = Jobs(session, portal)
        self.gov: Governance[Mode] = Governance(session, portal)
        self.staking: Staking[Mode] = Staking(session, portal)
        self.providers: Providers[Mode] = Providers(session, portal)
        self.prices: Prices[Mode] = Prices(session, portal)

    @property
    def core(self) -> Client:
        """The client below: for trio, and for what has no verb here."""
        return self._session.core

    def address(self, who: Account) -> str:
        """Return an account as this chain's wallets write it."""
        return self.core.address(self._session.account(who))

    def call(
        self,
        method: Callable[Concatenate[Any, Origin, P], None],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Call:
        """Return a call of any pallet: `client.call(Utility.batch_all, calls)`.

        Raises: UsageError if the chain has none of this name, or several.
        """
        return call_in(self.core, None, method, *args, **kwargs)

    @verb
    async def submit(
        self, call: Call, signer: Signer, wait: Included = "included", *, tip: Balance = NO_TIP
    ) -> Receipt:
        """Sign a call, send it, and wait until it is in a block, or in a final one.

        Raises: DispatchError if the call was refused; RpcRefusal, TransactionLost.
        """
        return await self._session.execute(call, signer, wait, tip)

    @verb
    async def send(self, call: Call, signer: Signer, *, tip: Balance = NO_TIP) -> bytes:
        """Sign a call and hand it in; return the transaction's hash, and do not wait.

        Raises: RpcRefusal.
        """
        return await self._session.hand_in(call, signer, tip)

    @verb
    async def fee(self, call: Call, signer: Signer) -> Balance:
        """Return what a call would cost, without sending it."""
        return await self._session.fee(call, signer)

    @verb
    async def query(self, place: Entry[T], *, at: bytes | None = None) -> T:
        """Return what a place of the state holds: `client.query(entry(Jobs.jobs, 7))`."""
        return await read(self.core, place, at)

    @verb
    async def block(self, at: str = BEST) -> BlockView:
        """Return a block: best, final, a number or a hash.

        Raises: CommandError if there is none.
        """
        return await self.core.block(await self.core.block_hash(at))

    @verb
    async def events(self, at: str = BEST) -> list[Record]:
        """Return what happened in a block: best, final, a number or a hash."""
        return await self.core.events(await self.core.block_hash(at))

    @stream
    def heads(self) -> AbstractAsyncContextManager[AsyncIterator[Head]]:
        """Follow the best block: the present one first, then each that takes its place."""
        return best_heads(self.core)

    @stream
    def finalized(
        self, first: int | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[Head]]:
        """Follow finality: every final block in order, none left out and none twice."""
        return final_heads(self.core, first)

    @stream
    def occurrences(
        self, kind: type[E], first: int | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[Happened[E]]]:
        """Follow the events of a class in final blocks: `client.occurrences(JobSubmitted)`."""
        return final_events(self.core, kind, first)

    @stream
    def changes(self, place: Entry[T]) -> AbstractAsyncContextManager[AsyncIterator[Changed[T]]]:
        """Follow a place of the state on the best chain: its value now, then each that differs."""
        return values(self.core, place)


class AsyncClient(Chain[Native]):
    """A chain for programs on trio: verbs are awaited."""


class SyncClient(Chain[Blocking]):
    """A chain for programs without trio: verbs wait. It may be used from several threads."""

    def do(
        self,
        work: Callable[Concatenate[Client, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Do work of the SDK's own modules on the client below, and wait for it."""
        assert self._portal is not None, "a client that blocks has a thread"
        return self._portal.run(work, self.core, *args, **kwargs)


@asynccontextmanager
async def connect_async(
    url: str, *, patience_seconds: float = PATIENCE_SECONDS, versions: Versions = VERSIONS
) -> AsyncIterator[AsyncClient]:
    """Stay connected to a node for the length of an `async with` block.

    A connection that is lost is made again: calls wait for it, up to `patience_seconds`, and
    streams go on. When the chain's runtime is upgraded, so is what the client knows of it, as far
    as it is one of `versions`: those of this release, or of a chain of your own.
    Raises: NodeUnreachable; SdkOlderThanChain, also when the chain outgrows this release later.
    """
    async with _session(url, patience_seconds, versions) as session:
        yield AsyncClient(session, None)


@contextmanager
def connect(
    url: str, *, patience_seconds: float = PATIENCE_SECONDS, versions: Versions = VERSIONS
) -> Iterator[SyncClient]:
    """Stay connected to a node for the length of a `with` block, in a thread of its own.

    Raises: as `connect_async`.
    """
    with hosted(lambda: _session(url, patience_seconds, versions), "starminer client") as held:
        yield SyncClient(held.resource, held.portal)


@asynccontextmanager
async def _session(url: str, patience_seconds: float, versions: Versions) -> AsyncIterator[Session]:
    try:
        async with reconnecting(url, patience_seconds) as rpc:
            core = await client_over(rpc, versions)
            async with trio.open_nursery() as nursery:
                if isinstance(rpc, SubscribingRpc):
                    nursery.start_soon(_keep_up, core, rpc)
                yield Session(core, Nonces(core))
                nursery.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise the_cause(group) from group


async def _keep_up(core: Client, rpc: SubscribingRpc) -> None:
    """Learn each runtime that the chain changes to; wait for a node that is away for however long.

    Raises: SdkOlderThanChain.
    """
    while True:
        with suppress(NodeUnreachable):
            subscription = rpc.subscribe(
                "state_subscribeRuntimeVersion", end="state_unsubscribeRuntimeVersion"
            )
            async with subscription as news:
                async for told in news:
                    if told["specVersion"] != core.config.spec_version:
                        await core.refresh()
