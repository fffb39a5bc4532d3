"""What people type first, by group: the help of each group ends with it."""

from __future__ import annotations

EXAMPLES = {
    "": ("starminer devnet up", "starminer query head", "starminer doctor"),
    "chain": (
        "starminer chain info",
        "starminer chain export-blocks blocks.bin --chain local",
        "starminer chain purge --chain dev --yes",
    ),
    "config": (
        "starminer config init node.toml",
        "starminer config show --config node.toml --changed",
    ),
    "key": ("starminer key generate --words 24", "starminer key inspect //Alice"),
    "wallet": (
        "starminer wallet create savings --password-file password.txt",
        "starminer wallet transfer savings //Bob 1.5AGPU --dry-run",
    ),
    "query": (
        "starminer query account //Alice",
        "starminer query storage System.Account //Alice --output json",
    ),
    "tx": (
        "starminer tx balances.transfer_keep_alive dest=//Bob value=1.5AGPU --signer //Alice",
        "starminer tx status 0x00",
    ),
    "job": (
        "starminer job submit matmul a.npy b.npy --max-price 5AGPU --signer //Bob --out c.npy",
        "starminer job watch 7",
    ),
    "gov": ("starminer gov list", "starminer gov params"),
    "validator": ("starminer validator status", "starminer validator unbond 50AGPU --dry-run"),
    "provider": ("starminer provider doctor", "starminer provider drain --dry-run"),
    "indexer": (
        "starminer indexer run --sink sqlite:chain.db",
        "starminer indexer status --sink sqlite:chain.db --output json",
    ),
}
"""Groups of use with lines that work as they stand, once there are the files that they name."""


def ending(path: str) -> str | None:
    """Return how the help of a group ends; None where nobody needs an example."""
    lines = EXAMPLES.get(path)
    return None if lines is None else "\n\n".join(("For example:", *lines))
