"""What a node keeps on disk: blocks, state, consensus records and an index, in one database."""
