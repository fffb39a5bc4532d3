// Products on the tensor cores: `mma.sync` on int8, 128 x 128 or 128 x 256 cells a block.
//
// Operands travel from memory to shared memory by asynchronous copies, STAGES - 1 steps ahead of the
// arithmetic, and from there to registers by `ldmatrix`. A warp has 64 x 32 cells of the narrow
// block, 64 x 64 of the wide one: the wide one reads a third less memory for each product, but needs
// 72 KiB of shared memory and 256 columns.

// ---- What the hardware does; the CPU shim has its own ------------------------------------------

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

// Copies 16 bytes to shared memory, some time before its group is waited for.
static __device__ __forceinline__ void copy_async(uint4 *to, const uint4 *from) {
#if __CUDA_ARCH__ >= 800
    unsigned place = (unsigned)__cvta_generic_to_shared(to);
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(place), "l"(from) : "memory");
#else  // Turing copies at once, through registers.
    *to = *from;
#endif
}

// Makes a group of this thread's copies since the last one.
static __device__ __forceinline__ void commit_copies() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

// Waits for all of this thread's groups but the last ones.
template <int BUT> static __device__ __forceinline__ void wait_copies() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" ::"n"(BUT) : "memory");
#endif
}

// Loads four matrices of 8 rows of 16 bytes: lane l names row l % 8 of matrix l / 8, and gets word
// l % 4 of row l / 4 of each (PTX ISA, "ldmatrix").
static __device__ __forceinline__ void load_matrices(unsigned out[4], const uint4 *row) {
    unsigned place = (unsigned)__cvta_generic_to_shared(row);
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
                 : "r"(place)
                 : "memory");
}

// Shared memory whose size is given at the launch.
#define DYNAMIC_SHARED(type, name, count) extern __shared__ type name[]
#endif

// ---- A block's cells ---------------------------------------------------------------------------

// Tiles that are on their way or in use; consensus/compute/cuda_matmul.py has the same number.
static const int STAGES = 3;
static const int BLOCK_ROWS = 128, STEP_QUADS = 4;  // a step is 64 cells: 4 times 16 bytes

// Where a quad of a row lies in a tile: eight rows of one quad, and each pair of rows, are in
// different banks.
static __device__ __forceinline__ int tile_place(int row, int quad) {
    return row * STEP_QUADS + (quad ^ ((row >> 1) & 3));
}

// Starts to copy this thread's share of a tile.
template <int ROWS>
static __device__ __forceinline__ void fetch_tile(uint4 *tile, const uint4 *matrix, int first_row,
                                                  int quads, int k) {
#pragma unroll
    for (int e = 0; e < ROWS * STEP_QUADS; e += 256) {
        int row = (e + threadIdx.x) >> 2, quad = threadIdx.x & 3;
        const uint4 *from = &matrix[(size_t)(first_row + row) * quads + k + quad];
        copy_async(&tile[tile_place(row, quad)], from);
    }
}

// Adds 64 products to each cell of the warp, from the tiles of A and of the transpose of B.
template <int COLUMNS>
static __device__ __forceinline__ void multiply_tiles(const uint4 *a, const uint4 *b,
                                                      int sums[4][COLUMNS / 8][4]) {
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    int row = (warp & 1) * 64 + (lane & 15);
    int column = (warp >> 1) * COLUMNS + (lane >> 4) * 8 + (lane & 7);
#pragma unroll
    for (int half = 0; half < 2; half++) {
        unsigned left[4][4], right[COLUMNS / 16][4];
#pragma unroll
        for (int i = 0; i < 4; i++)
            load_matrices(left[i], &a[tile_place(row + 16 * i, 2 * half + (lane >> 4))]);
#pragma unroll
        for (int j = 0; j < COLUMNS / 16; j++)
            load_matrices(right[j], &b[tile_place(column + 16 * j, 2 * half + (lane >> 3 & 1))]);
#pragma unroll
        for (int i = 0; i < 4; i++)
#pragma unroll
            for (int j = 0; j < COLUMNS / 8; j++)
                mma_int8(sums[i][j], left[i], right[j / 2] + 2 * (j & 1));
    }
}

