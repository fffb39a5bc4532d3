// Steps of integer SGD, beside their products: defined by runtime/compute/sgd.py, equal bit for
// bit. Matrices have strides of their own; what is beyond their sides stays zero.

// The shift that leaves `kept` bits of the largest cell.
static __device__ __forceinline__ int excess_bits(int largest, int kept) {
    int bits = 0;
    while (largest >> bits) bits++;
    return bits > kept ? bits - kept : 0;
}

// The upper bytes of int16 weights (width, inner), as they are and transposed. Any grid.
extern "C" __global__ void show_weights(const short *weights, int width, int inner,
                                        signed char *out, int out_stride, signed char *turned,
                                        int turned_stride) {
    u64 total = (u64)width * inner, stride = (u64)gridDim.x * blockDim.x;
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < total; i += stride) {
        u64 row = i / inner, column = i - row * inner;
        signed char seen = (signed char)(weights[i] >> 8);
        out[row * out_stride + column] = seen;
        turned[column * turned_stride + row] = seen;
    }
}

// The transpose of (rows, width). Any grid.
extern "C" __global__ void turn(const signed char *in, int in_stride, signed char *out,
                                int out_stride, int rows, int width) {
    u64 total = (u64)rows * width, stride = (u64)gridDim.x * blockDim.x;
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < total; i += stride) {
        u64 row = i / width, column = i - row * width;
        out[column * out_stride + row] = in[row * in_stride + column];
    }
}

// How far outputs (rows, classes) are above +48 for the label and -48 for others. Any grid.
extern "C" __global__ void output_errors(const signed char *outputs, int stride,
                                         const unsigned char *labels, signed char *errors,
                                         int error_stride, int rows, int classes) {
    u64 total = (u64)rows * classes, step = (u64)gridDim.x * blockDim.x;
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < total; i += step) {
        u64 row = i / classes, column = i - row * classes;
        int distance = outputs[row * stride + column] - (labels[row] == column ? 48 : -48);
        errors[row * error_stride + column] = (signed char)clamped(distance, -127, 127);
    }
}

// Raises `largest` to the size of the largest cell of (rows, width); where a mask is given, of
// those whose mask is above zero. Any grid.
extern "C" __global__ void largest_cell(const int *cells, int stride, const signed char *mask,
                                        int mask_stride, int rows, int width, int *largest) {
    u64 total = (u64)rows * width, step = (u64)gridDim.x * blockDim.x;
    int most = 0;
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < total; i += step) {
        u64 row = i / width, column = i - row * width;
        if (mask && mask[row * mask_stride + column] <= 0) continue;
        int cell = cells[row * stride + column];
        cell = cell < 0 ? -cell : cell;
        most = cell > most ? cell : most;
    }
    if (most) atomicMax(largest, most);
}

// Errors (rows, width) at seven bits, zero where the mask is not above zero. Any grid.
extern "C" __global__ void shorten_errors(const int *cells, int stride, const signed char *mask,
                                          int mask_stride, int rows, int width,
                                          const int *largest, signed char *out, int out_stride) {
    u64 total = (u64)rows * width, step = (u64)gridDim.x * blockDim.x;
    int shift = excess_bits(*largest, 7);
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < total; i += step) {
        u64 row = i / width, column = i - row * width;
        int cell = mask[row * mask_stride + column] > 0 ? cells[row * stride + column] : 0;
        out[row * out_stride + column] = requantised(cell, shift, -128);
    }
}

// weights (width, inner) -= (gradient + hash) >> shift, with `rate` bits kept. Any grid.
extern "C" __global__ void descend(short *weights, const int *gradient, int stride, int width,
                                   int inner, const int *largest, int rate, u64 key) {
    u64 total = (u64)width * inner, step = (u64)gridDim.x * blockDim.x;
    int shift = excess_bits(*largest, rate);
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < total; i += step) {
        u64 row = i / inner, column = i - row * inner;
        long long noise = (long long)(mix(key + (i + 1) * GOLDEN) & ((1ull << shift) - 1));
        long long moved = (gradient[row * stride + column] + noise) >> shift;
        weights[i] = (short)clamped(weights[i] - moved, -32768, 32767);
    }
}
