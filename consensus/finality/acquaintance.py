"""Since when the voters of a chain's first set know each other.

Nothing that a voter finds on an empty disk tells it that it never voted: its vote may have been
heard by one that is away. So in that set nobody votes before a supermajority says that it knows
it, and since which slot. Each says one slot of a voter for ever, the first it heard, and saves it
before. Two supermajorities share an honest voter that remembers: who began anew after it had
voted does not find enough who know it since its new beginning (decision 48).
"""

from __future__ import annotations

from consensus.finality.vote import Acquaintance, Greeting, greeting_payload
from consensus.finality.vote_key import VoteKey


class Acquaintances:
    """Whom we know since when, and who said since when it knows us."""

    def __init__(self, ours: bytes, known: tuple[Acquaintance, ...]) -> None:
        """Go on with what we know; that is, since the beginning, when we began ourselves."""
        self._ours = ours
        self._since = {each.voter: each.since_slot for each in known}
        self._said: dict[bytes, Greeting] = {}

    @property
    def known(self) -> tuple[Acquaintance, ...]:
        """Return whom we know, in the order in which we heard of them."""
        return tuple(Acquaintance(voter, since) for voter, since in self._since.items())

    @property
    def since_slot(self) -> int:
        """Return the slot in which we began on this disk."""
        return self._since[self._ours]

    def hear(self, greeting: Greeting) -> None:
        """Take a checked greeting; the first of a voter says since when we know it."""
        if greeting.id == self._ours:
            return
        self._said[greeting.id] = greeting
        self._since.setdefault(greeting.id, greeting.since_of(greeting.id) or 0)

    def greeting(self, key: VoteKey, set_id: int, has_begun: bool) -> Greeting:
        """Return what we say; it must be saved before."""
        payload = greeting_payload(set_id, has_begun, self.known)
        return Greeting(set_id, key.public, has_begun, self.known, key.sign(payload))

    def who_know_us(self) -> set[bytes]:
        """Return who knows us since any slot, we included."""
        said = self._said.items()
        return {self._ours} | {each for each, word in said if word.since_of(self._ours) is not None}

    def who_know_us_from_here(self, only_begun: bool) -> set[bytes]:
        """Return who knows us since we began on this disk, we included.

        `only_begun` leaves out those who may not vote themselves.
        """
        return {self._ours} | {
            each
            for each, word in self._said.items()
            if word.since_of(self._ours) == self.since_slot and (word.has_begun or not only_begun)
        }
