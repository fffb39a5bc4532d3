// A libcuda.so.1 whose GPU is this CPU: as much of the driver's interface as pycuda uses for
// CudaDevice. An image is a shared object built from the kernels with cuda_on_cpu.h. All other
// entry points are weak symbols, generated beside this, that return CUDA_ERROR_NOT_SUPPORTED.
#include <cuda.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <map>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#undef cuCtxCreate

#define API extern "C" __attribute__((visibility("default"))) CUresult
#define NEED(condition, error)                                                                     \
    do {                                                                                           \
        if (!(condition)) return (CUresult)(error);                                                \
    } while (0)

using Entry = const char *(*)(const void *, const unsigned *, const unsigned *);
struct CUctx_st { int device; };
struct CUmod_st { void *object; int file; };
struct CUfunc_st { Entry entry; unsigned dynamic_bytes; };

static const size_t TOTAL_BYTES = 8ull << 30;
static CUctx_st primary;
static CUctx_st *contexts[64];
static int depth;
static std::map<CUdeviceptr, size_t> allocations;
static size_t used_bytes;

static bool is_inside(CUdeviceptr address, size_t size) {
    auto next = allocations.upper_bound(address);
    if (next == allocations.begin()) return false;
    auto block = std::prev(next);
    return address + size <= block->first + block->second;
}

// ---- Device and context ------------------------------------------------------------------------

API cuInit(unsigned) { return CUDA_SUCCESS; }
API cuDriverGetVersion(int *version) { *version = 13000; return CUDA_SUCCESS; }
API cuDeviceGetCount(int *count) { *count = 1; return CUDA_SUCCESS; }
API cuDeviceGet(CUdevice *device, int ordinal) {
    NEED(ordinal == 0, CUDA_ERROR_INVALID_DEVICE);
    *device = 0;
    return CUDA_SUCCESS;
}
API cuDeviceGetName(char *name, int size, CUdevice) {
    snprintf(name, size, "CPU emulator");
    return CUDA_SUCCESS;
}
API cuDeviceTotalMem_v2(size_t *bytes, CUdevice) { *bytes = TOTAL_BYTES; return CUDA_SUCCESS; }
API cuDeviceComputeCapability(int *major, int *minor, CUdevice) {
    *major = 9;
    *minor = 0;
    return CUDA_SUCCESS;
}
API cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice) {
    switch ((int)attribute) {
        case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *value = 9; break;
        case CU_DEVICE_ATTRIBUTE_WARP_SIZE: *value = 32; break;
        case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK: *value = 1024; break;
        default: *value = 0;
    }
    return CUDA_SUCCESS;
}
API cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice) { *context = &primary; return CUDA_SUCCESS; }
API cuDevicePrimaryCtxRelease_v2(CUdevice) { return CUDA_SUCCESS; }
API cuCtxPushCurrent_v2(CUcontext context) { contexts[depth++] = context; return CUDA_SUCCESS; }
API cuCtxPopCurrent_v2(CUcontext *context) {
    NEED(depth > 0, CUDA_ERROR_INVALID_CONTEXT);
    depth--;
    if (context) *context = contexts[depth];
    return CUDA_SUCCESS;
}
API cuCtxGetCurrent(CUcontext *context) {
    *context = depth ? contexts[depth - 1] : nullptr;
    return CUDA_SUCCESS;
}
API cuCtxAttach(CUcontext *context, unsigned) { return cuCtxGetCurrent(context); }
API cuCtxDetach(CUcontext) { return CUDA_SUCCESS; }
API cuCtxGetDevice(CUdevice *device) {
    NEED(depth > 0, CUDA_ERROR_INVALID_CONTEXT);
    *device = 0;
    return CUDA_SUCCESS;
}
API cuCtxGetApiVersion(CUcontext, unsigned *version) { *version = 13000; return CUDA_SUCCESS; }
API cuCtxSynchronize(void) { return CUDA_SUCCESS; }

// ---- Memory: every copy is checked against what was allocated ----------------------------------

