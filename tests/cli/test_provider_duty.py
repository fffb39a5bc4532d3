"""Pausing, draining and resuming a provider, and what its status shows."""

import pytest

from cli.errors import CommandError
from cli.options import Remote
from cli.provider.doctor import bond
from cli.provider.duty import NO_WORKER, change, standing, until_idle
from cli.provider.setup import Offer, registration
from cli.tx import Order
from runtime.pallets.providers import ProviderStatus
from runtime.primitives.types import UNIT
from tests.cli.chain_rpc import client_of
from tests.cli.provider_world import OTHER, OWNER, ProviderRpc, included, settings_for

QUIET = Remote(output="json")


async def registered(*, has_worker: bool = True) -> ProviderRpc:
    rpc = ProviderRpc(has_worker=has_worker)
    client = client_of(rpc)
    call = await registration(client, settings_for(OTHER), Offer())
    (await included(rpc, client, call.encoded, OWNER)).required()
    return rpc


async def changed(rpc: ProviderRpc, mode: str, *, is_dry: bool = False) -> None:
    """Change the mode, and put what was sent into a block."""
    order = Order(OWNER, "none", is_dry)
    await change(client_of(rpc), OTHER.public, mode, order, QUIET)
    rpc.seal()


def status_of(rpc: ProviderRpc) -> ProviderStatus:
    status: ProviderStatus = rpc.chain.runtime().providers.providers[OWNER.account].status
    return status


@pytest.mark.parametrize("mode", ["paused", "draining"])
async def test_worker_and_chain_are_told_and_told_back(mode: str, capsys) -> None:
    rpc = await registered()
    await changed(rpc, mode)
    assert (rpc.mode, status_of(rpc)) == (mode, ProviderStatus.CHILLED)
    await changed(rpc, "working")
    assert (rpc.mode, status_of(rpc)) == ("working", ProviderStatus.ACTIVE)


async def test_what_is_so_already_is_not_said_to_the_chain_again(capsys) -> None:
    rpc = await registered()
    await changed(rpc, "paused")
    await changed(rpc, "draining")
    assert "chilled already" in capsys.readouterr().out
    await changed(rpc, "working")
    await changed(rpc, "working")
    assert "active already" in capsys.readouterr().out
    assert rpc.chain.runtime().system.nonce(OWNER.account) == 3


async def test_a_dry_run_changes_nothing(capsys) -> None:
    rpc = await registered()
    await changed(rpc, "paused", is_dry=True)
    assert (rpc.mode, status_of(rpc)) == ("working", ProviderStatus.ACTIVE)
    assert "Providers.chill()" in capsys.readouterr().out


async def test_a_node_without_the_worker_still_tells_the_chain(capsys) -> None:
    rpc = await registered(has_worker=False)
    await changed(rpc, "paused")
    assert status_of(rpc) is ProviderStatus.CHILLED
    assert f"{NO_WORKER}: only the chain is told" in capsys.readouterr().err


async def test_who_is_no_provider_is_told_what_to_do(capsys) -> None:
    with pytest.raises(CommandError, match="`starminer provider register` makes it one"):
        await changed(ProviderRpc(), "paused")


async def test_the_status_joins_chain_and_worker() -> None:
    rpc = await registered()
    rpc.fault = "DeviceUnavailable: the CUDA driver found no GPU"
    shown = await standing(client_of(rpc), OTHER.public)
    assert (shown["state"], shown["bond"], shown["open_jobs"]) == ("active", "100 AGPU", 0)
    assert shown["address"] == client_of(rpc).address(OWNER.account)
    assert shown["fault"] == rpc.fault
    assert (shown["worker"], shown["devices_that_work"]) == ("working", 1)


async def test_the_worker_of_another_provider_is_not_taken_for_ours() -> None:
    rpc = await registered()
    rpc.account = bytes(32)
    shown = await standing(client_of(rpc), OTHER.public)
    assert str(shown["worker"]).startswith("the node works for 5")
    assert "fault" not in shown


async def test_the_status_of_a_node_without_a_worker_says_so() -> None:
    rpc = await registered(has_worker=False)
    assert (await standing(client_of(rpc), OWNER.public))["worker"] == NO_WORKER


async def test_a_provider_without_open_jobs_is_idle_at_once(capsys) -> None:
    await until_idle(client_of(await registered()), OTHER.public)
    assert capsys.readouterr().err == "no job is open: the node can be stopped\n"


async def test_the_doctor_looks_at_the_bond() -> None:
    rpc = await registered()
    client = client_of(rpc)
    assert (await bond(client, OTHER.public)).detail.startswith("100 AGPU at a rating of 0.000001")
    rpc.fault = "DeviceWrong: a product is wrong"
    assert (await bond(client, OTHER.public)).state == "error"
    stranger = await bond(client, bytes(32))
    assert (stranger.state, stranger.next) == ("warning", "starminer provider register")
    assert "the least bond is 100 AGPU, it has 0 AGPU" in stranger.detail
    assert rpc.chain.runtime().providers.providers[OWNER.account].bond == 100 * UNIT
