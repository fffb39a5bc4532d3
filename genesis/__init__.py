"""Chain specifications: what the first block of a chain holds."""
