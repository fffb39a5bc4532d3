"""Whales against referenda, on the real pallets: `./run simulate governance`."""
