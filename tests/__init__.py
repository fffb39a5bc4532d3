"""Tests mirror the source: what `runtime/state/trie.py` promises is in `tests/state/`."""
