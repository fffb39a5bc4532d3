"""Small records that other services keep between restarts, such as the voter's round."""

from __future__ import annotations

from collections.abc import Mapping

from node.store.columns import AUX
from node.store.db import Batch, Database

VOTER_RECORD = b"grandpa/voter"
"""Under which name the voter's record is kept: what it voted, on this disk and no other."""


class AuxStore:
    """Named records; what a name means is up to the service that owns it."""

    def __init__(self, db: Database) -> None:
        """Keep the records in `db`."""
        self._db = db

    def get(self, name: bytes) -> bytes | None:
        """Return the record, or None."""
        return self._db.get(AUX + name)

    def put(self, name: bytes, record: bytes, *, sync: bool = False) -> None:
        """Write one record; `sync` before a promise is given to others, such as a vote."""
        self.put_all({name: record}, sync=sync)

    def put_all(self, records: Mapping[bytes, bytes | None], *, sync: bool = False) -> None:
        """Write or (None) remove records in one step."""
        batch = Batch()
        stage_aux(batch, records)
        self._db.write(batch, sync=sync)


def stage_aux(batch: Batch, records: Mapping[bytes, bytes | None]) -> None:
    """Add the records to a batch that also changes something else."""
    for name, record in records.items():
        if record is None:
            batch.delete(AUX + name)
        else:
            batch.put(AUX + name, record)
