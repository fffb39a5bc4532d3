// Layers of int8 networks, beside their products: defined by runtime/compute/network.py and
// integers.py, equal bit for bit. A right shift of a negative number rounds down, as numpy's does;
// a division of one is made to.
//
// Sheets lie row by row with a stride of their own; what is beyond their width stays zero.

static __device__ __forceinline__ long long clamped(long long value, long long low,
                                                    long long high) {
    return value < low ? low : value > high ? high : value;
}

static __device__ __forceinline__ signed char requantised(long long value, int shift, int low) {
    long long half = (1ll << shift) >> 1;
    return (signed char)clamped((value + half) >> shift, low, 127);
}

// floor(a / b) for b > 0, where `/` rounds towards zero.
static __device__ __forceinline__ long long floored(long long a, long long b) {
    long long quotient = a / b;
    return quotient - (a % b < 0);
}

// Sums of a product with their bias, clamped to int32, as int8 or, if `wide` is given, as they
// are. Any grid.
extern "C" __global__ void finish_product(const int *sums, int sums_stride, const int *bias,
                                          signed char *out, int out_stride, int *wide, int rows,
                                          int width, int shift, int low) {
    u64 total = (u64)rows * width, stride = (u64)gridDim.x * blockDim.x;
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < total; i += stride) {
        u64 row = i / width, column = i - row * width;
        long long sum = (long long)sums[row * sums_stride + column] + bias[column];
        sum = clamped(sum, -2147483648ll, 2147483647ll);
        if (wide)
            wide[i] = (int)sum;
        else
            out[row * out_stride + column] = requantised(sum, shift, low);
    }
}

// One row of one head of a causal attention. Grid (rows, heads), 256 threads; the sheet has
// queries, keys and values of `width` cells each; row `first_row` + blockIdx.x sees those up to it.
static const int MAX_PLACES = 2048;

// round(2^15 2^(-i/16))
static __device__ const int HALVINGS[16] = {32768, 31379, 30048, 28774, 27554, 26386, 25268, 24196,
                                            23170, 22188, 21247, 20347, 19484, 18658, 17867, 17109};

extern "C" __global__ void __launch_bounds__(256)
attend(const signed char *sheet, int stride, signed char *out, int out_stride, int first_row,
       int width, int head_width, int shift) {
    __shared__ int scores[MAX_PLACES];
    __shared__ int best[256];
    __shared__ u64 totals[256];
    int row = first_row + blockIdx.x, first = blockIdx.y * head_width, seen = row + 1;
    const signed char *query = sheet + (size_t)row * stride + first;
    int highest = -2147483647 - 1;
    for (int j = threadIdx.x; j < seen; j += blockDim.x) {
        const signed char *key = sheet + (size_t)j * stride + width + first;
        int score = 0;
        for (int c = 0; c < head_width; c++) score += (int)query[c] * (int)key[c];
        scores[j] = score;
        highest = score > highest ? score : highest;
    }
    best[threadIdx.x] = highest;
    __syncthreads();
    for (int step = 128; step; step >>= 1) {
        if (threadIdx.x < step && best[threadIdx.x + step] > best[threadIdx.x])
            best[threadIdx.x] = best[threadIdx.x + step];
        __syncthreads();
    }
    highest = best[0];
    u64 part = 0;
    for (int j = threadIdx.x; j < seen; j += blockDim.x) {
        long long steps = ((long long)highest - scores[j]) >> shift;
        int weight = steps < 256 ? HALVINGS[steps & 15] >> (int)(steps >> 4) : 0;
        scores[j] = weight;
        part += weight;
    }
    totals[threadIdx.x] = part;
    __syncthreads();
    for (int step = 128; step; step >>= 1) {
        if (threadIdx.x < step) totals[threadIdx.x] += totals[threadIdx.x + step];
        __syncthreads();
    }
    long long total = (long long)totals[0];
    for (int c = threadIdx.x; c < head_width; c += blockDim.x) {
        const signed char *value = sheet + 2 * width + first + c;
        long long sum = 0;
        for (int j = 0; j < seen; j++) sum += (long long)scores[j] * value[(size_t)j * stride];
        out[(size_t)row * out_stride + first + c] =
            (signed char)floored(2 * sum + total, 2 * total);
    }
}

// Sums of two sheets of one stride, from the given addresses on. Any grid.
extern "C" __global__ void add_sheets(const signed char *one, int one_stride,
                                      const signed char *other, int other_stride, signed char *out,
                                      int out_stride, int rows, int width, int shift) {
    u64 total = (u64)rows * width, stride = (u64)gridDim.x * blockDim.x;
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < total; i += stride) {
        u64 row = i / width, column = i - row * width;
        int sum = (int)one[row * one_stride + column] + (int)other[row * other_stride + column];
        out[row * out_stride + column] = requantised(sum, shift, -128);
    }
}

// Rows of a table (256, width) by token, plus rows of places (rows, width). Any grid.
extern "C" __global__ void embed_tokens(const unsigned char *tokens, int token_stride,
                                        const signed char *table, const signed char *places,
                                        signed char *out, int out_stride, int rows, int width) {
    u64 total = (u64)rows * width, stride = (u64)gridDim.x * blockDim.x;
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < total; i += stride) {
        u64 row = i / width, column = i - row * width;
        int sum = (int)table[(size_t)tokens[row * token_stride] * width + column] + (int)places[i];
        out[row * out_stride + column] = requantised(sum, 0, -128);
    }
}
