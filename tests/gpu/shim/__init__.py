"""The kernels on a CPU: a scheduler of fibers (`cuda_on_cpu.h`) and a driver without a GPU."""
