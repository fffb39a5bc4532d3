"""Tests of the definition of work."""
