"""The chain in SQL: a separate process that reads final blocks and writes them as rows."""
