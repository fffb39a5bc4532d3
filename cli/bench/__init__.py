"""`starminer chain bench`: whether a machine is enough, and what blocks and calls really cost."""
