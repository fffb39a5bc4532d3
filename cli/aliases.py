"""How Substrate's node and subkey spell commands that are here under another name."""

from __future__ import annotations

ALIASES = {
    "build-spec": "chain spec build",
    "export-chain-spec": "chain spec build",
    "purge-chain": "chain purge",
    "export-blocks": "chain export-blocks",
    "import-blocks": "chain import-blocks",
    "check-block": "chain check-block",
    "revert": "chain revert",
    "chain-info": "chain info",
    "export-state": "chain export-state",
    "sign": "key sign",
    "verify": "key verify",
    "vanity": "key vanity",
    "generate": "key generate",
    "inspect": "key inspect",
    "benchmark machine": "chain bench machine",
    "benchmark block": "chain bench block",
    "benchmark pallet": "chain bench pallet",
    "key generate-node-key": "key node-key",
    "key inspect-node-key": "key node-key",
}
"""Substrate's and subkey's spellings, which no help shows: their scripts go on working."""

HIDDEN_GROUPS = ("benchmark",)
"""Groups that only Substrate's spellings have."""