API cuMemGetInfo_v2(size_t *available, size_t *total) {
    *available = TOTAL_BYTES - used_bytes;
    *total = TOTAL_BYTES;
    return CUDA_SUCCESS;
}
API cuMemAlloc_v2(CUdeviceptr *address, size_t size) {
    NEED(size, CUDA_ERROR_INVALID_VALUE);
    NEED(used_bytes + size <= TOTAL_BYTES, CUDA_ERROR_OUT_OF_MEMORY);
    void *memory = aligned_alloc(256, (size + 255) & ~(size_t)255);
    NEED(memory, CUDA_ERROR_OUT_OF_MEMORY);
    memset(memory, 0xA5, size);
    *address = (CUdeviceptr)memory;
    allocations[*address] = size;
    used_bytes += size;
    return CUDA_SUCCESS;
}
API cuMemFree_v2(CUdeviceptr address) {
    auto block = allocations.find(address);
    NEED(block != allocations.end(), CUDA_ERROR_INVALID_VALUE);
    used_bytes -= block->second;
    allocations.erase(block);
    free((void *)address);
    return CUDA_SUCCESS;
}
API cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t size) {
    NEED(is_inside(to, size), CUDA_ERROR_INVALID_VALUE);
    memcpy((void *)to, from, size);
    return CUDA_SUCCESS;
}
API cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t size) {
    NEED(is_inside(from, size), CUDA_ERROR_INVALID_VALUE);
    memcpy(to, (void *)from, size);
    return CUDA_SUCCESS;
}

// ---- Modules and launches ----------------------------------------------------------------------

// An ELF image carries its own size: the section header table is its last part. A real cubin is
// of another machine type and is refused.
API cuModuleLoadData(CUmodule *module, const void *image) {
    auto bytes = (const unsigned char *)image;
    NEED(!memcmp(bytes, "\177ELF\2", 5) && bytes[18] != 190, CUDA_ERROR_INVALID_IMAGE);
    size_t table = *(const unsigned long long *)(bytes + 40);
    size_t size = table + (size_t)*(const unsigned short *)(bytes + 58) *
                              *(const unsigned short *)(bytes + 60);
    int file = memfd_create("image", 0);
    NEED(file >= 0 && write(file, image, size) == (ssize_t)size, CUDA_ERROR_INVALID_IMAGE);
    std::string path = "/proc/self/fd/" + std::to_string(file);
    void *object = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    NEED(object, CUDA_ERROR_INVALID_IMAGE);
    *module = new CUmod_st{object, file};
    return CUDA_SUCCESS;
}
API cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned, CUjit_option *, void **) {
    return cuModuleLoadData(module, image);
}
API cuModuleUnload(CUmodule module) { close(module->file); return CUDA_SUCCESS; }
API cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name) {
    void *entry = dlsym(module->object, (std::string("shim_entry_") + name).c_str());
    NEED(entry, CUDA_ERROR_NOT_FOUND);
    *function = new CUfunc_st{(Entry)entry, 48 << 10};
    return CUDA_SUCCESS;
}
API cuFuncGetAttribute(int *value, CUfunction_attribute, CUfunction) { *value = 0; return CUDA_SUCCESS; }
API cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute, int value) {
    NEED(attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, CUDA_ERROR_NOT_SUPPORTED);
    NEED(value >= 0 && value <= 227 << 10, CUDA_ERROR_INVALID_VALUE);
    function->dynamic_bytes = (unsigned)value;
    return CUDA_SUCCESS;
}
API cuFuncSetBlockShape(CUfunction, int, int, int) { return CUDA_SUCCESS; }
API cuFuncSetSharedSize(CUfunction, unsigned) { return CUDA_SUCCESS; }
API cuLaunchKernel(CUfunction function, unsigned gx, unsigned gy, unsigned gz, unsigned bx,
                   unsigned by, unsigned bz, unsigned shared, CUstream, void **parameters,
                   void **extra) {
    NEED(!parameters && extra, CUDA_ERROR_NOT_SUPPORTED);
    NEED(shared <= function->dynamic_bytes, CUDA_ERROR_INVALID_VALUE);
    const void *buffer = nullptr;
    for (; *extra != CU_LAUNCH_PARAM_END; extra += 2)
        if (*extra == CU_LAUNCH_PARAM_BUFFER_POINTER) buffer = extra[1];
    unsigned grid[3] = {gx, gy, gz}, block[3] = {bx, by, bz};
    const char *fault = function->entry(buffer, grid, block);
    if (fault) fprintf(stderr, "kernel fault: %s\n", fault);
    return fault ? CUDA_ERROR_LAUNCH_FAILED : CUDA_SUCCESS;
}
API cuGetErrorString(CUresult error, const char **text) {
    static char line[64];
    snprintf(line, sizeof line, "emulated driver error %d", (int)error);
    *text = line;
    return CUDA_SUCCESS;
}
API cuGetErrorName(CUresult error, const char **text) { return cuGetErrorString(error, text); }
