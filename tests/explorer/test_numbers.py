"""Every number of home and supply, each recomputed from what the RPC says of blocks and state.

The text of a page is read from its beginning to its end: a number too many, one that is missing,
and one that is wrong all fail. Where there is an exact value behind what is shown, that is meant.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from runtime.primitives.types import UNIT
from tests.explorer.browser import CHROMIUM, Tab
from tests.explorer.shown import shown
from tests.explorer.support import ExplorerNode, busy_node, indexed
from tests.explorer.visits import tiles, visit
from tests.rpc.clients import Served
from tests.support.needs import CHROMIUM_MISSING, needs

pytestmark = needs(CHROMIUM, CHROMIUM_MISSING)

NUMBERS = r"""(() => {
    const main = document.querySelector('main'), found = [];
    const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    const exact = (one) => one.dataset.exact ?? one.getAttribute('datetime') ?? one.title;
    let last = null;
    while (walker.nextNode()) {
        const of = walker.currentNode.parentElement;
        if (of.closest('figure.chart')) continue;
        const known = of.closest('[data-exact], time, code.hash, a.address');
        const whole = known ?? (of.children.length ? null : of);
        if (whole && whole === last) continue;
        last = whole;
        const text = (whole ?? walker.currentNode).textContent.trim();
        if (known) found.push(exact(known));
        else if (/\d/.test(text)) found.push(text);
    }
    return found;
})()"""
"""What is told in numbers, in the order of the page: exact amounts, moments, hashes, addresses."""

CHARTS = r"""[...document.querySelectorAll('figure.chart [role=img]')]
    .map((one) => /; \w+ [^:]*: (.*)$/.exec(one.getAttribute('aria-label'))[1])"""
"""The last value of every line, which is said to who cannot see it."""


FLOOR = "AGPU since block 0, cause by cause, drawn from a floor above zero"
"""The words under the bars, of which one is a number."""


def moment(time_ms: int) -> str:
    shown_at = datetime.fromtimestamp(time_ms / 1000, UTC)
    return shown_at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time_ms % 1000:03}Z"


class Known:
    """What the RPC says of each block, asked once."""

    def __init__(self, server: Served) -> None:
        self.call = server.call
        self.blocks: dict[int, Any] = {}
        self.receipts: list[Any] = []

    async def read(self) -> "Known":
        best = (await self.call("chain_getHeader"))["number"]
        for number in range(int(best, 16) + 1):
            block_hash = await self.call("chain_getBlockHash", number)
            raw = (await self.call("chain_getBlock", block_hash))["block"]["extrinsics"]
            page = await self.call("explorer_block", str(number))
            assert (page["hash"], page["extrinsicCount"]) == (block_hash, len(raw))
            self.blocks[number] = page
        self.receipts = (await self.call("explorer_receipts", "", 200))["rows"]
        return self

    @property
    def best(self) -> Any:
        return self.blocks[max(self.blocks)]

    def carried(self, number: int) -> list[Any]:
        return [row for row in self.receipts if row["block"] == number]

    def units(self, number: int) -> int:
        return sum(int(row["units"]) for row in self.carried(number))

    def said(self, name: str, field: str, numbers: Any = None) -> int:
        """Add up a field of the events of a name in some blocks, or in all."""
        return sum(
            int(event["fields"][field]["value"])
            for number in numbers or self.blocks
            for event in self.blocks[number]["events"]
            if event["name"] == name
        )

    def held_and_burned(self, *reasons: str) -> int:
        """Add up what was burned while it was on hold for one of these reasons."""
        return sum(
            int(event["fields"]["amount"]["value"])
            for block in self.blocks.values()
            for event in block["events"]
            if event["name"] == "Balances.BurnedHeld" and event["fields"]["reason"] in reasons
        )

    async def issuance(self, pallet: str, block: str = "best") -> int:
        (entry,) = await self.call("explorer_state", pallet, "TotalIssuance", [], block)
        return int(entry["value"]["value"])


async def test_every_number_of_home_is_what_blocks_and_state_say(tmp_path):
    node = busy_node()
    async with shown(tmp_path, node) as (tab, server):
        lags = await the_chain_goes_on(tab, node)
        await indexed(server)
        known = await Known(server).read()
        await visit(tab, "")
        runtime = node.real.runtime()
        jobs = await server.call("jobs_list", 200)
        (market,) = dict(runtime.providers.market_size.items())
        economy = [
            str(known.said("Jobs.SegmentSettled", "fee")),
            f"Price, tier {market.tier} region {market.region}",
            str(runtime.pricing.price(market)),
            str(sum(job["state"] == "queued" for job in jobs)),
            f"{sum(job['state'] != 'completed' for job in jobs)} under way",
            str(len(jobs)),
            str(len(await server.call("providers_list"))),
            str(await known.issuance("Balances")),
            str(await known.issuance("Amax")),
        ]
        recent = await server.call("receipts_recent", 200)
        wanted = [
            *head_numbers(known),
            *economy,
            *block_numbers(known),
            *receipt_numbers(known, recent),
            *job_numbers(known, jobs[:10]),
        ]
        assert await tab.evaluate(NUMBERS) == wanted
        best = known.best
        signed = sum(one["signer"] is not None for one in best["extrinsics"])
        assert await tab.evaluate(CHARTS) == [
            f"receipts {len(known.carried(best['number']))}",
            f"all {best['extrinsicCount']}, signed {signed}",
            f"lag {lags[-1]}",
        ]


async def the_chain_goes_on(tab: Tab, node: ExplorerNode) -> list[int]:
    """Make two blocks while the page looks on, of which the second is nearer to the final one."""
    lags = []
    await visit(tab, "")
    for _ in range(2):
        node.pay()
        lags.append(node.chain.best.number - node.chain.finalized.number)
        await tab.wait_for("[data-tile=best]", f"#{node.chain.best.number}")
        node.chain.finalize(node.chain.best.hash)
        await tab.wait_for("[data-tile=lag]", "0 blocks")
    assert lags == [3, 1]
    await visit(tab, "nowhere")
    return lags


def head_numbers(known: Known) -> Iterator[str]:
    """Yield what the first row of tiles says."""
    best, blocks = known.best, known.blocks
    final = max(number for number, block in blocks.items() if block["isFinal"])
    yield from (f"#{best['number']}", moment(best["timeMs"]))
    yield from (f"#{final}", f"{best['number'] - final} blocks")
    newest = sorted(blocks)[-20:]
    counted = newest[1:]  # what the first of them carried came before the span began
    seconds = (best["timeMs"] - blocks[newest[0]]["timeMs"]) / 1000
    span = f"over {len(counted)} blocks"
    signed = sum(
        one["signer"] is not None for number in counted for one in blocks[number]["extrinsics"]
    )
    receipts = sum(len(known.carried(number)) for number in counted)
    yield from (f"{seconds / len(counted):.1f} s", span)
    yield from (f"{signed / seconds:.1f} /s", f"signed, {span}")
    yield from (f"{60 * receipts / seconds:.1f} /min", span)
    units = sum(known.units(number) for number in newest)
    yield from (str(units), f"{len(newest)} blocks")


def block_numbers(known: Known) -> Iterator[str]:
    for number in sorted(known.blocks)[:-11:-1]:
        block, carried = known.blocks[number], known.carried(number)
        yield from (f"#{number}", block["author"], str(block["extrinsicCount"]))
        yield from [f"{len(carried)} ✓"] if carried else []
        yield from (str(known.units(number)), moment(block["timeMs"]))


def job_numbers(known: Known, jobs: list[Any]) -> Iterator[str]:
    for job in jobs:
        yield from (f"Job {int(job['id'], 16)}", job["client"])
        yield from (job[name] for name in ("provider", "price") if job[name] is not None)
        yield moment(known.blocks[job["steps"][0]["block"]]["timeMs"])


def receipt_numbers(known: Known, recent: list[Any]) -> Iterator[str]:
    verified = [row for row in recent if row["verdict"] == "verified"]
    for row in known.receipts[:7]:
        told = {(one["block"], one["units"], one["method"], one["provider"]) for one in verified}
        assert (row["block"], row["units"], row["how"], row["provider"]) in told
        yield f"{row['block']}-{row['place']}"
        yield from [f"Job {row['job']}"] if row["job"] is not None else []
        yield from [row["how"]] if any(map(str.isdigit, row["how"])) else []
        yield from (row["provider"], str(row["units"]))


async def test_every_number_of_supply_adds_up_to_the_state(tmp_path):
    async with shown(tmp_path, busy_node()) as (tab, server):
        known = await Known(server).read()
        await visit(tab, "supply")
        now, first = await known.issuance("Balances"), await known.issuance("Balances", "0")
        minted = known.said("Balances.Minted", "amount")
        burned = first + minted - now
        fees = known.said("TransactionPayment.TransactionFeePaid", "actual_fee")
        settled = known.said("Jobs.SegmentSettled", "fee")
        amax = await known.issuance("Amax")
        (inactive,) = await server.call("explorer_state", "Amax", "InactiveIssuance")
        parts = {one["key"]: one for one in await server.call("params_list")}
        burn = f"{int(parts['TransactionBurn']['value']) / 10**7:.0f} % of one are burned now"
        whole = [f"#{known.best['number']}", minted, burned, fees, burn, settled, amax]
        steps = [first, minted, burned, now]
        terms = causes(known)
        assert (sum(terms[:2]), sum(terms[2:])) == (minted, burned)
        assert [place for place, amount in enumerate(terms) if amount] == [0, 2, 5, 6]
        moved = [amount for amount in terms if amount]
        wanted = [now, *whole, inactive["value"]["value"], *steps, *steps, now]
        wanted += [first, *moved, now, FLOOR, 0, 10**9 * UNIT]
        wanted += [*terms, *await emission(known), *await pots(server)]
        assert await tab.evaluate(NUMBERS) == [str(one) for one in wanted]
        assert set(await tiles(tab)) == {"agpu", "minted", "burned", "fees", "settled", "amax"}
        await the_lines_end_with_the_best_block(tab, known)


def causes(known: Known) -> list[int]:
    """Return what each cause minted, then what each burned, by the events that say why.

    What jobs burned is taken from their segments, what fees burned is what nobody had of them.
    """
    shares = ("amount", "validators", "oracles")
    made = [
        known.said("Emission.WorkMinted", "amount") + known.said("Emission.DeferredPaid", "amount"),
        sum(known.said("Emission.AvailabilityPaid", share) for share in shares),
    ]
    gone = [
        known.said("Balances.Withdraw", "amount") - known.said("Balances.Deposit", "amount"),
        known.said("Balances.Burned", "amount"),
        known.said("Balances.DustLost", "amount"),
        sum(known.said("Jobs.SegmentSettled", part) for part in ("burn", "scarcity_burn")),
        known.held_and_burned("provider_bond", "validator_bond", "oracle_bond", "vault"),
        known.held_and_burned("queue_deposit", "referendum", "preimage"),
        known.said("Balances.BurnedFor", "amount"),
    ]
    assert known.held_and_burned("job_escrow") == gone[3]
    return [*made, *gone]


async def emission(known: Known) -> list[str]:
    """Return what the state keeps of each epoch of emission, the newest first."""
    kept = await known.call("explorer_state", "Emission", "EpochInfo")
    found: list[str] = []
    for entry in sorted(kept, key=lambda entry: -entry["keys"][0]):
        info = entry["value"]["fields"]
        shares = [f"{info[name] / 10**7:.2f} %" for name in ("kappa", "utilisation")]
        capacity, *amounts = (
            str(one["value"] if isinstance(one, dict) else one)
            for one in (info[name] for name in ("capacity", "rate", "budget", "minted"))
        )
        found += [str(entry["keys"][0]), *shares, capacity]
        found += amounts if info["is_closed"] else []
    assert found
    return found


async def pots(server: Served) -> list[str]:
    """Return the addresses of the chain's accounts, each with what the ledger says of it."""
    found: list[str] = []
    for pot in (await server.call("explorer_supply"))["pots"]:
        account = await server.call("starminer_account", pot["address"])
        balance = account["balances"][0]
        found += [pot["address"], balance["free"], balance["held"]]
    return found


async def the_lines_end_with_the_best_block(tab: Tab, known: Known) -> None:
    best = known.best["number"]
    now, before = [await known.issuance("Balances", str(one)) for one in (best, best - 1)]
    minted = known.said("Balances.Minted", "amount", [best])
    burned = before + minted - now
    assert await tab.evaluate(CHARTS) == [
        f"minted {minted / UNIT:.6f}, burned {burned / UNIT:.6f}",
        f"AGPU {now / UNIT:.4f}",
    ]
