"""What is on the wire stays on the wire: names, indices, layouts and paths, against a golden file.

After a change that is meant: `python -m tests.conformance.fill`, and read the diff.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from tests.conformance.fill import metadata
from tests.conformance.vectors_of import load

ROOT = Path(__file__).parents[2]

SCRIPT = """
from hashlib import sha256
from runtime.api import RuntimeApi
from runtime.frame.metadata import METADATA_VERSIONS
from tests.support.chain import MemoryChain

chain = MemoryChain()
api = RuntimeApi(chain.executive)
found = [api.metadata(chain.state, version) for version in METADATA_VERSIONS]
print(sha256(b"".join(found)).hexdigest(), chain.rules.metadata_hash().hex())
"""


def test_the_wire_is_the_golden_one() -> None:
    assert metadata() == load("golden/metadata.json")


def test_metadata_does_not_depend_on_the_process() -> None:
    printed = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert len(printed[0]) == 2 * len(hashlib.sha256().hexdigest()) + 2
    assert printed[0] == printed[1]
