"""What audits cost: the most keys that each step can read and write, held to by the bench."""

from runtime.compute.audit import Finding
from runtime.compute.reading import Reading
from runtime.frame import Weight
from runtime.frame.offence import divided
from runtime.pallets.audits.records import MAX_AUDITORS
from runtime.pallets.audits.wakes import MAX_LOOKED, MAX_PROBES

PROBES = Weight(reads=MAX_PROBES, writes=1)
"""A place on the lists."""
COMMIT = Weight(reads=6, writes=1, compute=1_500_000) + PROBES
"""An audit and its auditors; a signature and a VRF proof."""
REVEAL = Weight(reads=4, writes=1, compute=500_000) + PROBES
"""An audit, and the randomness; some hundred hashes."""
HASH_NANOSECONDS_PER_BYTE = 1
"""BLAKE3, with room."""

LOOK = Weight(reads=1)
"""An audit that moved on before."""
TICK = Weight(reads=MAX_LOOKED + 6, writes=MAX_LOOKED + 2)
"""The lists that are due, the cursor and the era."""
JOB = Weight(reads=125, writes=79)
"""A job is paid or taken back: its records, its place on the agenda, its lane, its provider."""
RELEASE = Weight(reads=8, writes=2) + JOB
DRAW = Weight(reads=8, writes=5, compute=20_000) + PROBES
CLOSE = Weight(reads=21, writes=19) + JOB + PROBES
STEP = CLOSE
"""A step without the seats of its audit: the dearest is to close it."""
FAULT = Weight(reads=14, writes=11)
"""An offence: its report, what the auditor owes, and its place among the voters."""
FIND = Weight(reads=7, writes=7)
"""A part of the finders' half."""
FORGET = Weight(reads=2, writes=2)


def faults(count: int) -> Weight:
    """Return what the offences of so many auditors of one audit cost."""
    return FAULT * count + divided(count)


REPORT = FORGET + faults(MAX_AUDITORS)


def reveal(_audit: int, _auditor: bytes, _finding: Finding, reading: Reading) -> Weight:
    """Return what `reveal` costs: more for more bytes."""
    return REVEAL + Weight(compute=HASH_NANOSECONDS_PER_BYTE * len(reading.leaves) * 2)
