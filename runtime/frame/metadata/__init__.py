"""What wallets and explorers need to know of a runtime, read from its annotations."""

from runtime.frame.metadata.v14 import encode_metadata

__all__ = ["encode_metadata"]
