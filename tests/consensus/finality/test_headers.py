"""Finality followed by headers alone, over changes of voters, and against those who lie."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.finality import justification as proofs
from consensus.finality.ghost import BlockRef
from consensus.finality.headers import BadHeaders, HeaderFinality
from consensus.finality.tally import Ballots, VoterSet
from consensus.finality.vote import Precommit
from runtime.primitives.block import GRANDPA_ENGINE, Consensus, Header, Other
from runtime.primitives.finality import ScheduledChange, change_payload
from tests.consensus.support import GENESIS, KEYS, ZERO, signed
from tests.support.grown import NoTree

SETS = tuple(
    tuple((key.public, weight) for key in KEYS[first:] + KEYS[:first])
    for first, weight in ((0, 1), (1, 2), (2, 3), (3, 4))
)


def proof_of(header: Header, voters: VoterSet, count: int = 4) -> bytes:
    ballots = Ballots()
    for key in KEYS[:count]:
        ballots.add(signed(key, Precommit(header.hash, header.number), 1, voters.set_id))
    target = BlockRef(header.hash, header.number)
    return proofs.encoded(proofs.build(1, target, ballots, voters, NoTree()))


@dataclass
class History:
    """Headers, and the proof of each by the voters of its time."""

    changes: tuple[int, ...] = ()
    length: int = 30
    items: list[tuple[Header, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        header, voters = GENESIS, VoterSet(0, SETS[0])
        for number in range(1, self.length + 1):
            logs: list[Other | Consensus] = [Other(b"%d" % number)]
            if number in self.changes:
                following = SETS[(voters.set_id + 1) % len(SETS)]
                payload = change_payload(ScheduledChange(following, 0))
                logs.append(Consensus(GRANDPA_ENGINE, payload))
            header = Header(header.hash, number, ZERO, ZERO, tuple(logs))
            self.items.append((header, proof_of(header, voters)))
            if number in self.changes:
                voters = VoterSet(voters.set_id + 1, following)
        self.voters = voters

    def with_proofs(self, *numbers: int) -> list[tuple[Header, bytes | None]]:
        return [(header, raw if header.number in numbers else None) for header, raw in self.items]


WORLD = History((10, 11, 25))


def follow() -> HeaderFinality:
    return HeaderFinality(0, GENESIS.hash, VoterSet(0, SETS[0]))


def test_headers_with_the_proof_of_the_last_are_final_up_to_it() -> None:
    found = follow().take(History().with_proofs(7, 20))
    assert found is not None
    assert [header.number for header in found.headers] == list(range(1, 21))
    assert found.proofs.keys() == {20}
    assert found.voters == VoterSet(0, SETS[0])


def test_each_change_of_voters_needs_its_own_proof() -> None:
    finality = follow()
    found = finality.take(WORLD.with_proofs(5, 10, 11, 25, 30))
    assert found is not None
    assert len(found.headers) == 30
    assert found.proofs == {n: WORLD.items[n - 1][1] for n in (10, 11, 25, 30)}
    assert found.voters == WORLD.voters == VoterSet(3, SETS[3])


def test_nothing_above_an_unproven_change_is_taken() -> None:
    finality = follow()
    found = finality.take(WORLD.with_proofs(5, 11, 25, 30))
    assert found is not None
    assert len(found.headers) == 5
    assert (finality.tip[0], finality.waiting) == (10, 5)
    assert finality.take(WORLD.with_proofs(11)[10:]) is None


def test_without_a_proof_headers_wait() -> None:
    finality = follow()
    assert finality.take(WORLD.with_proofs()[:9]) is None
    assert finality.waiting == 9
    found = finality.take(WORLD.with_proofs(10)[9:10])
    assert found is not None
    assert (len(found.headers), finality.waiting) == (10, 0)


def test_a_proof_by_the_voters_of_another_set_is_refused() -> None:
    items = WORLD.with_proofs(10, 11, 25)
    header = items[19][0]
    items[19] = (header, proof_of(header, VoterSet(1, SETS[1])))
    with pytest.raises(BadHeaders, match=r"block 20: the vote of .* has a wrong signature"):
        follow().take(items[:20])


def test_a_proof_by_too_few_is_refused() -> None:
    header = WORLD.items[4][0]
    few = VoterSet(0, tuple((key.public, 1) for key in KEYS[:2]))
    items = [*WORLD.with_proofs()[:4], (header, proof_of(header, few, 2))]
    with pytest.raises(BadHeaders, match="block 5: wanted a weight of 3, got 2"):
        follow().take(items)


def test_the_proof_of_another_block_is_refused() -> None:
    items = [*WORLD.with_proofs()[:4], (WORLD.items[4][0], WORLD.items[5][1])]
    with pytest.raises(BadHeaders, match="wanted a proof of block 5, got one of 6"):
        follow().take(items)


def test_a_proof_that_does_not_decode_is_refused() -> None:
    with pytest.raises(BadHeaders, match="does not decode"):
        follow().take([(WORLD.items[0][0], b"nonsense")])


def test_headers_that_do_not_link_are_refused() -> None:
    with pytest.raises(BadHeaders, match="wanted block 1 on"):
        follow().take(WORLD.with_proofs(5)[1:])


def test_a_change_that_no_runtime_makes_is_refused() -> None:
    log = Consensus(GRANDPA_ENGINE, b"\x07")
    with pytest.raises(BadHeaders, match="wanted one change of voters"):
        follow().take([(Header(GENESIS.hash, 1, ZERO, ZERO, (log,)), None)])


@given(st.lists(st.integers(1, 12), max_size=12), st.sets(st.integers(1, 30)))
def test_however_they_are_cut_the_same_headers_are_proven(sizes: list[int], proven: set) -> None:
    items = WORLD.with_proofs(*proven)
    whole = follow().take(items)
    finality, found, start = follow(), [], 0
    for size in [*sizes, len(items)]:
        part = finality.take(items[start : start + size])
        if finality.tip[0] < min(start + size, len(items)):
            start = len(items)
        start += size
        found += part.headers if part else ()
    assert tuple(found) == (whole.headers if whole else ())
