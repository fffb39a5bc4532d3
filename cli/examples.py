"""What people type first, by group or command: the help of each ends with it."""

from __future__ import annotations

EXAMPLES = {
    "": ("starminer devnet up", "starminer query head", "starminer doctor"),
    "run": (
        "starminer run --dev",
        "starminer run --chain spec.json --validator --config node.toml",
    ),
    "devnet": ("starminer devnet up --traffic light", "starminer devnet logs alice --follow"),
    "doctor": ("starminer doctor", "starminer doctor --node ws://127.0.0.1:9944"),
    "top": ("starminer top --interval 2", "starminer top --once --output json"),
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
    "job submit": (
        "starminer job submit matmul a.npy b.npy --max-price 5AGPU --signer //Bob --dry-run",
        "starminer job submit file job.toml --signer //Bob --wait",
    ),
    "gov": ("starminer gov list", "starminer gov params"),
    "treasury": ("starminer treasury status", "starminer treasury status --at final -o json"),
    "oracle": ("starminer oracle feeds", "starminer oracle status //Alice"),
    "pool": (
        "starminer pool quote 10AGPU 1",
        "starminer pool swap 10AGPU 1 --signer //Alice --dry-run",
    ),
    "vault": (
        "starminer vault list",
        "starminer vault join 0 100AGPU --signer //Alice --dry-run",
    ),
    "validator": ("starminer validator status", "starminer validator unbond 50AGPU --dry-run"),
    "provider": ("starminer provider doctor", "starminer provider drain --dry-run"),
    "indexer": (
        "starminer indexer run --sink sqlite:chain.db",
        "starminer indexer status --sink sqlite:chain.db --output json",
    ),
}
"""Groups and commands with lines that work as they stand, once the files that they name exist."""


def ending(path: str) -> str | None:
    """Return how the help of a group or a command ends; None where nobody needs an example."""
    lines = EXAMPLES.get(path)
    return None if lines is None else "\n\n".join(("For example:", *lines))
