"""What a type checker sees of the SDK: `./run check` reads this, nobody runs it.

Each `type: ignore` is a mistake that must be seen: one that is not would be reported as unused.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import assert_type

from cli.sdk import AsyncClient, Balance, Keypair, Receipt, SyncClient, agpu, entry
from cli.sdk.following import Changed, Happened, Head
from cli.sdk.verbs.balances import Holding
from cli.sdk.verbs.prices import Price
from runtime.frame.calls import Call
from runtime.pallets.balances.types import Transfer
from runtime.pallets.jobs import Job, Jobs
from runtime.pallets.referenda.pallet import Referenda
from runtime.pallets.staking import Staking
from runtime.pallets.system import AccountInfo, System


def blocking(client: SyncClient, alice: Keypair) -> None:
    assert_type(client.balances.of(alice), Holding)
    assert_type(client.balances.transfer(alice, "//Bob", agpu(1)), Receipt)
    assert_type(client.prices.now(), Balance)
    assert_type(client.query(entry(Jobs.jobs, 7)), Job | None)
    assert_type(client.query(entry(Referenda.referendum_count)), int)
    assert_type(client.call(Jobs.cancel_job, 7), Call)
    client.balances.transfer(alice, "//Bob", 1.5)  # type: ignore[arg-type]
    client.balances.transfer(alice, "//Bob", agpu(1), wait="soon")  # type: ignore[arg-type]
    client.balances.transfer(alice, "//Bob")  # type: ignore[call-arg]
    client.gov.vote(alice, 0, "yes", agpu(1))  # type: ignore[arg-type]
    client.call(Jobs.cancel_job, "7")  # type: ignore[arg-type]
    client.call(Staking.chill, 1)  # type: ignore[call-arg]
    client.query(entry(Jobs.jobs, "7"))  # type: ignore[misc]
    agpu(1) + 0.5  # type: ignore[operator]
    Balance(1.5)  # type: ignore[arg-type]


def streams(client: SyncClient, who: bytes) -> None:
    with client.finalized() as heads:
        assert_type(next(heads), Head)
    with client.occurrences(Transfer) as transfers:
        assert_type(next(transfers), Happened[Transfer])
    with client.changes(entry(System.account, who)) as accounts:
        assert_type(next(accounts), Changed[AccountInfo | None])
    assert_type(client.heads, Callable[[], AbstractContextManager[Iterator[Head]]])


async def native(client: AsyncClient, alice: Keypair) -> None:
    assert_type(await client.balances.of(alice), Holding)
    assert_type(await client.submit(client.call(System.remark, b""), alice), Receipt)
    async with client.prices.watch() as prices:
        assert_type(await anext(prices), Price)
    print(client.balances.of(alice).free)  # type: ignore[attr-defined]
