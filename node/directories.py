"""Where a node keeps what; known without opening any of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DATABASE_DIRECTORY = "db"
KEYSTORE_DIRECTORY = "keys"
BLOB_DIRECTORY = "blobs"
ADDRESS_BOOK = "peers.txt"
NODE_KEY = "node.key"
PROVIDER_WISH = "provider.json"


@dataclass(frozen=True, slots=True)
class Directories:
    """Where a node keeps what: everything of one chain under one directory."""

    root: Path

    @property
    def database(self) -> Path:
        """The LevelDB of blocks and states."""
        return self.root / DATABASE_DIRECTORY

    @property
    def keystore(self) -> Path:
        """The sealed keys."""
        return self.root / KEYSTORE_DIRECTORY

    @property
    def provider(self) -> Path:
        """What the operator of a provider wants of its worker."""
        return self.root / PROVIDER_WISH

    @property
    def blobs(self) -> Path:
        """Payloads of jobs."""
        return self.root / BLOB_DIRECTORY

    @property
    def address_book(self) -> Path:
        """Addresses of peers that were met."""
        return self.root / ADDRESS_BOOK

    @property
    def node_key(self) -> Path:
        """The key that names the node to its peers."""
        return self.root / NODE_KEY
