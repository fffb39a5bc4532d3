"""What validators of the random machines say by themselves: that they are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.pallets.im_online import Heartbeat

if TYPE_CHECKING:
    from tests.property.by_hand import Crowd, Made


def heartbeat(crowd: Crowd) -> Made:
    """Return a heartbeat that is awaited, if any is; nobody signs the call itself."""
    awaited = crowd.chain.runtime.im_online.awaited()
    if not awaited:
        return crowd.know.someone(), (Heartbeat(crowd.chain.number, 0, 0, 0), bytes(64))
    one = crowd.know.die.choice(awaited)
    pair = crowd.pair_of(one.key)
    return pair.public, (one.heartbeat, pair.sign(one.message))
