"""A local network: three validators, a full node and a provider, each a process of its own."""
