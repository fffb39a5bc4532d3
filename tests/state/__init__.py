"""Tests of `runtime/state/`."""
