"""Who keeps a connection when there are more peers than slots.

An attacker can make many peers, but hardly old ones, useful ones, or ones in many subnets: those
are protected, and of the rest the least useful goes. So newcomers get in, and nobody can push out
all honest peers.

Source: Bitcoin Core, `SelectNodeToEvict`; Heilman et al., Eclipse Attacks on Bitcoin (2015).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, Protocol, TypeVar

from p2p.subnets import subnet_of

PROTECTED_BY_AGE: Final = 4
PROTECTED_BY_USE: Final = 4
PROTECTED_BY_SUBNET: Final = 4
"""Of 35 inbound peers a third is safe by one merit or another, and an attacker needs all three."""

PROTECTED_OUTBOUND: Final = 8
"""Of 15 outbound peers, the oldest of that many subnets stay for as long as they want."""

MIN_STAY_SECONDS: Final = 30.0
"""Nobody is judged before it could do anything useful."""

EVICTION_SECONDS: Final = 5.0
"""Between two evictions: a stream of newcomers cannot wash everybody out."""


class Occupant(Protocol):
    """A peer in a slot; `PeerView` is one."""

    @property
    def id(self) -> str:
        """Its name."""
        ...

    @property
    def address(self) -> str:
        """Where it is."""
        ...

    @property
    def is_inbound(self) -> bool:
        """Whether it came to us."""
        ...

    @property
    def score(self) -> float:
        """Its reputation: 0 at best."""
        ...

    @property
    def since(self) -> float:
        """When it came."""
        ...

    @property
    def useful_at(self) -> float:
        """When it last was the first to bring something valid; 0 for never."""
        ...


AnyOccupant = TypeVar("AnyOccupant", bound=Occupant)


def least_useful_inbound(
    occupants: Iterable[AnyOccupant], reserved: frozenset[str], now: float
) -> AnyOccupant | None:
    """Choose the inbound peer that makes room for a newcomer; None when all are protected."""
    inbound = [each for each in occupants if each.is_inbound and each.id not in reserved]
    crowds = Counter(subnet_of(each.address) for each in inbound)
    rest = sorted(inbound, key=lambda each: (each.since, each.id))[PROTECTED_BY_AGE:]
    useful = sorted(
        (each for each in rest if each.useful_at > 0), key=lambda each: (-each.useful_at, each.id)
    )
    safe = {each.id for each in useful[:PROTECTED_BY_USE]}
    rest = [each for each in rest if each.id not in safe]
    diverse = _oldest_of_subnets(rest, PROTECTED_BY_SUBNET)
    rest = [each for each in rest if each.id not in diverse]
    judged = [each for each in rest if now - each.since >= MIN_STAY_SECONDS]
    return min(
        judged,
        key=lambda each: (each.score, -crowds[subnet_of(each.address)], -each.since, each.id),
        default=None,
    )


def least_useful_outbound(
    occupants: Iterable[AnyOccupant], reserved: frozenset[str], now: float
) -> AnyOccupant | None:
    """Choose the outbound peer to exchange for one we do not know yet; None to keep all."""
    outbound = [each for each in occupants if not each.is_inbound and each.id not in reserved]
    protected = _oldest_of_subnets(outbound, PROTECTED_OUTBOUND)
    judged = [
        each
        for each in outbound
        if each.id not in protected and now - each.since >= MIN_STAY_SECONDS
    ]
    return min(
        judged, key=lambda each: (each.score, each.useful_at, -each.since, each.id), default=None
    )


def _oldest_of_subnets(occupants: Sequence[Occupant], count: int) -> frozenset[str]:
    """Name the oldest peer of each of the `count` subnets that have the oldest peers.

    On a LAN each address counts as a subnet, since all hosts would be in one.
    """
    oldest: dict[str, str] = {}
    for each in sorted(occupants, key=lambda each: (each.since, each.id)):
        oldest.setdefault(subnet_of(each.address) or each.address, each.id)
    return frozenset(list(oldest.values())[:count])
