"""What a provider's market pays, and what was taken of its bond."""

from typing import Any

from cli.provider.record import SLASHED, price_row, slash_rows
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.support.chain import MemoryChain


class Indexed(ChainRpc):
    """A node with a history of three pages."""

    asked: list[str]

    def explorer_history(self, _address: str, cursor: str, _limit: int) -> dict[str, Any]:
        self.asked = [*getattr(self, "asked", []), cursor]
        number = int(cursor or "0")
        names = [SLASHED if number != 1 else "Providers.Chilled", "Balances.Minted"]
        return {
            "rows": [line(number, name) for name in names],
            "next": None if number == 2 else str(number + 1),
        }


def line(block: int, name: str) -> dict[str, Any]:
    fields = {"provider": "5G…", "offence": "wrong", "amount": "1 AGPU"}
    place = {"extrinsic": None, "event": 3, "fee": None, "ok": True}
    return {"block": block, "time": 0, "name": name, "fields": fields, **place}


async def test_slashes_are_found_in_page_after_page() -> None:
    rpc = Indexed(MemoryChain())
    found = await slash_rows(client_of(rpc), bytes(32), 10)
    assert [row["place"] for row in found] == ["0-e3", "2-e3"]
    assert (found[0]["offence"], found[0]["time"]) == ("wrong", "1970-01-01 00:00:00Z")
    assert rpc.asked == ["", "1", "2"]


async def test_a_search_for_slashes_ends_after_so_many_pages() -> None:
    rpc = Indexed(MemoryChain())
    assert len(await slash_rows(client_of(rpc), bytes(32), 1)) == 1
    assert rpc.asked == [""]


def test_a_price_says_what_an_hour_of_work_would_earn() -> None:
    market = {"tier": 1, "region": 0, "isOpen": True, "backlog": "2500000"}
    row = price_row({**market, "price": {"total": "2000000000000"}}, 500_000)
    assert row == {
        "market": "tier 1, region 0",
        "open": True,
        "price_per_cu": "2 AGPU",
        "rating": "0.500000 CU/s",
        "per_hour_if_busy": "3,600 AGPU",
        "waiting_cu": 2.5,
    }
