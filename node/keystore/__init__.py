"""The keys of a node, encrypted at rest; phrases and passwords from which keys come."""
