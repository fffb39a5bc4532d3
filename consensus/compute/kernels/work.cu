// The integer kernels of StarMiner: matmul jobs, canonical shares, and the check of a product.
//
// What they compute is defined by runtime/compute/reference.py, and they equal it bit for bit: all
// arithmetic is on integers, sums of int8 products fit int32, and sums of digests wrap modulo 2^64,
// so no order of threads or of terms changes a result.
//
// Matrices are row by row. B is always given transposed, (columns, inner), so that both operands
// are read along their rows. The same source runs on a CPU under tests/gpu/shim.

typedef unsigned long long u64;

static const u64 GOLDEN = 0x9E3779B97F4A7C15ull;

// ---- Scrambling: splitmix64 and lowbias32 ------------------------------------------------------

static __device__ __forceinline__ u64 mix(u64 word) {
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9ull;
    word = (word ^ (word >> 27)) * 0x94D049BB133111EBull;
    return word ^ (word >> 31);
}

static __device__ __forceinline__ unsigned mix32(unsigned word) {
    word ^= word >> 16;
    word *= 0x7FEB352Du;
    word ^= word >> 15;
    word *= 0x846CA68Bu;
    return word ^ (word >> 16);
}

static __device__ __forceinline__ u64 row_key(u64 k0, u64 k1, u64 row) {
    return mix(mix(row * GOLDEN + k0) + k1);
}

// What cell `place` of a 64 x 64 tile adds to its digest. Not linear in the cell on purpose.
static __device__ __forceinline__ u64 digest_term(int cell, unsigned place, u64 key) {
    unsigned masked = (unsigned)cell ^ (place * 0x9E3779B1u + (unsigned)key);
    return (u64)mix32(masked) * (u64)(2 * place + 0x85EBCA77u);
}

// The sum over a warp, in its lane 0.
static __device__ __forceinline__ u64 warp_sum(u64 value) {
    for (int step = 16; step; step >>= 1) value += __shfl_down_sync(~0u, value, step);
    return value;
}

// ---- Expansion: rows of a seeded int8 matrix, eight cells to a word ----------------------------

// Any grid; `words` is the number of words in a row.
extern "C" __global__ void expand_rows(u64 k0, u64 k1, u64 first_row, unsigned rows, unsigned words,
                                       u64 *out) {
    u64 total = (u64)rows * words, stride = (u64)gridDim.x * blockDim.x;
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < total; i += stride) {
        u64 row = i / words, word = i - row * words;
        out[i] = mix(row_key(k0, k1, first_row + row) + (word + 1) * GOLDEN);
    }
}

// ---- Product on the integer units: 64 x 64 cells a block, 4 x 4 a thread -----------------------

// Adds four steps of sixteen products to the thread's cells; both tiles are 64 rows of 64 bytes.
static __device__ __forceinline__ void dot_tiles(const int (*a)[17], const int (*b)[17],
                                                 int sums[4][4]) {
    int column = threadIdx.x & 15, row = threadIdx.x >> 4;
#pragma unroll
    for (int k = 0; k < 16; k++) {
        int left[4], right[4];
        for (int i = 0; i < 4; i++) {
            left[i] = a[row + 16 * i][k];
            right[i] = b[column + 16 * i][k];
        }
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 4; j++) sums[i][j] = __dp4a(left[i], right[j], sums[i][j]);
    }
}

