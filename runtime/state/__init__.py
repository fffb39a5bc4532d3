"""The state: a trie of bytes, and an overlay of typed values over it."""
