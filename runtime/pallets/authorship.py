"""Authorship: who made this block, and so who earns its fees."""

from __future__ import annotations

from typing import Protocol

from runtime.frame import Context, Pallet, Value, Weight
from runtime.primitives.types import AccountId, BlockNumber


class Claim(Protocol):
    """What this pallet needs to know of the slot claim."""

    def authority_index(self) -> int | None:
        """Return the index of the authority that claims the block."""
        ...


class Validators(Protocol):
    """The validators of the session."""

    def validator(self, authority_index: int) -> AccountId | None:
        """Return the account behind an authority."""
        ...


class Authorship(Pallet):
    """The author of the block."""

    author: Value[AccountId | None] = Value(default=None)
    """The author of this block."""

    def __init__(
        self,
        context: Context,
        claim: Claim,
        validators: Validators,
        *,
        index: int,
        name: str = "Authorship",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.claim, self.validators = claim, validators

    def on_initialize(self, number: BlockNumber) -> Weight:  # noqa: ARG002
        """Resolve the author from the slot claim."""
        position = self.claim.authority_index()
        self.author = None if position is None else self.validators.validator(position)
        self.context.author = self.author
        return Weight(reads=2, writes=1)

    def on_finalize(self, number: BlockNumber) -> None:  # noqa: ARG002
        """Forget the author: the state of a block does not name the author of the next."""
        self.author = None
