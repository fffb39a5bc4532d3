"""What wallets and explorers need to know of a runtime, read from its annotations."""

from runtime.frame.metadata.apis import Method, methods_of
from runtime.frame.metadata.describe import ConstantNote, Constants, Description, describe
from runtime.frame.metadata.v14 import encode_v14
from runtime.frame.metadata.v15 import encode_v15
from runtime.frame.metadata.v16 import encode_v16

__all__ = [
    "METADATA_VERSIONS",
    "ConstantNote",
    "Constants",
    "Description",
    "Method",
    "describe",
    "encode_metadata",
    "methods_of",
]

MAGIC = b"meta"

LAYOUTS = {14: encode_v14, 15: encode_v15, 16: encode_v16}

METADATA_VERSIONS = tuple(LAYOUTS)


def encode_metadata(found: Description, version: int) -> bytes:
    """Return a description as metadata of a version, with the magic and the version byte."""
    return MAGIC + bytes((version,)) + LAYOUTS[version](found)
