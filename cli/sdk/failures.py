"""Dispatch errors as a program acts on them: by pallet and name, or by the runtime's own enum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from cli.errors import DispatchFailed
from runtime.frame.dispatch import TokenError
from runtime.frame.outcome import DispatchFailure, Module, Token, WrongOrigin
from runtime.frame.pallet import Pallet
from runtime.frame.storage import camel_case


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call was refused."""

    pallet: str
    """The pallet's name on the wire; Token or System for what is no pallet's own."""
    name: str
    docs: str
    kind: Enum | None = None
    """The member of the pallet's enum of errors, such as `runtime.pallets.jobs.Error.UNKNOWN_JOB`;
    None for what this release does not know."""

    def __str__(self) -> str:
        named = f"{self.pallet}.{self.name}" if self.pallet else self.name
        return f"{named}: {self.docs}" if self.docs else named


class DispatchError(DispatchFailed):
    """The transaction is in a block and was paid for, and its call was refused.

    `except DispatchError as error: if error.kind is jobs.Error.UNKNOWN_JOB: …`
    """

    def __init__(self, failure: Failure, where: str) -> None:
        super().__init__(f"the call was refused in {where}: {failure}")
        self.pallet, self.name, self.docs = failure.pallet, failure.name, failure.docs
        self.kind = failure.kind


def failure_of(pallets: Sequence[Pallet], failure: DispatchFailure) -> Failure:
    """Return a dispatch error by name, with its documentation."""
    if isinstance(failure, Module):
        return _of_pallet(pallets, failure.value.pallet, failure.value.error[0])
    if isinstance(failure, Token):
        kind = TokenError[failure.value.name]
        return Failure("Token", camel_case(kind.name), kind.__doc__ or "", kind)
    if isinstance(failure, WrongOrigin):
        return Failure("", "BadOrigin", "this account may not make this call")
    return Failure("", type(failure).__name__, "")


def _of_pallet(pallets: Sequence[Pallet], place: int, number: int) -> Failure:
    owner = next((one for one in pallets if one.index == place), None)
    for error in () if owner is None or owner.errors is None else owner.errors:
        if error.value == number:
            assert owner is not None, "its errors are an owner's"
            return Failure(owner.name, camel_case(error.name), error.__doc__ or "", error)
    named = f"pallet {place}" if owner is None else owner.name
    return Failure("", f"error {number} of {named}", "")
