"""Operators: providers that one hand controls count as one in draws and in limits.

Whoever may do anything in the name of several providers (as a proxy of type Any, or as the maker of
pure accounts) is their operator, whether he says so or not: the review of each era looks. Naming an
operator needs the same power over the account, so that nobody can join the group of a rival to use
up its draws. Source: design page "Economy", sections 5.4 and 5.6.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.frame import ensure
from runtime.pallets.providers.events import OperatorGroupSet
from runtime.pallets.providers.records import Error
from runtime.primitives.types import AccountId

if TYPE_CHECKING:
    from runtime.pallets.providers.pallet import Providers


class Operators:
    """Knows who operates whom; keeps nothing of its own."""

    def __init__(self, pallet: Providers) -> None:
        self._pallet = pallet

    def owner(self, who: AccountId) -> AccountId | None:
        """Return the first account that may do anything in the name of `who`."""
        return next(iter(self._pallet.ports.owners.owners_of(who)), None)

    def declare(self, who: AccountId, group: AccountId | None) -> None:
        """Name the operator of a provider; with nobody it is on its own, unless it has an owner."""
        pallet, owners = self._pallet, self._pallet.ports.owners.owners_of(who)
        ensure(group is None or group == who or group in owners, Error.NOT_OPERATOR)
        if group is None or group == who:
            group = owners[0] if owners else None
        pallet.put(who, replace(pallet.providers[who], operator_group=group))
        pallet.deposit(OperatorGroupSet(who, group))
