"""The state after a block as far as it was asked for: the rest is asked for when it is read."""

from __future__ import annotations

from collections.abc import Iterator


class NotAsked(Exception):
    """A key was read whose value nobody asked the node for yet."""

    def __init__(self, key: bytes) -> None:
        super().__init__(f"the storage key 0x{key.hex()} was not asked for")
        self.key = key


class AskedState:
    """Values by key; stands under an overlay as a trie does."""

    def __init__(self, values: dict[bytes, bytes | None]) -> None:
        self.values = values

    def get(self, key: bytes) -> bytes | None:
        """Return the bytes under a key, or None.

        Raises: NotAsked.
        """
        if key not in self.values:
            raise NotAsked(key)
        return self.values[key]

    def keys(self, prefix: bytes, start: bytes | None = None) -> Iterator[bytes]:  # noqa: ARG002
        """Refuse: rows are made of values whose keys are known."""
        raise AssertionError(f"rows walk no map, and one under 0x{prefix.hex()} was walked")
