"""What must hold of all assets of a ledger at the end of every block: costs grow with the state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from runtime.pallets.assets.types import SUFFICIENT, DepositFrom, DepositHeld
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.assets.pallet import Assets


def counts_add_up(pallet: Assets) -> bool:
    """Say whether each asset has the supply, the accounts and the approvals it says it has."""
    supply, accounts, sufficients = Counter[int](), Counter[int](), Counter[int]()
    for (asset, _), entry in pallet.account.items():
        supply[asset] += entry.balance
        accounts[asset] += 1
        sufficients[asset] += entry.reason == SUFFICIENT
    approvals = Counter(asset for (asset, _, _), _ in pallet.approvals.items())
    assets = dict(pallet.asset.items())
    known = all(asset in assets for asset in (*accounts, *approvals))
    return known and all(
        (one.supply, one.accounts, one.sufficients, one.approvals)
        == (supply[asset], accounts[asset], sufficients[asset], approvals[asset])
        for asset, one in assets.items()
    )


def deposits(pallet: Assets) -> Iterator[tuple[AccountId, Balance]]:
    """Yield every deposit of the ledger, and of whom it is."""
    for asset, details in pallet.asset.items():
        yield details.owner, details.deposit + pallet.metadata[asset].deposit
    for (_, who), entry in pallet.account.items():
        match entry.reason:
            case DepositHeld(amount):
                yield who, amount
            case DepositFrom(depositor, amount):
                yield depositor, amount
    yield from ((owner, one.deposit) for (_, owner, _), one in pallet.approvals.items())


def balances_are_sound(pallet: Assets) -> bool:
    """Say whether entries hold nothing or at least the least balance, and what is frozen."""
    frozen = dict(pallet.frozen_balances.items())
    for (asset, who), entry in pallet.account.items():
        least = pallet.asset[asset].min_balance
        if entry.reason == SUFFICIENT and not entry.balance:
            return False
        if 0 < entry.balance < least or entry.balance < frozen.pop((asset, who), 0):
            return False
    return not frozen
