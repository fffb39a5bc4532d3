"""The kernels against numpy, on a GPU and on the CPU."""
