"""Long answers as sources of subscriptions: made piece by piece, so that the node can breathe."""

from collections.abc import Generator

import trio

PIECES_PER_SLICE = 32
"""Pieces made between two checkpoints of the event loop: a millisecond or so."""


class Slices:
    """A source (`ClosableSource`) over a generator that does a little work for each piece."""

    def __init__(self, pieces: Generator[object, None, None]) -> None:
        self._pieces = pieces
        self._made = 0

    def __aiter__(self) -> "Slices":
        return self

    async def __anext__(self) -> object:
        """Make the next piece."""
        self._made += 1
        if self._made % PIECES_PER_SLICE == 0:
            await trio.lowlevel.checkpoint()
        for piece in self._pieces:
            return piece
        raise StopAsyncIteration

    def close(self) -> None:
        """Make no more."""
        self._pieces.close()
