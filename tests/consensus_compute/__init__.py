"""Tests of the devices and of the provider's worker."""
