"""What a power loss leaves of a simulated disk."""

import random

from node.store.db import Batch
from tests.simulation.database import FragileDatabase


def batch(**changes: bytes | None) -> Batch:
    made = Batch()
    made.changes = {key.encode(): value for key, value in changes.items()}
    return made


def entries(database: FragileDatabase) -> dict[bytes, bytes]:
    return dict(database.iterate(b""))


def test_a_power_loss_leaves_all_that_was_synced_and_whole_batches_in_order() -> None:
    seen = set()
    for seed in range(32):
        database = FragileDatabase()
        database.write(batch(a=b"1", b=b"1"))
        database.write(batch(a=b"2"), sync=True)
        database.write(batch(a=b"3", c=b"3"))
        database.write(batch(b=None, c=b"4"))
        database.lose_power(random.Random(seed))
        seen.add(tuple(sorted(entries(database).items())))
    synced = ((b"a", b"2"), (b"b", b"1"))
    first = ((b"a", b"3"), (b"b", b"1"), (b"c", b"3"))
    both = ((b"a", b"3"), (b"c", b"4"))
    assert seen == {synced, first, both}


def test_what_survived_a_power_loss_is_not_lost_by_the_next() -> None:
    database = FragileDatabase()
    database.write(batch(a=b"1"))
    database.lose_power(random.Random(1))
    left = entries(database)
    database.lose_power(random.Random(2))
    assert (entries(database), database.unsynced) == (left, 0)
