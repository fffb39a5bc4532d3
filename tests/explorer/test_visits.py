"""What a visit complains about: a page that shows nothing where there is something to show."""

from tests.explorer.browser import CHROMIUM
from tests.explorer.shown import shown
from tests.explorer.support import busy_node
from tests.explorer.visits import complaints, visit
from tests.support.needs import CHROMIUM_MISSING, needs

pytestmark = needs(CHROMIUM, CHROMIUM_MISSING)

EMPTIED = """(() => {
    for (const one of document.querySelectorAll('canvas')) one.getContext('2d').clearRect(0, 0, one.width, one.height);
    for (const one of document.querySelectorAll('.heat i')) one.className = 'l0';
    for (const one of document.querySelectorAll('.waterfall .bar')) one.style.width = '0';
})()"""  # noqa: E501

IN_PRICES = [
    "tier 0, region 0 is not drawn: Base price in AGPU per CU",
    "busy is not drawn: Providers with a job",
    "waiting is not drawn: Jobs that wait",
    "no cell with a colour: Prices by tier (t), region (r) and time",
]

IN_SUPPLY = [
    "minted is not drawn: AGPU minted and burned per block",
    "burned is not drawn: AGPU minted and burned per block",
    "AGPU is not drawn: AGPU that exist",
]


async def test_charts_without_a_pixel_of_their_series_are_complained_about(tmp_path):
    async with shown(tmp_path, busy_node()) as (tab, _):
        await visit(tab, "prices")
        assert await complaints(tab) == []
        await tab.evaluate(EMPTIED)
        assert await complaints(tab) == IN_PRICES
        await visit(tab, "supply")
        assert await complaints(tab) == []
        bars = await tab.evaluate("document.querySelectorAll('.bar').length")
        await tab.evaluate(EMPTIED)
        found = await complaints(tab)
        assert [one for one in found if not one.startswith("no bar: ")] == IN_SUPPLY
        assert len(found) - len(IN_SUPPLY) == bars > 4
