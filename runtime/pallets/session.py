"""Session: who validates now. The set is fixed at genesis until staking elects it."""

from __future__ import annotations

from runtime.frame import Pallet, Value
from runtime.primitives.types import U32, AccountId


class Session(Pallet):
    """The validators of the current session."""

    validators: Value[tuple[AccountId, ...]] = Value(default=())
    current_index: Value[U32] = Value(default=0)

    def build(self, validators: tuple[AccountId, ...]) -> None:
        """Write the state of block 0."""
        self.validators = validators

    def validator(self, authority_index: int) -> AccountId | None:
        """Return the account behind an authority, or None if there is no such authority."""
        validators = self.validators
        return validators[authority_index] if authority_index < len(validators) else None
