"""What must hold of all vaults at the end of every block: the cost grows with the state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from runtime.frame.fungible import HoldReason, are_held
from runtime.pallets.vaults.records import DEAD_POINTS, Insurance
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.vaults.pallet import Vaults

HOLD = HoldReason.VAULT


def stakes_are_held(pallet: Vaults) -> bool:
    """Say whether each account has on hold exactly what it has in vaults."""
    return are_held(pallet.currency, HOLD, parts_on_hold(pallet))


def parts_on_hold(pallet: Vaults) -> Iterator[tuple[AccountId, Balance]]:
    """Yield what must be on hold, and of whom."""
    for (_, who), position in pallet.positions.items():
        yield who, position.held + sum(chunk.held for chunk in position.chunks)
    yield from ((vault.founder, pallet.config.deposit) for _, vault in pallet.vaults.items())


def points_add_up(pallet: Vaults) -> bool:
    """Say whether the points of each vault are those of its members and the dead ones."""
    points = Counter[int]()
    for (number, _), position in pallet.positions.items():
        points[number] += position.points
    return all(
        vault.stake.points == points[number] + (DEAD_POINTS if points[number] else 0)
        for number, vault in pallet.vaults.items()
    )


def tokens_are_there(pallet: Vaults) -> bool:
    """Say whether the account has what members, leavers and lots add up to, or more."""
    units = Counter[int]()
    for tranche in [one for _, vault in pallet.vaults.items() for one in vault.rwa]:
        units[tranche.asset] += tranche.stake.balance + tranche.lot
    for (_, asset), pools in pallet.part_leaving.items():
        units[asset] += sum(one.pool.balance for one in pools)
    for ((_, asset), _), pool in pallet.part_left.items():
        units[asset] += pool.balance
    has = pallet.real.balance
    return all(has(asset, pallet.config.assets) >= count for asset, count in units.items())


def parts_add_up(pallet: Vaults) -> bool:
    """Say whether each tranche of a vault is what its members have of it."""
    parts, points, weight = (Counter[tuple[int, int]]() for _ in range(3))
    for (number, _), position in pallet.positions.items():
        for part in position.rwa:
            key = (number, part.asset)
            parts[key], points[key] = parts[key] + 1, points[key] + part.points
            weight[key] += part.weight
    tranches = {
        (number, one.asset): one for number, vault in pallet.vaults.items() for one in vault.rwa
    }
    return all(key in tranches for key in parts) and all(
        (one.parts, one.stake.points, one.weight) == (parts[key], points[key], weight[key])
        for key, one in tranches.items()
    )


def leaving_parts_add_up(pallet: Vaults) -> bool:
    """Say whether the pools of leaving units are those of the chunks of their eras."""
    points = Counter[tuple[tuple[int, int], int]]()
    for (number, _), position in pallet.positions.items():
        for part in position.rwa:
            for chunk in part.chunks:
                points[(number, part.asset), chunk.era] += chunk.points
    pools = {key: pool.points for key, pool in pallet.part_left.items()}
    for key, leaving in pallet.part_leaving.items():
        pools |= {(key, one.era): one.pool.points for one in leaving}
    return pools == dict(points)


def leaving_points_add_up(pallet: Vaults) -> bool:
    """Say whether the points of each pool of leavers are those of the chunks of its era."""
    points = Counter[tuple[int, int]]()
    for (number, _), position in pallet.positions.items():
        for chunk in position.chunks:
            points[number, chunk.era] += chunk.points
    pools = {key: pool.points for key, pool in pallet.left.items()}
    for number, leaving in pallet.leaving.items():
        pools |= {(number, one.era): one.pool.points for one in leaving}
    return pools == dict(points)


def holds_cover_points(pallet: Vaults) -> bool:
    """Say whether nothing is worth more than what is on hold for it."""
    for (number, _), position in pallet.positions.items():
        stake = pallet.vaults[number].stake
        if stake.value(position.points) > position.held:
            return False
        if any(pallet.leavers.worth(number, one) > one.held for one in position.chunks):
            return False
    return all(vault.stake.balance <= vault.stake.points for _, vault in pallet.vaults.items())


def weights_add_up(pallet: Vaults) -> bool:
    """Say whether each vault's weight is the sum of its members'."""
    counted, joining = Counter[int](), Counter[int]()
    for (number, _), position in pallet.positions.items():
        vault = pallet.vaults[number]
        is_rolled = position.joining_epoch < vault.joining_epoch or not vault.joining
        counted[number] += position.weight + (position.joining if is_rolled else 0)
        joining[number] += 0 if is_rolled else position.joining
    return all(
        (vault.weight, vault.joining) == (counted[number], joining[number])
        for number, vault in pallet.vaults.items()
    )


def cohorts_are_counted(pallet: Vaults) -> bool:
    """Say whether each cohort has as many members as there are positions that began with it."""
    members = Counter[tuple[int, int]]()
    for (number, _), position in pallet.positions.items():
        if position.joining:
            members[number, position.joining_epoch] += 1
    return dict(members) == {key: cohort.members for key, cohort in pallet.cohorts.items()}


def pots_hold_what_is_owed(pallet: Vaults) -> bool:
    """Say whether each pot can pay its vaults, and each vault its members."""
    by_pot, claims = Counter[AccountId](), Counter[int]()
    for (number, _), position in pallet.positions.items():
        claims[number] += pallet.yields.unpaid(number, pallet.vaults[number], position)
    for number, vault in pallet.vaults.items():
        by_pot[pallet.yields.pot_of(vault)] += vault.owed
        if claims[number] > vault.owed:
            return False
    owed = dict(pallet.owed.items())
    is_there = all(pallet.currency.free(pot) >= amount for pot, amount in owed.items())
    return is_there and owed == {pot: amount for pot, amount in by_pot.items() if amount}


def claims_are_covered(pallet: Vaults) -> bool:
    """Say whether all claims add up, and can be paid once every member has borne its part."""
    claimed = sum(claim.amount for _, claim in pallet.claims.items())
    if not claimed:
        return not pallet.claimed
    number = pallet.vault_of[Insurance()]
    stake, uncollected = pallet.vaults[number].stake, 0
    for (of, _), position in pallet.positions.items():
        if of == number:
            uncollected += position.held - stake.value(position.points)
            uncollected += sum(
                chunk.held - pallet.leavers.worth(number, chunk) for chunk in position.chunks
            )
    return pallet.claimed == claimed <= pallet.cover.in_pot() + uncollected


def lists_agree(pallet: Vaults) -> bool:
    """Say whether the lists of vaults and of members are those of the records."""
    kinds = {vault.kind: number for number, vault in pallet.vaults.items()}
    listed = [(number, who) for who, joined in pallet.memberships.items() for number in joined]
    members = Counter(number for (number, _), _ in pallet.positions.items())
    return (
        kinds == dict(pallet.vault_of.items())
        and sorted(listed) == sorted(key for key, _ in pallet.positions.items())
        and all(vault.members == members[number] for number, vault in pallet.vaults.items())
    )


def assets_add_up(pallet: Vaults) -> bool:
    """Say whether tokens of positions, of leavers and of the account are the same."""
    are_counted = parts_add_up(pallet) and leaving_parts_add_up(pallet)
    return are_counted and tokens_are_there(pallet)
