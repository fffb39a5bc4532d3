"""Historical: who owned which key in past sessions, provable from one root per session.

Offences are reported after their session, when the offender may have other keys. So each session
leaves the root of a trie: from a key and its kind to the place of its owner, and from the place to
the owner and what it had at stake. Who reports brings the nodes of both paths. A root is kept for
as long as offences of its session are punished.
Source: FRAME, `pallet_session::historical`; the trie is of layout V0, as there.
"""

from __future__ import annotations

from typing import Annotated, Protocol

from runtime.frame import Context, Map, Pallet, Value, Weight, event, invariant
from runtime.frame.offence import MAX_OFFENDERS, Exposure, Identification
from runtime.frame.sessions import KeyName, Member
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.membership import MembershipProof
from runtime.primitives.scale import DecodeError, decode, encode
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U32, AccountId
from runtime.state.proof import BadProof, proven_trie, read_proof
from runtime.state.trie import CorruptNode, MissingNode, Trie, fetch_nothing

TRIE_VERSION = 0
"""The layout of the trie of keys: that of Substrate's, whose values are never kept apart."""

MAX_PRUNED = 8
"""Roots removed when a session begins: more than are added, so a backlog ends."""

KEEP = Weight(reads=MAX_OFFENDERS + 4, writes=MAX_PRUNED + 3, compute=5_000_000)
"""The stakes of 64 validators, and the hashes of a trie of 256 entries."""

Owner = tuple[Identification, tuple[KeyName, ...]]
"""A validator, what it has at stake, and its keys."""

Owners = Annotated[tuple[Owner, ...], Bounded(MAX_OFFENDERS)]


class Stakers(Protocol):
    """What validators have at stake."""

    def exposure(self, who: AccountId) -> Exposure:
        """Return what stands behind a validator in the era under way."""
        ...

    def oldest_session(self) -> U32:
        """Return the first session whose offences are still punished."""
        ...


@event
class RootStored:
    """The keys of a session's validators can be proven from now on."""

    index: U32


@event
class RootsPruned:
    """Keys of sessions before this one cannot be proven any more."""

    up_to: U32


class Historical(Pallet):
    """Who owned which key in past sessions."""

    events = (RootStored, RootsPruned)

    historical_sessions: Map[U32, tuple[H256, U32]] = Map(hasher=TWOX_64_CONCAT)
    """By session: the root of the trie of keys, and how many validators there were."""
    stored_range: Value[tuple[U32, U32] | None] = Value(default=None)
    """The first session with a root, and the one after the last."""
    owners: Value[Owners] = Value(default=())
    """The validators of this session and their keys: what proofs are made from."""

    def __init__(
        self, context: Context, stakers: Stakers, *, index: int, name: str = "Historical"
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.stakers = stakers

    def on_new_session(self, index: U32, members: tuple[Member, ...]) -> Weight:
        """Keep the root over the keys of the session that begins."""
        self.owners = tuple(
            ((one.account, self.stakers.exposure(one.account)), one.keys) for one in members
        )
        self.historical_sessions[index] = (owners_trie(self.owners).root, len(members))
        self.deposit(RootStored(index))
        first = index if self.stored_range is None else self.stored_range[0]
        kept = max(first, min(self.stakers.oldest_session(), first + MAX_PRUNED))
        for session in range(first, kept):
            del self.historical_sessions[session]
        if kept > first:
            self.deposit(RootsPruned(kept))
        self.stored_range = (kept, index + 1)
        return KEEP

    def prove(self, kind: bytes, key: bytes) -> MembershipProof | None:
        """Prove who owns a key of this session; None if no validator has it."""
        if self.stored_range is None:
            return None
        owners = self.owners
        place = place_of((kind, key), owners)
        if place is None:
            return None
        trie = owners_trie(owners)
        keys = (encode((kind, key), KeyName), encode(place, U32))
        nodes = read_proof(trie.root, trie.take_nodes().get, keys, TRIE_VERSION)
        return MembershipProof(self.stored_range[1] - 1, tuple(nodes), len(owners))

    def check_proof(self, kind: bytes, key: bytes, proof: MembershipProof) -> Identification | None:
        """Return the owner of a key of a kind, or None if the proof does not show one."""
        found = self.historical_sessions.get(proof.session)
        if found is None or found[1] != proof.validator_count:
            return None
        try:
            trie = proven_trie(found[0], proof.trie_nodes)
            place = trie.get(encode((kind, key), KeyName))
            owner = None if place is None else trie.get(place)
            return None if owner is None else decode(owner, Identification)
        except (BadProof, MissingNode, CorruptNode, DecodeError):
            return None

    def session(self) -> U32:
        """Return the number of the session under way."""
        return 0 if self.stored_range is None else self.stored_range[1] - 1

    def owners_of(self, kind: bytes) -> tuple[tuple[Identification, bytes], ...]:
        """Return the validators of this session, each with its key of a kind."""
        return tuple((owner, dict(keys)[kind]) for owner, keys in self.owners)

    @invariant
    def a_root_is_kept_for_each_session_of_the_range(self) -> bool:
        """Sessions with a root are those of the range, and no others."""
        first, end = self.stored_range or (0, 0)
        return sorted(number for number, _ in self.historical_sessions.items()) == [
            *range(first, end)
        ]

    @invariant
    def the_last_root_is_over_the_owners(self) -> bool:
        """Proofs that are made now can be checked."""
        if self.stored_range is None:
            return not self.owners
        kept = self.historical_sessions[self.stored_range[1] - 1]
        return kept == (owners_trie(self.owners).root, len(self.owners))


def owners_trie(owners: tuple[Owner, ...]) -> Trie:
    """Return the trie that maps (kind, key) to a place, and the place to its validator."""
    entries: dict[bytes, bytes | None] = {}
    for place, (identification, keys) in enumerate(owners):
        number = encode(place, U32)
        entries[number] = encode(identification, Identification)
        for name in keys:
            entries[encode(name, KeyName)] = number
    return Trie(None, fetch_nothing, TRIE_VERSION).updated(entries)


def place_of(name: KeyName, owners: tuple[Owner, ...]) -> int | None:
    """Return the place of the owner of a key, or None."""
    places = (place for place, (_, keys) in enumerate(owners) if name in keys)
    return next(places, None)
