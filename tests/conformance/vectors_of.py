"""Read the vectors of other implementations; `vectors/INDEX.md` says where each comes from."""

import gzip
import json
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parent / "vectors"


def load(name: str) -> Any:
    path = VECTORS / name
    raw = path.read_bytes()
    return json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)


def unhex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