// The block's cells in registers, 64 x COLUMNS a warp, two warps down and four across: sums[i][j] of
// a lane are the cells (group, 2 member), (group, 2 member + 1), (group + 8, 2 member) and
// (group + 8, 2 member + 1) of the warp's 16 x 8 square (i, j).
template <int COLUMNS>
static __device__ __forceinline__ void multiply_block(const uint4 *a, const uint4 *b, int inner,
                                                      int sums[4][COLUMNS / 8][4]) {
    const int stage_quads = (BLOCK_ROWS + 4 * COLUMNS) * STEP_QUADS;
    DYNAMIC_SHARED(uint4, tiles, STAGES * stage_quads);
    int quads = inner / 16, steps = quads / STEP_QUADS;
    int first_row = blockIdx.y * BLOCK_ROWS, first_column = blockIdx.x * 4 * COLUMNS;
    for (int step = 1 - STAGES; step < steps; step++) {
        if (step >= 0) {
            wait_copies<STAGES - 2>();
            __syncthreads();  // and nobody reads the stage that is fetched next any more
        }
        int next = step + STAGES - 1;
        if (next < steps) {
            uint4 *tile = tiles + next % STAGES * stage_quads;
            fetch_tile<BLOCK_ROWS>(tile, a, first_row, quads, next * STEP_QUADS);
            tile += BLOCK_ROWS * STEP_QUADS;
            fetch_tile<4 * COLUMNS>(tile, b, first_column, quads, next * STEP_QUADS);
        }
        commit_copies();
        if (step >= 0) {
            const uint4 *tile = tiles + step % STAGES * stage_quads;
            multiply_tiles<COLUMNS>(tile, tile + BLOCK_ROWS * STEP_QUADS, sums);
        }
    }
}

// ---- The kernels -------------------------------------------------------------------------------

template <int COLUMNS>
static __device__ __forceinline__ void write_product(const uint4 *a, const uint4 *b, int *c,
                                                     int columns, int inner) {
    int sums[4][COLUMNS / 8][4] = {};
    multiply_block<COLUMNS>(a, b, inner, sums);
    int lane = threadIdx.x & 31, group = lane >> 2, member = lane & 3, warp = threadIdx.x >> 5;
    int row = blockIdx.y * BLOCK_ROWS + (warp & 1) * 64 + group;
    int column = (blockIdx.x * 4 + (warp >> 1)) * COLUMNS + 2 * member;
#pragma unroll
    for (int i = 0; i < 4; i++)
#pragma unroll
        for (int j = 0; j < COLUMNS / 8; j++) {
            size_t place = (size_t)(row + 16 * i) * columns + column + 8 * j;
            *(int2 *)&c[place] = {sums[i][j][0], sums[i][j][1]};
            *(int2 *)&c[place + (size_t)8 * columns] = {sums[i][j][2], sums[i][j][3]};
        }
}

// The digests of the product's 64 x 64 tiles; the product never leaves the registers. Of the narrow
// block two warps share a tile.
template <int COLUMNS>
static __device__ __forceinline__ void write_digests(const uint4 *a, const uint4 *b, u64 *digests,
                                                     int columns, int inner, u64 key) {
    const int across = 4 * COLUMNS / 64;
    __shared__ u64 totals[2 * across];
    int sums[4][COLUMNS / 8][4] = {};
    if (threadIdx.x < 2 * across) totals[threadIdx.x] = 0;  // the steps' barriers follow
    multiply_block<COLUMNS>(a, b, inner, sums);
    int lane = threadIdx.x & 31, group = lane >> 2, member = lane & 3, warp = threadIdx.x >> 5;
    int tile_row = warp & 1, first = (warp >> 1) * COLUMNS;
    u64 sum = 0;
#pragma unroll
    for (int i = 0; i < 4; i++)
#pragma unroll
        for (int j = 0; j < COLUMNS / 8; j++) {
            unsigned place = (16 * i + group) * 64 + first % 64 + 8 * j + 2 * member;
            sum += digest_term(sums[i][j][0], place, key);
            sum += digest_term(sums[i][j][1], place + 1, key);
            sum += digest_term(sums[i][j][2], place + 8 * 64, key);
            sum += digest_term(sums[i][j][3], place + 8 * 64 + 1, key);
        }
    sum = warp_sum(sum);
    if (lane == 0) atomicAdd(&totals[tile_row * across + first / 64], sum);
    __syncthreads();
    if (threadIdx.x < 2 * across) {
        size_t row = blockIdx.y * 2 + threadIdx.x / across;
        size_t column = blockIdx.x * across + threadIdx.x % across;
        digests[row * (columns / 64) + column] = mix(totals[threadIdx.x] ^ key);
    }
}

// C = A B for rows that are multiples of 128, columns of 128 or, wide, 256, inner of 64. Grid
// (columns/128 or 256, rows/128), 256 threads, 48 or 72 KiB of dynamic shared memory.
extern "C" __global__ void __launch_bounds__(256)
multiply_mma(const uint4 *a, const uint4 *b, int *c, int rows, int columns, int inner) {
    write_product<32>(a, b, c, columns, inner);
}

extern "C" __global__ void __launch_bounds__(256)
multiply_mma_wide(const uint4 *a, const uint4 *b, int *c, int rows, int columns, int inner) {
    write_product<64>(a, b, c, columns, inner);
}

// The digests of the same products.
extern "C" __global__ void __launch_bounds__(256)
digest_product_mma(const uint4 *a, const uint4 *b, u64 *digests, int columns, int inner, u64 key) {
    write_digests<32>(a, b, digests, columns, inner, key);
}

extern "C" __global__ void __launch_bounds__(256)
digest_product_mma_wide(const uint4 *a, const uint4 *b, u64 *digests, int columns, int inner,
                        u64 key) {
    write_digests<64>(a, b, digests, columns, inner, key);
}
