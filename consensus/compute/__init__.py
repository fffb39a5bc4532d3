"""Doing the work whose definition is in `runtime.compute`: devices, kernels and the provider."""
