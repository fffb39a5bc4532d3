"""Migrations: each pallet takes the steps that it lacks, in order and once, or nothing happens."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.frame import Map, Pallet, Value, Weight
from runtime.frame.migration import (
    Migration,
    MigrationError,
    migrate,
    set_storage_version,
    storage_version,
    translate,
    version_key,
)
from runtime.frame.pallet import Context
from runtime.genesis_state import empty_state
from runtime.primitives.types import U32, U64
from runtime.state.overlay import Overlay
from runtime.state.trie import Trie
from runtime.versions import VERSIONS
from tests.support.chain import CHAIN


class Narrow(Pallet):
    """What an old release wrote."""

    counts: Map[U32, U32] = Map(default=0)
    total: Value[U32] = Value(default=0)


class Wide(Pallet):
    """What a new one reads."""

    storage_version = 2
    counts: Map[U32, U64] = Map(default=0)
    total: Value[U64] = Value(default=7)


class Newcomer(Pallet):
    """A pallet that the old release did not have."""


def context(state: Trie) -> Context:
    return Context(Overlay(state), number=9)


def old_state(counts: dict[int, int], total: int) -> Trie:
    """Return the state that an old release left behind."""
    before = context(empty_state())
    pallet = Narrow(before, index=1, name="Counter")
    for key, count in counts.items():
        pallet.counts[key] = count
    pallet.total = total
    return empty_state().updated(before.overlay.changes())


def widen_counts(pallet: Wide) -> Weight:
    return translate(pallet, Wide.counts, U32, int)


def double_total(pallet: Wide) -> Weight:
    return translate(pallet, Wide.total, U32, lambda total: 2 * total)


STEPS = (Migration("Counter", 1, double_total), Migration("Counter", 0, widen_counts))
COUNTS = st.dictionaries(st.integers(0, 2**32 - 1), st.integers(1, 2**32 - 1), max_size=20)


@given(counts=COUNTS, total=st.integers(1, 2**31 - 1))
def test_values_of_another_type_read_as_before_and_stay_under_their_keys(
    counts: dict[int, int], total: int
) -> None:
    state = old_state(counts, total)
    after = context(state)
    pallet = Wide(after, index=1, name="Counter")
    weight = migrate((pallet,), STEPS)
    migrated = state.updated(after.overlay.changes())
    fresh = Wide(context(migrated), index=1, name="Counter")
    assert (dict(fresh.counts.items()), fresh.total) == (counts, 2 * total)
    assert storage_version(fresh) == 2
    assert weight == Weight(reads=1 + len(counts) + 1, writes=2 + len(counts) + 1)
    kept = {*migrated.keys(b"")} - {version_key("Counter")}
    assert kept == {*state.keys(b"")}


def test_a_value_that_becomes_the_default_is_removed() -> None:
    after = context(old_state({}, 5))
    pallet = Wide(after, index=1, name="Counter")
    translate(pallet, Wide.total, U32, lambda total: total + 2)
    assert pallet.total == 7
    assert after.overlay.changes() == {Wide.total.prefix(pallet): None}


def test_steps_are_taken_once() -> None:
    state = old_state({1: 2}, 3)
    first = context(state)
    migrate((Wide(first, index=1, name="Counter"),), STEPS)
    migrated = state.updated(first.overlay.changes())
    second = context(migrated)
    assert migrate((Wide(second, index=1, name="Counter"),), STEPS) == Weight(reads=1)
    assert migrated.updated(second.overlay.changes()).root == migrated.root


def test_only_the_steps_that_are_lacking_are_taken() -> None:
    after = context(empty_state())
    pallet = Wide(after, index=1, name="Counter")
    set_storage_version(pallet, 1)
    taken: list[int] = []

    def note(start: int) -> Any:
        return lambda _: taken.append(start) or Weight()

    migrate((pallet,), tuple(Migration("Counter", start, note(start)) for start in (2, 0, 1)))
    assert (taken, storage_version(pallet)) == ([1], 2)


@pytest.mark.parametrize(
    ("steps", "stored", "told"),
    [
        (STEPS[:1], 0, "Counter: no migration leads on from layout 0"),
        (STEPS[1:], 0, "Counter: no migration leads on from layout 1"),
        (STEPS, 3, "Counter: wanted storage of layout 2, got 3"),
    ],
)
def test_a_release_that_cannot_take_over_says_so_before_it_writes(
    steps: tuple[Migration, ...], stored: int, told: str
) -> None:
    after = context(old_state({1: 2}, 3))
    pallet = Wide(after, index=1, name="Counter")
    set_storage_version(pallet, stored)
    before = after.overlay.changes()
    with pytest.raises(MigrationError, match=told):
        migrate((Newcomer(after, index=2, name="Newcomer"), pallet), steps)
    assert after.overlay.changes() == before


def test_a_pallet_that_is_new_begins_at_layout_nought_without_a_key() -> None:
    after = context(empty_state())
    pallet = Newcomer(after, index=2, name="Newcomer")
    assert migrate((pallet,), ()) == Weight(reads=1)
    set_storage_version(pallet, 0)
    assert after.overlay.changes() == {version_key("Newcomer"): None}


def test_the_layout_is_noted_where_frame_notes_it() -> None:
    # frame_support, StorageVersion::storage_key: twox128 of the pallet and of the constant
    known = "c2261276cc9d1f8598ea4b6a74b15c2f4e7b9012096b41c4eb3aaf947f6ea429"
    assert version_key("Balances").hex() == known
    after = context(empty_state())
    set_storage_version(Newcomer(after, index=2, name="Newcomer"), 258)
    assert list(after.overlay.changes().values()) == [b"\x02\x01"]


@pytest.mark.parametrize("number", VERSIONS)
def test_every_version_of_this_release_can_take_over_from_every_layout(number: int) -> None:
    version = VERSIONS[number]
    pallets = version.make(context(empty_state()), CHAIN).pallets
    wanted = {(one.name, start) for one in pallets for start in range(one.storage_version)}
    assert {(one.pallet, one.start) for one in version.migrations} == wanted
