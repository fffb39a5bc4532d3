// Canonical shares, and products on the integer units: what every GPU since Pascal can do.
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

// Rows of a tile in shared memory are 64 bytes; they are 17 words apart, so that 16 of them hit 16
// banks.
typedef int DotTile[64][17];

// Adds four steps of sixteen products to the thread's cells.
static __device__ __forceinline__ void dot_tiles(const DotTile a, const DotTile b,
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

// The block's 64 x 64 cells in registers: sums[i][j] of a thread is the cell (t / 16 + 16 i,
// t % 16 + 16 j).
static __device__ __forceinline__ void dot_block(const int *a, const int *b, int inner,
                                                 int sums[4][4]) {
    __shared__ DotTile tile_a, tile_b;
    int first_row = blockIdx.y * 64, first_column = blockIdx.x * 64, words = inner / 4;
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
}

// Writes the digest of the tile that is the block's cells.
static __device__ __forceinline__ void write_digest(const int sums[4][4], u64 key, u64 *digest) {
    __shared__ u64 parts[8];
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
        *digest = mix(sum ^ key);
    }
}

// C = A B for rows and columns that are multiples of 64, inner of 64. Grid (columns/64, rows/64),
// 256 threads.
extern "C" __global__ void __launch_bounds__(256)
multiply_dp4a(const int *a, const int *b, int *c, int rows, int columns, int inner) {
    int sums[4][4] = {};
    dot_block(a, b, inner, sums);
    int column = blockIdx.x * 64 + (threadIdx.x & 15), row = blockIdx.y * 64 + (threadIdx.x >> 4);
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            c[(size_t)(row + 16 * i) * columns + column + 16 * j] = sums[i][j];
}

// The digests of the same product's 64 x 64 tiles; the product never leaves the registers.
extern "C" __global__ void __launch_bounds__(256)
digest_product_dp4a(const int *a, const int *b, u64 *digests, int columns, int inner, u64 key) {
    int sums[4][4] = {};
    dot_block(a, b, inner, sums);
    write_digest(sums, key, &digests[(size_t)blockIdx.y * gridDim.x + blockIdx.x]);
}

// Digests of single tiles, operands expanded on the way: what a verifier does for each share.
// One block of 256 threads per tile; a tile is six words: k0, k1 of A, k0, k1 of B, key, and
// tile row << 32 | tile column. `size` is a multiple of 64.
extern "C" __global__ void __launch_bounds__(256)
recompute_tiles(const u64 *tiles, u64 *digests, unsigned size) {
    __shared__ DotTile tile_a, tile_b;
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
    write_digest(sums, key, &digests[blockIdx.x]);
}