// C = A B for rows and columns that are multiples of 64, inner of 64. Grid (columns/64, rows/64),
// 256 threads. Rows in shared memory are 17 words long, so that 16 of them hit 16 banks.
extern "C" __global__ void __launch_bounds__(256)
multiply_dp4a(const int *a, const int *b, int *c, int rows, int columns, int inner) {
    __shared__ int tile_a[64][17], tile_b[64][17];
    int first_row = blockIdx.y * 64, first_column = blockIdx.x * 64, words = inner / 4;
    int sums[4][4] = {};
    for (int k = 0; k < words; k += 16) {
        for (int e = threadIdx.x; e < 1024; e += 256) {
            int row = e >> 4, word = e & 15;
            tile_a[row][word] = a[(size_t)(first_row + row) * words + k + word];
            tile_b[row][word] = b[(size_t)(first_column + row) * words + k + word];
        }
        __syncthreads();
        dot_tiles(tile_a, tile_b, sums);
        __syncthreads();
    }
    int column = first_column + (threadIdx.x & 15), row = first_row + (threadIdx.x >> 4);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            c[(size_t)(row + 16 * i) * columns + column + 16 * j] = sums[i][j];
}

// Digests of the 64 x 64 tiles of a product in memory. Grid (columns/64, rows/64), 256 threads.
extern "C" __global__ void __launch_bounds__(256)
digest_tiles(const int *c, u64 *digests, int columns, u64 key) {
    __shared__ u64 parts[8];
    const int *tile = c + (size_t)blockIdx.y * 64 * columns + blockIdx.x * 64;
    u64 sum = 0;
    for (int e = threadIdx.x; e < 4096; e += blockDim.x)
        sum += digest_term(tile[(size_t)(e >> 6) * columns + (e & 63)], e, key);
    sum = warp_sum(sum);
    if ((threadIdx.x & 31) == 0) parts[threadIdx.x >> 5] = sum;
    __syncthreads();
    if (threadIdx.x == 0) {
        sum = 0;
        for (unsigned i = 0; i < blockDim.x / 32; i++) sum += parts[i];
        digests[(size_t)blockIdx.y * gridDim.x + blockIdx.x] = mix(sum ^ key);
    }
}

// Digests of single tiles, operands expanded on the way: what a verifier does for each share.
// One block of 256 threads per tile; a tile is six words: k0, k1 of A, k0, k1 of B, key, and
// tile row << 32 | tile column. `size` is a multiple of 64.
extern "C" __global__ void __launch_bounds__(256)
recompute_tiles(const u64 *tiles, u64 *digests, unsigned size) {
    __shared__ int tile_a[64][17], tile_b[64][17];
    __shared__ u64 parts[8];
    const u64 *tile = tiles + (size_t)blockIdx.x * 6;
    u64 key = tile[4], first_row = (tile[5] >> 32) * 64, first_column = (tile[5] & 0xFFFFFFFF) * 64;
    int sums[4][4] = {};
    for (unsigned k = 0; k < size / 8; k += 8) {
        for (int e = threadIdx.x; e < 512; e += 256) {
            int row = e >> 3, word = e & 7;
            u64 step = (u64)(k + word + 1) * GOLDEN;
            u64 left = mix(row_key(tile[0], tile[1], first_row + row) + step);
            u64 right = mix(row_key(tile[2], tile[3], first_column + row) + step);
            tile_a[row][2 * word] = (int)left;
            tile_a[row][2 * word + 1] = (int)(left >> 32);
            tile_b[row][2 * word] = (int)right;
            tile_b[row][2 * word + 1] = (int)(right >> 32);
        }
        __syncthreads();
        dot_tiles(tile_a, tile_b, sums);
        __syncthreads();
    }
    int column = threadIdx.x & 15, row = threadIdx.x >> 4;
    u64 sum = 0;
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            sum += digest_term(sums[i][j], (row + 16 * i) * 64 + column + 16 * j, key);
    sum = warp_sum(sum);
    if ((threadIdx.x & 31) == 0) parts[threadIdx.x >> 5] = sum;
    __syncthreads();
    if (threadIdx.x == 0) {
        sum = 0;
        for (int i = 0; i < 8; i++) sum += parts[i];
        digests[blockIdx.x] = mix(sum ^ key);
    }
}

// ---- Product on the tensor cores: 128 x 128 cells a block, 64 x 32 a warp ----------------------

