"""The explorer of a real node, in a real browser, while the network goes on."""

from pathlib import Path

import pytest

from tests.e2e.commands import until, until_final
from tests.e2e.devnet import Devnet
from tests.explorer.browser import CHROMIUM, browsing
from tests.explorer.visits import complaints, hosts, tiles, visit
from tests.support.needs import CHROMIUM_MISSING, needs

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    needs(CHROMIUM, CHROMIUM_MISSING),
]

ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"


def pages_of(devnet: Devnet) -> list[str]:
    """Return every page of the navigation, and one of each thing that the chain has by now."""
    (provider, *_) = devnet.rpc("providers_list")
    final, lines = devnet.final(), devnet.rpc("explorer_history", ALICE)["rows"]
    line = next(line for line in lines if line["block"] <= final)  # others may yet be undone
    place = f"{line['block']}-{line['extrinsic'] or 0}"
    lists = "jobs receipts providers prices scores vaults supply validators governance treasury"
    lists += " oracles network rpc state pools events"
    jobs = [f"job/{row['number']}" for row in devnet.rpc("explorer_jobs", None, 1)]
    return [
        *lists.split(),
        f"block/{line['block']}",
        f"extrinsic/{place}",
        f"event/{line['block']}-0",
        f"account/{ALICE}",
        f"provider/{provider['account']}",
        "state/System.Account",
        "events/Balances.Transfer",
        "search/nothing",  # one thing found would lead on at once
        *jobs,
    ]


async def test_every_page_shows_a_living_network(devnet: Devnet, tmp_path: Path) -> None:
    sent = ("dest=//Ferdie", "value=2AGPU", "--signer", "//Alice", "--wait", "finalized")
    assert devnet.cli("tx", "balances.transfer_keep_alive", *sent).code == 0
    port = devnet.port()
    wrong = {}
    async with browsing(f"http://127.0.0.1:{port}/", tmp_path) as tab:
        await visit(tab, "")
        before = await tiles(tab)
        for width, theme in ((1280, "light"), (400, "dark")):
            await tab.show_as(width, theme=theme)
            for page in pages_of(devnet):
                await visit(tab, page)
                if found := await complaints(tab):
                    wrong[page, width] = found
        await visit(tab, "")
        after = await tiles(tab)
        assert hosts(tab) == {f"127.0.0.1:{port}"}
    assert not wrong, "\n".join(f"{where}: {found}" for where, found in wrong.items())
    assert int(after["best"][1:]) > int(before["best"][1:])
    assert set(after) >= {"agpu", "amax", "waiting", "providers", "receipts", "lag"}
    assert [name for name in after if name.startswith("price-")]


def test_every_node_keeps_the_same_history(devnet: Devnet) -> None:
    final = devnet.final()
    counted = ("agpu", "minted", "burned", "fees", "signed", "extrinsics", "receipts", "units")
    nodes = ("alice", "full")
    for node in nodes:
        until_final(devnet.port(node), final)

    def points() -> list[list[dict[str, object]]]:
        asked = ("explorer_points", final, final, 2)
        return [devnet.rpc(*asked, node=node) for node in nodes]

    until("both nodes have indexed the block", lambda: all(points()))
    alice, full = ({name: point[name] for name in counted} for (point,) in points())
    assert alice == full
