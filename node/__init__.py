"""The service: database, chain head, transaction pool, keys, RPC, metrics and logs of one node."""
