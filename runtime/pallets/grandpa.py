"""Grandpa: who votes on finality, and how the voters change.

A change is announced by the block that makes it, in its digest, and takes effect when that block is
final: the old voters finalize up to that block and never beyond it, the new ones from there on.
In the state after that block the new set is the current one.
Source: FRAME, pallet_grandpa; arXiv 2007.01560, section 3.3.
"""

from __future__ import annotations

from typing import Annotated

from runtime.frame import Pallet, Value, event, invariant
from runtime.primitives.block import GRANDPA_ENGINE, Consensus
from runtime.primitives.finality import Authority, ScheduledChange, change_payload
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U64, BlockNumber

MAX_AUTHORITIES = 64

Authorities = Annotated[tuple[Authority, ...], Bounded(MAX_AUTHORITIES)]

AT_ONCE = 0
"""Blocks between a change and its effect: none, so that a session and its voters begin together."""


@event
class NewAuthorities:
    """There are new voters; they decide on the blocks after this one, once it is final."""

    authority_set: Authorities


class Grandpa(Pallet):
    """The voters of finality."""

    events = (NewAuthorities,)

    current_set_id: Value[U64] = Value(default=0)
    """The number of this set of voters."""
    authorities: Value[Authorities] = Value(default=())
    """The keys of this set's voters and their weights."""
    set_since: Value[BlockNumber] = Value(default=0)
    """The block that made these voters the current ones."""

    def on_new_session(self, voters: tuple[Authority, ...]) -> None:
        """Hand over to `voters`, if they are others."""
        if voters == self.authorities:
            return
        self.authorities = voters
        if self.context.number == 0:
            return
        self.current_set_id += 1
        self.set_since = self.context.number
        change = ScheduledChange(voters, AT_ONCE)
        self.context.digest.append(Consensus(GRANDPA_ENGINE, change_payload(change)))
        self.deposit(NewAuthorities(voters))

    @invariant
    def voters_are_distinct_and_weigh(self) -> bool:
        """No key votes twice, and each vote weighs something."""
        weights = dict(self.authorities)
        return len(weights) == len(self.authorities) and all(weights.values())
