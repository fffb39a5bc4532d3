"""What holds of stakes after every block; checked by `try_state`, never by a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.pallets.staking.ledgers import BOND
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.staking.pallet import Staking


def stakes_are_held(pallet: Staking) -> bool:
    """Say whether each ledger is on hold, and is what counts, what leaves and what is owed."""
    owed: dict[AccountId, Balance] = {}
    listed = [slash for _, waiting in pallet.unapplied_slashes.items() for slash in waiting]
    for slash in listed:
        owed[slash.validator] = owed.get(slash.validator, 0) + slash.own
    for who, ledger in pallet.ledger.items():
        leaving = sum(chunk.value for chunk in ledger.unlocking)
        parts = ledger.active + leaving + owed.pop(who, 0)
        if not ledger.total == parts == pallet.currency.held(BOND, who):
            return False
    return not any(owed.values())


def exposures_add_up(pallet: Staking) -> bool:
    """Say whether pages sum to overviews, and overviews to the stake of their era."""
    others: dict[tuple[int, AccountId], list[Balance]] = {}
    for (era, who, _), page in pallet.eras_stakers_paged.items():
        if page.page_total != sum(one.value for one in page.others):
            return False
        others.setdefault((era, who), []).append(page.page_total)
    totals: dict[int, Balance] = {}
    for (era, who), overview in pallet.eras_stakers_overview.items():
        pages = others.pop((era, who), [])
        is_whole = overview.page_count == len(pages)
        if era > pallet.oldest_era and not is_whole:
            return False
        if is_whole and overview.total != overview.own + sum(pages):
            return False
        totals[era] = totals.get(era, 0) + overview.total
    return not others and all(
        pallet.eras_total_stake[era] == total
        for era, total in totals.items()
        if era > pallet.oldest_era
    )


def roles_are_counted(pallet: Staking) -> bool:
    """Say whether roles have stakes, exclude each other, and are as many as is counted."""
    validators = [who for who, _ in pallet.validators.items()]
    nominators = [who for who, _ in pallet.nominators.items()]
    both = dict.fromkeys([*validators, *nominators])
    counted = pallet.counter_for_validators, pallet.counter_for_nominators
    stakers = dict.fromkeys(who for who, _ in pallet.ledger.items())
    controlled = dict.fromkeys(who for who, _ in pallet.bonded.items())
    return (
        counted == (len(validators), len(nominators))
        and len(both) == len(validators) + len(nominators)
        and all(who in stakers for who in both)
        and stakers == controlled
    )


def the_pot_holds_what_it_owes(pallet: Staking) -> bool:
    """Say whether what nobody collected adds up, and lies in the pot."""
    owed = sum(amount for _, amount in pallet.uncollected.items())
    return owed == pallet.uncollected_rewards <= pallet.currency.free(pallet.config.pot)


def slashes_are_listed_once(pallet: Staking) -> bool:
    """Say whether an offender owes once in an era, and what is being taken lies in its range."""
    first, end = pallet.collecting_range
    listed = [[one.validator for one in some] for _, some in pallet.unapplied_slashes.items()]
    is_queued = sorted(place for place, _ in pallet.collecting.items()) == [*range(first, end)]
    return is_queued and all(len(dict.fromkeys(named)) == len(named) for named in listed)
