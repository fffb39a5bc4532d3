"""Attacks on the economy, by the rows of the design's register."""
