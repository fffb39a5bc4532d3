"""Commands of those who sell computation."""
