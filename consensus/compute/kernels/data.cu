// Queries over chunks of a table: one block of 256 threads answers for one chunk, a thread per row.
//
// What they answer is defined by runtime/compute/tables.py, and they equal it bit for bit: sums
// wrap modulo 2^64, counts are exact, so no order of threads changes a result.

namespace data {

static const int ROWS = 256, HEAD_WORDS = 2, MOST_COUNTS = 1026, NO_KEY = 255;
static const i64 NOTHING = (i64)(1ull << 63), LARGEST = (i64)~(1ull << 63);
enum Operation { HISTOGRAM, SUMMARY, FILTER, SORT };
enum Comparison { EQUAL, OTHER, BELOW, AT_MOST, ABOVE, AT_LEAST };

// A query, as consensus/compute/cuda_data.py lays it out.
struct Query {
    int operation, columns, value, key, groups, conditions, words;
    i64 low;
    u64 width;
    const i64 *condition; // 3 each: column, comparison, bound
};

static __device__ Query query_of(const i64 *words) {
    Query q;
    q.operation = (int)words[0], q.columns = (int)words[1], q.value = (int)words[2];
    q.key = (int)words[3], q.groups = (int)words[4], q.conditions = (int)words[5];
    q.words = (int)words[6], q.low = words[7], q.width = (u64)words[8], q.condition = words + 9;
    return q;
}

static __device__ bool holds(int comparison, i64 cell, i64 bound) {
    switch (comparison) {
    case EQUAL: return cell == bound;
    case OTHER: return cell != bound;
    case BELOW: return cell < bound;
    case AT_MOST: return cell <= bound;
    case ABOVE: return cell > bound;
    default: return cell >= bound;
    }
}

// Cells of a column are next to each other, so that the threads of a warp read in one piece.
static __device__ i64 cell(const i64 *chunk, int column) {
    return chunk[ROWS * column + threadIdx.x];
}

static __device__ bool is_selected(const Query &q, const i64 *chunk) {
    for (int column = 0; column < q.columns; column++)
        if (cell(chunk, column) == NOTHING) return false;
    for (int i = 0; i < q.conditions; i++) {
        const i64 *condition = q.condition + 3 * i;
        if (!holds((int)condition[1], cell(chunk, (int)condition[0]), condition[2])) return false;
    }
    return true;
}

// The thread's part of the fingerprint.
static __device__ u64 printed(const Query &q, const i64 *chunk) {
    u64 sum = 0;
    for (int column = 0; column < q.columns; column++)
        sum += mix((u64)cell(chunk, column) + (u64)(ROWS * column + threadIdx.x + 1) * GOLDEN);
    return sum;
}

static __device__ int bin_of(const Query &q, i64 value) {
    if (value < q.low) return 0;
    u64 bin = ((u64)value - (u64)q.low) / q.width;
    return (bin < (u64)q.groups ? (int)bin : q.groups) + 1;
}

// Count, sum, least and greatest of one group, over all rows of the chunk.
static __device__ void summarize(int group, const i64 *values, const int *groups, i64 *out) {
    u64 count = 0, sum = 0;
    i64 least = LARGEST, greatest = NOTHING;
    for (int row = 0; row < ROWS; row++) {
        if (groups[row] != group) continue;
        count++, sum += (u64)values[row];
        least = values[row] < least ? values[row] : least;
        greatest = values[row] > greatest ? values[row] : greatest;
    }
    out[0] = (i64)count, out[1] = (i64)sum, out[2] = least, out[3] = greatest;
}

// How many selected rows come before this one: smaller values, then smaller rows.
static __device__ int rank_of(const i64 *values, const int *groups) {
    int rank = 0, row = threadIdx.x;
    for (int other = 0; other < ROWS; other++)
        rank += groups[other] == 0 && (values[other] < values[row] ||
                                       (values[other] == values[row] && other < row));
    return rank;
}

} // namespace data

// Answers a query for every chunk. Grid (chunks), 256 threads.
extern "C" __global__ void __launch_bounds__(256)
answer_chunks(const i64 *table, const i64 *words, i64 *out) {
    __shared__ u64 prints[8], chosen[8];
    __shared__ i64 values[256];
    __shared__ int groups[256];
    __shared__ unsigned counts[1026];
    data::Query q = data::query_of(words);
    const i64 *chunk = table + (size_t)blockIdx.x * data::ROWS * q.columns;
    i64 *answer = out + (size_t)blockIdx.x * q.words, *body = answer + data::HEAD_WORDS;
    int row = threadIdx.x;
    bool selected = data::is_selected(q, chunk);
    u64 print = warp_sum(data::printed(q, chunk)), count = warp_sum((u64)selected);
    if ((row & 31) == 0) prints[row >> 5] = print, chosen[row >> 5] = count;

    // The group of a row; -1 if it counts for nothing.
    i64 key = q.operation == data::SUMMARY && q.key != data::NO_KEY ? data::cell(chunk, q.key) : 0;
    int limit = q.operation == data::SUMMARY ? q.groups : 1;
    groups[row] = selected && key >= 0 && key < limit ? (int)key : -1;
    values[row] = data::cell(chunk, q.value);
    for (int i = row; i < data::MOST_COUNTS; i += data::ROWS) counts[i] = 0;
    for (int i = row; i < q.words - data::HEAD_WORDS; i += data::ROWS) body[i] = 0;
    __syncthreads();

    if (row == 0) {
        print = 0, count = 0;
        for (int i = 0; i < 8; i++) print += prints[i], count += chosen[i];
        answer[0] = (i64)print, answer[1] = (i64)count;
    }
    if (q.operation == data::HISTOGRAM) {
        if (selected) atomicAdd(&counts[data::bin_of(q, values[row])], 1u);
        __syncthreads();
        for (int i = row; i < q.groups + 2; i += data::ROWS) body[i] = counts[i];
    } else if (q.operation == data::SUMMARY) {
        if (row < q.groups) data::summarize(row, values, groups, body + 4 * row);
    } else if (q.operation == data::FILTER) {
        u64 bits = 0;
        for (int i = 0; i < 64 && row < 4; i++) bits |= (u64)(groups[64 * row + i] == 0) << i;
        if (row < 4) body[row] = (i64)bits;
    } else if (selected) {
        ((unsigned char *)body)[data::rank_of(values, groups)] = (unsigned char)row;
    }
}
