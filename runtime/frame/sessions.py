"""What begins with a session: its members, and the pallets that must hear of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Protocol

from runtime.frame.dispatch import Weight
from runtime.primitives.schema import Fixed
from runtime.primitives.types import U32, U64, AccountId

KeyName = tuple[Annotated[bytes, Fixed(4)], bytes]
"""The four letters of a kind, and a key of it."""


@dataclass(frozen=True, slots=True)
class Member:
    """A validator of a session."""

    account: AccountId
    stake: U64
    """Its weight among the validators."""
    keys: tuple[KeyName, ...]

    def key(self, kind: bytes) -> bytes:
        """Return its key of a kind."""
        return dict(self.keys)[kind]


class SessionListener(Protocol):
    """A pallet that must hear of sessions."""

    def on_new_session(self, index: U32, members: tuple[Member, ...]) -> Weight:
        """Hear who validates in the session that begins with this block; return what it cost."""
        ...
