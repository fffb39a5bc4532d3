// What verifies: a product by one vector (Freivalds), and sampled tiles of many products at once.
//
// Defined by runtime/compute/reference.py, and equal bit for bit.

// ---- Sampled tiles: 8 x 8 cells a warp ---------------------------------------------------------

// Sums of 64 cells over a warp: lane l ends with those of cells 2 l and 2 l + 1, in its first two. In
// each step a lane gives half of its cells to its partner, and adds the partner's other half.
template <int STEP>
static __device__ __forceinline__ void share_out(int sums[64], int lane) {
    bool is_upper = lane & STEP;
#pragma unroll
    for (int e = 0; e < 2 * STEP; e++) {
        int kept = is_upper ? sums[e + 2 * STEP] : sums[e];
        int given = is_upper ? sums[e] : sums[e + 2 * STEP];
        sums[e] = kept + __shfl_xor_sync(~0u, given, STEP);
    }
    if constexpr (STEP > 1) share_out<STEP / 2>(sums, lane);
}

// Products of pairs of 8-row bands, of one or many jobs. A tile is three words: where its band of A
// begins, where that of the transpose of B does, both in words of four cells, and the words in a
// row. Any grid of 256 threads.
extern "C" __global__ void __launch_bounds__(256)
multiply_bands(const int *bands, const unsigned *tiles, unsigned count, int *out) {
    int lane = threadIdx.x & 31;
    for (unsigned t = blockIdx.x * 8 + (threadIdx.x >> 5); t < count; t += gridDim.x * 8) {
        const int *a = bands + tiles[3 * t], *b = bands + tiles[3 * t + 1];
        unsigned words = tiles[3 * t + 2];
        int sums[64] = {};
        for (unsigned k = lane; k < words; k += 32) {
            int left[8], right[8];
#pragma unroll
            for (int i = 0; i < 8; i++) left[i] = a[i * words + k], right[i] = b[i * words + k];
#pragma unroll
            for (int e = 0; e < 64; e++) sums[e] = __dp4a(left[e / 8], right[e % 8], sums[e]);
        }
        share_out<16>(sums, lane);
        *(int2 *)&out[64 * (size_t)t + 2 * lane] = {sums[0], sums[1]};
    }
}

// ---- Freivalds: matrix times vector modulo the prime 2^61 - 1 ----------------------------------

static const u64 PRIME = (1ull << 61) - 1;

static __device__ __forceinline__ u64 reduced(u64 value) {
    value = (value & PRIME) + (value >> 61);
    return value >= PRIME ? value - PRIME : value;
}

static __device__ __forceinline__ u64 reduced_signed(long long value) {
    return reduced((u64)(value < 0 ? value + (long long)PRIME : value));
}

// value 2^shift, since 2^61 = 1: a rotation of 61 bits.
static __device__ __forceinline__ u64 shifted(u64 value, int shift) {
    return ((value << shift) & PRIME) | (value >> (61 - shift));
}

// One block of whole warps per row. The vector is cut in limbs of 31 and 30 bits, a cell of more
// than eight bits in halves of 16: each term is below 2^47, and a thread adds fewer than 2^14.
template <class Cell>
static __device__ __forceinline__ void times_vector(const Cell *matrix, const u64 *vector,
                                                    u64 *out, int columns) {
    __shared__ u64 parts[32];
    const Cell *row = matrix + (size_t)blockIdx.x * columns;
    long long low_low = 0, low_high = 0, high_low = 0, high_high = 0;
    for (int j = threadIdx.x; j < columns; j += blockDim.x) {
        int cell = row[j];
        long long low = (long long)(vector[j] & 0x7FFFFFFF), high = (long long)(vector[j] >> 31);
        long long cell_low = sizeof(Cell) == 1 ? cell : cell & 0xFFFF;
        long long cell_high = sizeof(Cell) == 1 ? 0 : cell >> 16;
        low_low += cell_low * low;
        low_high += cell_low * high;
        high_low += cell_high * low;
        high_high += cell_high * high;
    }
    u64 sum = reduced(reduced_signed(low_low) + shifted(reduced_signed(low_high), 31));
    sum = reduced(sum + shifted(reduced_signed(high_low), 16));
    sum = reduced(sum + shifted(reduced_signed(high_high), 47));
    for (int step = 16; step; step >>= 1) sum = reduced(sum + __shfl_down_sync(~0u, sum, step));
    if ((threadIdx.x & 31) == 0) parts[threadIdx.x >> 5] = sum;
    __syncthreads();
    if (threadIdx.x == 0) {
        sum = 0;
        for (unsigned i = 0; i < blockDim.x / 32; i++) sum = reduced(sum + parts[i]);
        out[blockIdx.x] = sum;
    }
}

extern "C" __global__ void times_vector_int8(const signed char *matrix, const u64 *vector, u64 *out,
                                             int columns) {
    times_vector(matrix, vector, out, columns);
}

extern "C" __global__ void times_vector_int32(const int *matrix, const u64 *vector, u64 *out,
                                              int columns) {
    times_vector(matrix, vector, out, columns);
}
