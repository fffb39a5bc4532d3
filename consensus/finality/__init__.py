"""Finality: GRANDPA as published (arXiv 2007.01560), on ed25519 and in Substrate's layout.

`vote` is what goes over the wire; `tally` and `ghost` count, purely; `round` decides, purely;
`justification` proves a result to others; `gossip` judges messages; `voter` is the service.
"""
