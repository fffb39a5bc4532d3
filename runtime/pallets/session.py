"""Session: who validates now. The set is fixed at genesis until staking elects it."""

from __future__ import annotations

from runtime.frame import Pallet, Value
from runtime.primitives.types import U32, U64, AccountId

Stakes = tuple[tuple[AccountId, U64], ...]
"""Validators and what each has at stake."""


class Session(Pallet):
    """The validators of the current session."""

    electorate: Value[Stakes] = Value(default=())
    """The accounts that may validate, and their stakes; staking will elect them."""
    validators: Value[tuple[AccountId, ...]] = Value(default=())
    current_index: Value[U32] = Value(default=0)

    def build(self, electorate: Stakes) -> None:
        """Write the state of block 0."""
        self.electorate = electorate
        self.validators = tuple(account for account, _ in electorate)

    def stakes(self) -> Stakes:
        """Return each validator and its stake, in order of authority."""
        return self.electorate

    def validator(self, authority_index: int) -> AccountId | None:
        """Return the account behind an authority, or None if there is no such authority."""
        validators = self.validators
        return validators[authority_index] if authority_index < len(validators) else None