#ifndef STARMINER_SHIM
// c += a b for a 16 x 32 and a 32 x 8 fragment (PTX ISA, "Matrix fragments for mma.m16n8k32").
static __device__ __forceinline__ void mma_int8(int c[4], const unsigned a[4],
                                                const unsigned b[2]) {
#if __CUDA_ARCH__ >= 800
    asm volatile("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 "
                 "{%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
                 : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else  // Turing has the quarter of it: m8n8k16.
#define MMA_QUARTER(c0, c1, left, right)                                                          \
    asm volatile("mma.sync.aligned.m8n8k16.row.col.s32.s8.s8.s32 {%0,%1},{%2},{%3},{%0,%1};"      \
                 : "+r"(c0), "+r"(c1)                                                             \
                 : "r"(left), "r"(right))
    MMA_QUARTER(c[0], c[1], a[0], b[0]);
    MMA_QUARTER(c[0], c[1], a[2], b[1]);
    MMA_QUARTER(c[2], c[3], a[1], b[0]);
    MMA_QUARTER(c[2], c[3], a[3], b[1]);
#undef MMA_QUARTER
#endif
}
#endif

// Tile rows in shared memory are 80 bytes, 64 of them used: the eight rows of a fragment then lie
// in different banks.
static const int TILE_STRIDE = 5;        // in units of 16 bytes
static const int TILE_WORD_STRIDE = 20;  // in words

// Copies this thread's share of a 128 x 64 byte tile from memory to registers.
static __device__ __forceinline__ void fetch_tile(const uint4 *matrix, int first_row, int quads,
                                                  int k, uint4 out[2]) {
    int row = threadIdx.x >> 2, quad = threadIdx.x & 3;
    for (int half = 0; half < 2; half++)
        out[half] = matrix[(size_t)(first_row + row + 64 * half) * quads + k + quad];
}

// Copies it on to shared memory.
static __device__ __forceinline__ void store_tile(uint4 *tile, const uint4 in[2]) {
    int row = threadIdx.x >> 2, quad = threadIdx.x & 3;
    for (int half = 0; half < 2; half++) tile[(row + 64 * half) * TILE_STRIDE + quad] = in[half];
}

// Adds 64 products to each cell of the warp's 64 x 32, from its corners of the two tiles.
static __device__ __forceinline__ void multiply_tiles(const unsigned *a, const unsigned *b,
                                                      int sums[4][4][4]) {
    int lane = threadIdx.x & 31, group = lane >> 2, member = lane & 3;
#pragma unroll
    for (int half = 0; half < 2; half++) {
        unsigned left[4][4], right[4][2];
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const unsigned *at = a + (16 * i + group) * TILE_WORD_STRIDE + half * 8 + member;
            left[i][0] = at[0];
            left[i][1] = at[8 * TILE_WORD_STRIDE];
            left[i][2] = at[4];
            left[i][3] = at[8 * TILE_WORD_STRIDE + 4];
        }
#pragma unroll
        for (int j = 0; j < 4; j++) {
            const unsigned *at = b + (8 * j + group) * TILE_WORD_STRIDE + half * 8 + member;
            right[j][0] = at[0];
            right[j][1] = at[4];
        }
#pragma unroll
        for (int i = 0; i < 4; i++)
#pragma unroll
            for (int j = 0; j < 4; j++) mma_int8(sums[i][j], left[i], right[j]);
    }
}

