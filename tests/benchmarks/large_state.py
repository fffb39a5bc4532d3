"""A state as a grown chain has it, made by genesis and by calls: nothing is written past a pallet.

Blocks run without a trie (`FlatChain`) and unchecked, since checking them is what is measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import cycle, islice

from runtime import tracks
from runtime.block_execution import ExhaustedBlock
from runtime.frame.calls import Call
from runtime.frame.preimages import Inline
from runtime.frame.schedule import After
from runtime.genesis_state import GenesisConfig
from runtime.pallets.conviction_voting import Conviction, Standard, Vote
from runtime.pallets.staking.records import MAX_NOMINATIONS, ToBond
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.support.bench import account
from tests.support.chain import CHAIN, pair
from tests.support.flat_chain import FlatChain

ERA_BLOCKS = EPOCH_SLOTS = 20
RICH = 1_000 * UNIT
"""A hundred thousand such are a tenth of all that there may ever be."""
VOTER = 200_000 * UNIT
STAKE = 100 * UNIT
"""Of a nominator, and a little more with its place."""
VOTES_EACH = 10
"""Referenda that each voter votes in."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is of everything."""

    accounts: int = 100_000
    validators: int = 64
    nominators: int = 10_000
    referenda: int = 500
    voters: int = 2_000


def large_chain(size: Size) -> FlatChain:
    """Return a chain of this size, its block under way empty."""
    people = [account(10**6 + place) for place in range(size.accounts)]
    voters = people[: size.voters]
    chain = FlatChain(genesis(size, people, voters))
    nominate(chain, people[-size.nominators :])
    season(chain, voters)
    submit(chain, size.referenda, voters)
    vote(chain, size.referenda, voters)
    chain.close(is_checked=False)
    return chain


def genesis(size: Size, people: list[bytes], voters: list[bytes]) -> GenesisConfig:
    """Endow everybody, and seat the validators."""
    seats = tuple((pair(number + 1).public, 10_000) for number in range(size.validators))
    return GenesisConfig(
        chain=replace(CHAIN, era_blocks=ERA_BLOCKS, epoch_slots=EPOCH_SLOTS),
        agpu=tuple((who, RICH) for who in (*(one for one, _ in seats), *people)),
        amax=tuple((who, VOTER) for who in voters),
        validators=tuple(one for one, _ in seats),
        babe_authorities=seats,
        grandpa_authorities=seats,
        randomness=bytes(32),
    )


def nominate(chain: FlatChain, people: list[bytes]) -> None:
    """Let people stand behind sixteen validators each; elections of this size follow."""
    seats = [who for who, _ in chain.runtime.staking.validators.items()]
    sign_all(
        chain,
        (
            (who, chain.call("Staking", "bond", STAKE + place * UNIT // 1_000, ToBond()))
            for place, who in enumerate(people)
        ),
    )
    sign_all(
        chain,
        (
            (who, chain.call("Staking", "nominate", targets_of(place, seats)))
            for place, who in enumerate(people)
        ),
    )


def targets_of(place: int, seats: list[bytes]) -> tuple[Id, ...]:
    """Return whom a nominator names: sixteen in a row, others than its neighbour's."""
    count = min(MAX_NOMINATIONS, len(seats))
    return tuple(Id(seats[(place + step) % len(seats)]) for step in range(count))


def season(chain: FlatChain, voters: list[bytes]) -> None:
    """Let voters set their AMAX aside until it votes."""
    sign_all(chain, ((who, chain.call("ConvictionVoting", "season", VOTER // 2)) for who in voters))
    for _ in range(tracks.SEASON_ERAS * ERA_BLOCKS + 1):
        chain.close(is_checked=False)


def submit(chain: FlatChain, count: int, people: list[bytes]) -> None:
    """Submit referenda on all tracks, each with the deposit that lets it be decided."""
    remark = Inline(chain.call("System", "remark", b"as good as any").encode())
    callers = [tracks.caller_for(track) for track in tracks.TRACKS]
    who = [people[place % len(people)] for place in range(count)]
    sign_all(
        chain,
        (
            (one, chain.call("Referenda", "submit", caller, remark, After(10**6)))
            for one, caller in zip(who, cycle(callers), strict=False)
        ),
    )
    sign_all(
        chain,
        (
            (one, chain.call("Referenda", "place_decision_deposit", number))
            for number, one in enumerate(who)
        ),
    )


def vote(chain: FlatChain, referenda: int, voters: list[bytes]) -> None:
    """Let every voter vote in some referenda."""
    sign_all(chain, islice(votes(chain, referenda, voters), len(voters) * VOTES_EACH))


def votes(chain: FlatChain, referenda: int, voters: list[bytes]) -> Iterator[tuple[bytes, Call]]:
    """Yield votes, spread over the referenda."""
    for place, who in enumerate(voters):
        for step in range(VOTES_EACH):
            number = (place + step * len(tracks.TRACKS) + step) % referenda
            ballot = Standard(Vote(place % 3 > 0, Conviction.LOCKED1X), VOTER // 4)
            yield who, chain.call("ConvictionVoting", "vote", number, ballot)


def sign_all(chain: FlatChain, signed: Iterable[tuple[bytes, Call]]) -> None:
    """Make calls, in as many blocks as they need; none may be refused."""
    for who, call in signed:
        try:
            failure = chain.sign(who, call)
        except ExhaustedBlock:
            chain.close(is_checked=False)
            failure = chain.sign(who, call)
        assert failure is None, f"{call}: {failure}"
