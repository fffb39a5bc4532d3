"""Makes docs/explorer.png: the explorer's first page over a devnet with some traffic.

Run it: `python -m tests.tools.screenshot`. It brings a devnet up, sends transfers, buys a product,
waits for the payment, and photographs what Chromium shows.
"""

import tempfile
from pathlib import Path

import numpy as np
import trio

from tests.e2e.commands import starminer, until
from tests.e2e.devnet import Devnet
from tests.explorer.browser import browsing
from tests.explorer.visits import visit

PICTURE = Path(__file__).parents[2] / "docs" / "explorer.png"
MAX_BYTES = 200_000
WIDTH, HEIGHT = 1280, 1000

BLOCKS = 60
"""The charts of the first page reach back so far."""


def main() -> None:
    """Make the picture."""
    with tempfile.TemporaryDirectory() as name:
        state = Path(name) / "net"
        up = starminer("devnet", "up", "--state", state, "--ports", "auto", "--detach")
        try:
            assert up.code == 0, up.err
            devnet = Devnet(state)
            trade(devnet, Path(name))
            until("there is a history", lambda: devnet.final() >= BLOCKS, 600)
            trio.run(photograph, devnet.port(), Path(name) / "profile")
        finally:
            starminer("devnet", "down", "--state", state)


def trade(devnet: Devnet, folder: Path) -> None:
    """Pay some people, and buy products of matrices."""
    random = np.random.default_rng(0)
    for name in ("a", "b"):
        np.save(folder / f"{name}.npy", random.integers(-9, 9, (256, 256)).astype(np.int8))
    for who in ("//Bob", "//Charlie", "//Dave", "//Eve"):
        paid = ("dest=" + who, "value=1.5AGPU", "--signer", "//Alice", "--wait", "included")
        assert devnet.cli("tx", "balances.transfer_keep_alive", *paid).code == 0
    for _ in range(3):
        words = ("matmul", folder / "a.npy", folder / "b.npy", "--max-price", "5AGPU")
        bought = devnet.cli("job", "submit", *words, "--signer", "//Alice")
        assert bought.code == 0, bought.err


async def photograph(port: int, profile: Path) -> None:
    """Write the picture."""
    async with browsing(f"http://127.0.0.1:{port}/", profile) as tab:
        await tab.show_as(WIDTH, HEIGHT)
        await visit(tab, "")
        picture = await tab.screenshot()
        assert len(picture) < MAX_BYTES, f"wanted less than {MAX_BYTES} bytes, got {len(picture)}"
        PICTURE.write_bytes(picture)


if __name__ == "__main__":
    main()
