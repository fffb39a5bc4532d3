"""Tests of `runtime/primitives/`."""
