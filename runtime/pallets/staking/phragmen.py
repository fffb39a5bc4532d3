"""Phragmén's sequential method on integers: who wins seats, and whose stake stands behind whom.

Each seat costs its supporters one unit of load, divided so that the most loaded of them carries as
little as possible. Whoever wins a seat is the candidate that does so at the least load, so a group
with a share of the stake gets that share of the seats, however the others spread their votes
(proportional justified representation). Then each voter's stake is moved between the winners that
it named, to those with the least behind them, which makes the cheapest attack dear.
Source: arXiv 2004.12990, and FRAME's `sp_npos_elections`; E. Phragmén, 1894.
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.primitives.types import AccountId, Balance

SCALE = 2**128
"""The load of one seat: far above the stake of all, so that floors decide nothing that matters."""

SWEEPS = 4
"""Times that every voter's stake is moved: each costs as much as a seat of everybody's."""


@dataclass(frozen=True, slots=True)
class Vote:
    """Whom a voter wants to win, with how much behind them."""

    voter: AccountId
    stake: Balance
    targets: tuple[AccountId, ...]


Backing = dict[AccountId, dict[AccountId, Balance]]
"""By winner, in the order in which they won: who stands behind it, with how much."""

Share = dict[AccountId, Balance]
"""What of a voter's stake stands behind each winner that it named."""


def elect(votes: tuple[Vote, ...], seats: int) -> Backing:
    """Return up to `seats` winners and what stands behind each.

    The stake of a voter that named a winner is divided whole. Ties go to the lower account.
    The time grows with the seats times the candidates, and with the votes times the square of the
    targets of one.
    """
    winners, shares = _divided(votes, seats)
    totals = dict.fromkeys(winners, 0)
    for share in shares:
        for target, stake in share.items():
            totals[target] += stake
    for _ in range(SWEEPS):
        if not _sweep(votes, shares, totals):
            break
    backing: Backing = {winner: {} for winner, total in totals.items() if total}
    for vote, share in zip(votes, shares, strict=True):
        for target, stake in share.items():
            if stake:
                backing[target][vote.voter] = stake
    return backing


def _divided(votes: tuple[Vote, ...], seats: int) -> tuple[list[AccountId], list[Share]]:
    """Fill the seats one after the other; return who won, and each voter's stake by winner."""
    approval: dict[AccountId, Balance] = {}
    supporters: dict[AccountId, list[int]] = {}
    for place, vote in enumerate(votes):
        for target in vote.targets:
            approval[target] = approval.get(target, 0) + vote.stake
            supporters.setdefault(target, []).append(place)
    standing = sorted(target for target, stake in approval.items() if stake)
    burden = dict.fromkeys(standing, 0)
    loads = [0] * len(votes)
    won: list[dict[AccountId, int]] = [{} for _ in votes]
    winners = []
    for _ in range(min(seats, len(standing))):
        load, winner = min(((SCALE + burden[one]) // approval[one], one) for one in standing)
        standing.remove(winner)
        winners.append(winner)
        del burden[winner]
        for place in supporters[winner]:
            vote, more = votes[place], load - loads[place]
            won[place][winner] = more
            loads[place] = load
            for target in vote.targets:
                if target in burden:
                    burden[target] += vote.stake * more
    shares = [_split(vote.stake, parts) for vote, parts in zip(votes, won, strict=True)]
    return winners, shares


def _split(stake: Balance, parts: dict[AccountId, int]) -> Share:
    """Divide a stake by parts; the first takes what the floors leave."""
    whole = sum(parts.values())
    if not whole:
        return {}
    shares = {target: stake * part // whole for target, part in parts.items()}
    first = next(iter(shares))
    shares[first] += stake - sum(shares.values())
    return shares


def _sweep(
    votes: tuple[Vote, ...],
    shares: list[Share],
    totals: dict[AccountId, Balance],
) -> bool:
    """Move each voter's stake to the least backed of its winners; return whether any moved."""
    has_moved = False
    for place, vote in enumerate(votes):
        share = shares[place]
        if len(share) < 2:
            continue
        rest = {target: totals[target] - stake for target, stake in share.items()}
        targets = sorted(rest, key=lambda target: (rest[target], target))
        added = poured(vote.stake, tuple(rest[target] for target in targets))
        new = dict(zip(targets, added, strict=True))
        if new != share:
            has_moved = True
            shares[place] = new
            for target, stake in new.items():
                totals[target] = rest[target] + stake
    return has_moved


def poured(amount: Balance, levels: tuple[Balance, ...]) -> tuple[Balance, ...]:
    """Raise the lowest of ascending levels to one height; return what each of them takes.

    All of `amount` is used; what does not divide goes to the first, a planck each.
    """
    below, count = levels[0], 1
    while count < len(levels) and levels[count] * count - below <= amount:
        below += levels[count]
        count += 1
    height, over = divmod(amount + below, count)
    return tuple(
        height - level + (place < over) if place < count else 0
        for place, level in enumerate(levels)
    )
