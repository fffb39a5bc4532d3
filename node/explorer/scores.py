"""Scores of behaviour, of all accounts that did something in an epoch."""

from __future__ import annotations

import msgspec

from node.explorer.decoding import Decoder
from node.rpc.addresses import Addresses
from node.rpc.errors import invalid_params
from node.rpc.jobs import checked_limit
from node.rpc.registry import method
from runtime.construct import Runtime
from runtime.pallets.mining.records import EPOCHS_KEPT
from runtime.primitives.types import AccountId

WINDOW = 512
"""Accounts that are ranked among each other: those of an epoch, in the order in which they did
something first, are read so many at a time."""
PAGE = 100
"""Accounts of a page."""


class ScoreRowJson(msgspec.Struct, frozen=True):
    """The score of an account and its five dimensions, in ppb; what it earned, in planck."""

    address: str
    score: int
    compute: int
    stake: int
    governance: int
    infra: int
    referral: int
    earned: str


class ScoresJson(msgspec.Struct, frozen=True, rename="camel"):
    """A page of the newest epoch with scores: `active` accounts did something in it.

    The first `window` of them, in the order in which they did, stand highest score first; then the
    next. `next` asks for the page after this one.
    """

    epoch: int | None
    current: int
    active: int
    window: int
    rows: list[ScoreRowJson]
    next: int | None


class ScoresNamespace:
    """Who behaves how."""

    def __init__(self, decoder: Decoder, addresses: Addresses) -> None:
        self._decoder, self._addresses = decoder, addresses

    @method("explorer_scores")
    def scores(self, after: int = 0, limit: int = PAGE) -> ScoresJson:
        """Return the scores of the newest epoch that is scored and had anybody in it.

        `after` is how many accounts the pages before had.
        """
        checked_limit(limit)
        if after < 0:
            raise invalid_params(f"after: wanted 0 or more, got {after}")
        runtime = self._decoder.best().runtime
        current, epoch = runtime.babe.current_epoch(), newest_scored(runtime)
        if epoch is None:
            return ScoresJson(None, current, 0, WINDOW, [], None)
        active = runtime.mining.active_count[epoch]
        first = after - after % WINDOW
        people = (runtime.mining.active[epoch, place] for place in range(first, active)[:WINDOW])
        ranked = [self._row(runtime, epoch, who) for who in people]
        ranked.sort(key=lambda row: (-row.score, row.address))
        rows = ranked[after - first :][:limit]
        end = after + len(rows)
        return ScoresJson(epoch, current, active, WINDOW, rows, end if end < active else None)

    def _row(self, runtime: Runtime, epoch: int, who: AccountId) -> ScoreRowJson:
        found = runtime.mining.history.score(who, epoch)
        parts = found.parts
        return ScoreRowJson(
            address=self._addresses.encode(who),
            score=found.score,
            compute=parts.compute,
            stake=parts.stake,
            governance=parts.governance,
            infra=parts.infra,
            referral=parts.referral,
            earned=str(sum(one.amount for one in runtime.mining.earnings(who, epoch))),
        )


def newest_scored(runtime: Runtime) -> int | None:
    """Return the newest epoch whose accounts all have their scores; None if none had any."""
    cursor = runtime.mining.scoring
    end = 0 if cursor is None else cursor.epoch
    epochs = range(end - 1, max(end - 1 - EPOCHS_KEPT, -1), -1)
    return next((epoch for epoch in epochs if runtime.mining.active_count[epoch]), None)
