"""Real nodes as processes of their own: points 1 to 5 of the first issue, and bad input to them."""
