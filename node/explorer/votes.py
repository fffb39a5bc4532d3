"""Who votes in a referendum, and who lets others vote there: read from the votes of all accounts.

The state keeps votes by account and track and nowhere by referendum. So an answer looks through
a bounded number of entries in the order of the state, and says where the next one goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import msgspec
import trio

from node.explorer.blocks import missing
from node.explorer.decoding import Decoder
from node.explorer.numbered import LOOKED, LOOKED_PER_STEP, PAGE
from node.explorer.state import place_behind
from node.rpc.addresses import Addresses
from node.rpc.jobs import checked_limit
from node.rpc.registry import method
from node.rpc.values import to_hex
from runtime.frame.polls import OngoingPoll
from runtime.pallets.conviction_voting import (
    AccountVote,
    Casting,
    ConvictionVoting,
    Delegating,
    Split,
    Standard,
    seasoning,
)
from runtime.pallets.conviction_voting.types import Delegations
from runtime.pallets.referenda import Referenda
from runtime.primitives.types import AccountId

Row = TypeVar("Row")


class CastVoteJson(msgspec.Struct, frozen=True):
    """A vote; amounts are planck of AMAX, `aye`, `nay` and `abstain` without conviction."""

    account: str
    vote: str
    """`aye`, `nay`, `split`, or `abstain` where a part of it, or all, abstains."""
    conviction: int | None
    """0 to 6; null where a vote has none, being divided."""
    aye: str
    nay: str
    abstain: str
    own: str
    """What it adds to ayes and nays with conviction, without delegations."""
    delegated: str
    """What delegations in its hands that are old enough add to that, with conviction."""
    support: str
    """What it adds to the support, with delegations."""


class CastVotesJson(msgspec.Struct, frozen=True):
    """A page of the votes; one with few of them, or none, need not be the last.

    `looked` counts the entries of the state that were read for it, `next` asks for more.
    """

    looked: int
    rows: list[CastVoteJson]
    next: str | None


class DelegationJson(msgspec.Struct, frozen=True):
    """A delegation that counts in a referendum as its delegate voted; amounts: planck of AMAX."""

    account: str
    delegate: str
    vote: str
    """`aye` or `nay`, as the delegate."""
    conviction: int
    amount: str
    """Without conviction; so much it adds to the support if it counts as aye."""
    votes: str
    """With it."""


class DelegationsJson(msgspec.Struct, frozen=True):
    """A page of the delegations, in the order of the state, as of the votes."""

    looked: int
    rows: list[DelegationJson]
    next: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """An ongoing referendum, and where its votes are."""

    pallet: ConvictionVoting
    index: int
    poll: OngoingPoll


class VotesNamespace:
    """What is asked about the votes of a referendum."""

    def __init__(self, decoder: Decoder, addresses: Addresses) -> None:
        self._decoder, self._addresses = decoder, addresses

    @method("explorer_referendumVotes")
    async def votes(self, index: int, after: str = "", limit: int = PAGE) -> CastVotesJson:
        """Return votes of an ongoing referendum, from the first on or behind `next` of a page.

        At most 1,000 entries of the state are looked through; where there are more, `next` is set.
        """
        return CastVotesJson(*await self._page(index, after, limit, self._vote))

    @method("explorer_referendumDelegations")
    async def delegations(self, index: int, after: str = "", limit: int = PAGE) -> DelegationsJson:
        """Return delegations that count in an ongoing referendum, as `explorer_referendumVotes`.

        Those count whose delegate votes aye or nay, and that were old enough at its submission.
        """
        return DelegationsJson(*await self._page(index, after, limit, self._delegation))

    async def _page(
        self,
        index: int,
        after: str,
        limit: int,
        row_of: Callable[[Asked, AccountId], Row | None],
    ) -> tuple[int, list[Row], str | None]:
        """Look through entries until a page is full, or as many as one answer may."""
        checked_limit(limit)
        best = self._decoder.best()
        asked = ongoing(best.runtime.conviction_voting, index, best.runtime.referenda)
        held, prefix = asked.pallet.voting_for, ConvictionVoting.voting_for.prefix(asked.pallet)
        state = self._decoder.chain.state_at(best.header.hash)
        slots = state.keys(prefix, place_behind(after, prefix))
        looked, rows, last = 0, [], b""
        for last in islice(slots, LOOKED):
            looked += 1
            who, track = held.key_of(last)
            row = row_of(asked, who) if track == asked.poll.track else None
            rows += [] if row is None else [row]
            if len(rows) == limit:
                break
            if looked % LOOKED_PER_STEP == 0:
                await trio.lowlevel.checkpoint()
        has_more = next(slots, None) is not None
        return looked, rows, to_hex(last) if has_more else None

    def _vote(self, asked: Asked, who: AccountId) -> CastVoteJson | None:
        """Show the vote of an account; None if it has none there."""
        vote = vote_of(asked, who)
        if vote is None:
            return None
        aye, nay, abstain = parts_of(vote)
        ayes, nays, support = vote.counts
        more = in_hand(asked, who).of(vote.vote) if isinstance(vote, Standard) else (0, 0, 0)
        return CastVoteJson(
            account=self._addresses.encode(who),
            vote=name_of(vote),
            conviction=vote.vote.conviction.value if isinstance(vote, Standard) else None,
            aye=str(aye),
            nay=str(nay),
            abstain=str(abstain),
            own=str(ayes + nays),
            delegated=str(more[0] + more[1]),
            support=str(support + more[2]),
        )

    def _delegation(self, asked: Asked, who: AccountId) -> DelegationJson | None:
        """Show the delegation of an account; None if it has none that counts there."""
        held = asked.pallet.voting_for[who, asked.poll.track]
        if not isinstance(held, Delegating):
            return None
        vote, era = vote_of(asked, held.target), asked.pallet.delegates_from[who, asked.poll.track]
        era_blocks = asked.pallet.config.era_blocks
        is_old = seasoning.counts(era, asked.poll.submitted, era_blocks)
        if not isinstance(vote, Standard) or not is_old:
            return None
        return DelegationJson(
            account=self._addresses.encode(who),
            delegate=self._addresses.encode(held.target),
            vote=name_of(vote),
            conviction=held.conviction.value,
            amount=str(held.balance),
            votes=str(held.given.votes),
        )


def ongoing(pallet: ConvictionVoting, index: int, referenda: Referenda) -> Asked:
    """Return an ongoing referendum.

    Raises RpcError.
    """
    submitted = referenda.referendum_count
    if not 0 <= index < submitted:
        raise missing(f"no referendum {index}: {submitted} were submitted")
    poll = pallet.polls.poll(index)
    if not isinstance(poll, OngoingPoll):
        raise missing(f"referendum {index} is over: votes are listed while it is going on")
    return Asked(pallet, index, poll)


def vote_of(asked: Asked, who: AccountId) -> AccountVote | None:
    """Return the vote of an account in a referendum, if it has one."""
    held = asked.pallet.voting_for[who, asked.poll.track]
    return dict(held.votes).get(asked.index) if isinstance(held, Casting) else None


def in_hand(asked: Asked, who: AccountId) -> Delegations:
    """Return the delegations in an account's hands that are old enough for a referendum."""
    ages = asked.pallet.delegation_ages[who, asked.poll.track]
    return seasoning.counted(ages, asked.poll.submitted, asked.pallet.config.era_blocks)


def parts_of(vote: AccountVote) -> tuple[int, int, int]:
    """Return with how much a vote is for, against and neither, without conviction."""
    if isinstance(vote, Standard):
        return (vote.balance, 0, 0) if vote.vote.is_aye else (0, vote.balance, 0)
    return (vote.aye, vote.nay, 0 if isinstance(vote, Split) else vote.abstain)


def name_of(vote: AccountVote) -> str:
    """Return how a vote is called."""
    if isinstance(vote, Standard):
        return "aye" if vote.vote.is_aye else "nay"
    return "split" if isinstance(vote, Split) else "abstain"
