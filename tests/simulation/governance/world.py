"""A whale and all others in one referendum, on the real pallets.

Referenda, ConvictionVoting and Scheduler decide; who comes to vote is drawn. All others are one
account that splits its vote, which counts a tenth like the whale's without conviction: what matters
is the ratio. Blocks in which nothing is due are left out, since nothing happens in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import pytest

from runtime import tracks
from runtime.constants import BLOCK_PICOSECONDS
from runtime.frame import DispatchError, Signed
from runtime.frame.origins import OriginCaller
from runtime.frame.polls import FinishedPoll
from runtime.frame.preimages import Inline
from runtime.frame.schedule import After
from runtime.pallets import conviction_voting, referenda
from runtime.pallets.conviction_voting import (
    Conviction,
    ConvictionVoting,
    Error,
    Split,
    Standard,
    Vote,
)
from runtime.pallets.referenda import Referenda, TrackDetails
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.pallets.governance_world import GovernanceBench
from tests.support.bench import account, undone
from tests.support.chain import CHAIN

WHALE, OTHERS, CLERK, LENDER = (account(n) for n in range(101, 105))
"""The clerk submits; neither it nor the lender of a flash vote is counted as anybody's share."""

ELECTORATE = 10_000_000 * UNIT
ERA = CHAIN.era_blocks


@dataclass(frozen=True, slots=True)
class Draw:
    """Who comes to vote, as parts of all others."""

    turnout: float
    siding: float
    """Of those who come: who votes with the whale."""

    @property
    def ayes(self) -> float:
        """All others who vote with the whale."""
        return self.turnout * self.siding

    @property
    def nays(self) -> float:
        """All others who vote against it."""
        return self.turnout * (1 - self.siding)


QUIET, ALARM, ALARM_PART, SIDING, MOST = (4, 14), (6, 10), 0.45, (2, 20), 0.9
"""The design's distributions (beta): 22 % come when nothing happens, 39 % when they are alarmed."""


def alarmed(die: Random) -> Draw:
    """Return who comes to a vote that was public for weeks."""
    more = die.betavariate(*ALARM) * ALARM_PART
    return Draw(min(die.betavariate(*QUIET) + more, MOST), die.betavariate(*SIDING))


AWAKE = 0.25
"""Of those who come when nothing happens: who sees a vote of two days."""


def asleep(die: Random) -> Draw:
    """Return who comes to a vote that is over in two days."""
    return Draw(die.betavariate(*QUIET) * AWAKE, die.betavariate(*SIDING))


NAIVE_TRACK = tracks.Track(0, "naive", None, 1, 0, (0, 200, 0, 0), 50, 4)


def naive_rules() -> TrackDetails:
    """Return the rules of a chain that never heard of a whale: 4% quorum, majority, two days."""
    flat = {"min_approval": (50, 50), "min_support": (4, 4)}
    curves = {name: tracks.falling(*ends) for name, ends in flat.items()}
    details = tracks.details(NAIVE_TRACK, ERA)
    return TrackDetails(
        details.name,
        details.max_deciding,
        details.decision_deposit,
        details.prepare_period,
        details.decision_period,
        details.confirm_period,
        details.min_enactment_period,
        **curves,
    )


class WhaleWorld(GovernanceBench):
    """One whale with a part of the electorate; the others have the rest, and all has seasoned."""

    def __init__(self, percent: int, *, is_naive: bool = False) -> None:
        super().__init__()
        whale = ELECTORATE * percent // 100
        self.others = ELECTORATE - whale
        self.whale = whale
        self.is_naive = is_naive
        config, voting = tracks.referenda_config(CHAIN), tracks.voting_config(CHAIN)
        if is_naive:
            origins = ((tracks.caller_for(NAIVE_TRACK), 0),)
            config = referenda.Config(0, ERA, 0, ((0, naive_rules()),), origins)
            voting = conviction_voting.Config(ERA, 0, ERA)
        ports = referenda.Ports(self.amax, self.scheduler, self.preimage)
        self.referenda = Referenda(self.context, ports, tracks.POWERS, config, index=21)
        self.voting = ConvictionVoting(self.context, self.amax, self.referenda, voting, index=20)
        self.pallets[-1:] = [self.referenda, self.voting, self.scheduler]
        self.know()
        endowed = ((WHALE, whale), (OTHERS, self.others), (LENDER, whale), (CLERK, ELECTORATE))
        self.amax.build(endowed)
        # what belongs to no voter of the model is outside its electorate
        self.amax.deactivate(self.amax.active_issuance() - ELECTORATE)
        for who, amount in ((WHALE, whale), (OTHERS, self.others)):
            self.voting.season(Signed(who), amount)
        self.context.number += voting.season

    def passes(self, track: int, draw: Draw, *, is_borrowed: bool = False) -> bool:
        """Return whether a referendum passes for which the whale votes; nothing of it is kept.

        With `is_borrowed` the whale votes with AMAX of a lender that it has since the submission.
        """
        with undone(self.context):
            return self._decided(track, draw, is_borrowed=is_borrowed)

    def _decided(self, track: int, draw: Draw, *, is_borrowed: bool) -> bool:
        index = self._begin(self._origin(track))
        if is_borrowed:
            self._vote_with_borrowed(index)
        else:
            self._whale_votes(index, self.whale)
        ayes, nays = (int(part * self.others) for part in (draw.ayes, draw.nays))
        self.voting.vote(Signed(OTHERS), index, Split(ayes, nays))
        while not isinstance(poll := self.referenda.poll(index), FinishedPoll):
            # nothing is due in between
            due = min(number for number, _ in self.scheduler.agenda.items())
            assert due > self.context.number, "what was due has been done"
            self.context.number = due
            self.scheduler.on_poll(due, BLOCK_PICOSECONDS // 10)
        return poll.is_approved

    def _origin(self, track: int) -> OriginCaller:
        return next(origin for origin, number in self.referenda.config.origins if number == track)

    def _begin(self, origin: OriginCaller) -> int:
        proposal = Inline(self.write(1).encode())
        self.referenda.submit(Signed(CLERK), origin, proposal, After(0))
        index = self.referenda.referendum_count - 1
        self.referenda.place_decision_deposit(Signed(CLERK), index)
        return index

    def _whale_votes(self, index: int, amount: int) -> None:
        self.voting.vote(Signed(WHALE), index, Standard(Vote(True, Conviction.NONE), amount))

    def _vote_with_borrowed(self, index: int) -> None:
        """Let a whale without AMAX of its own borrow some, set it aside and try to vote."""
        self.voting.unseason(Signed(WHALE), self.whale)
        self.amax.transfer_allow_death(Signed(WHALE), Id(CLERK), self.whale)
        self.amax.transfer_allow_death(Signed(LENDER), Id(WHALE), self.whale)
        self.voting.season(Signed(WHALE), self.whale)
        with pytest.raises(DispatchError) as refused:
            self._whale_votes(index, self.whale)
        assert refused.value.error is Error.NOT_SEASONED