// The block's 128 x 128 cells in registers: sums[i][j] of a lane are the cells (group, 2 member),
// (group, 2 member + 1), (group + 8, 2 member) and (group + 8, 2 member + 1) of the warp's 16 x 8
// square (i, j). While one pair of tiles is multiplied, the next is on its way from memory.
static __device__ __forceinline__ void multiply_block(const uint4 *a, const uint4 *b, int inner,
                                                      int sums[4][4][4]) {
    __shared__ uint4 tile_a[2][128 * TILE_STRIDE], tile_b[2][128 * TILE_STRIDE];
    int warp = threadIdx.x >> 5, quads = inner / 16;
    int corner_a = (warp & 1) * 64 * TILE_WORD_STRIDE, corner_b = (warp >> 1) * 32 * TILE_WORD_STRIDE;
    uint4 next_a[2], next_b[2];
    fetch_tile(a, blockIdx.y * 128, quads, 0, next_a);
    fetch_tile(b, blockIdx.x * 128, quads, 0, next_b);
    store_tile(tile_a[0], next_a);
    store_tile(tile_b[0], next_b);
    __syncthreads();
    for (int k = 0, now = 0; k < quads; k += 4, now ^= 1) {
        bool is_last = k + 4 >= quads;
        if (!is_last) {
            fetch_tile(a, blockIdx.y * 128, quads, k + 4, next_a);
            fetch_tile(b, blockIdx.x * 128, quads, k + 4, next_b);
        }
        multiply_tiles((const unsigned *)tile_a[now] + corner_a,
                       (const unsigned *)tile_b[now] + corner_b, sums);
        if (!is_last) {
            store_tile(tile_a[now ^ 1], next_a);
            store_tile(tile_b[now ^ 1], next_b);
        }
        __syncthreads();
    }
}

// C = A B for rows and columns that are multiples of 128, inner of 64. Grid (columns/128,
// rows/128), 256 threads.
extern "C" __global__ void __launch_bounds__(256)
multiply_mma(const uint4 *a, const uint4 *b, int *c, int rows, int columns, int inner) {
    int sums[4][4][4] = {};
    multiply_block(a, b, inner, sums);
    int lane = threadIdx.x & 31, group = lane >> 2, member = lane & 3, warp = threadIdx.x >> 5;
    int row = blockIdx.y * 128 + (warp & 1) * 64 + group;
    int column = blockIdx.x * 128 + (warp >> 1) * 32 + 2 * member;
#pragma unroll
    for (int i = 0; i < 4; i++)
#pragma unroll
        for (int j = 0; j < 4; j++) {
            size_t place = (size_t)(row + 16 * i) * columns + column + 8 * j;
            *(int2 *)&c[place] = {sums[i][j][0], sums[i][j][1]};
            *(int2 *)&c[place + (size_t)8 * columns] = {sums[i][j][2], sums[i][j][3]};
        }
}

// The digests of the same product's 64 x 64 tiles; the product never leaves the registers.
extern "C" __global__ void __launch_bounds__(256)
digest_product_mma(const uint4 *a, const uint4 *b, u64 *digests, int columns, int inner, u64 key) {
    __shared__ u64 totals[4];
    int sums[4][4][4] = {};
    multiply_block(a, b, inner, sums);
    if (threadIdx.x < 4) totals[threadIdx.x] = 0;
    __syncthreads();
    int lane = threadIdx.x & 31, group = lane >> 2, member = lane & 3, warp = threadIdx.x >> 5;
    int tile_row = warp & 1, tile_column = warp >> 2, half = (warp >> 1) & 1;
    u64 sum = 0;
#pragma unroll
    for (int i = 0; i < 4; i++)
#pragma unroll
        for (int j = 0; j < 4; j++) {
            unsigned place = (16 * i + group) * 64 + 32 * half + 8 * j + 2 * member;
            sum += digest_term(sums[i][j][0], place, key);
            sum += digest_term(sums[i][j][1], place + 1, key);
            sum += digest_term(sums[i][j][2], place + 8 * 64, key);
            sum += digest_term(sums[i][j][3], place + 8 * 64 + 1, key);
        }
    sum = warp_sum(sum);
    if (lane == 0) atomicAdd(&totals[tile_row * 2 + tile_column], sum);
    __syncthreads();
    if (threadIdx.x < 4) {
        size_t row = blockIdx.y * 2 + (threadIdx.x >> 1), column = blockIdx.x * 2 + (threadIdx.x & 1);
        digests[row * (columns / 64) + column] = mix(totals[threadIdx.x] ^ key);
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
