// BLAKE3 of many leaves of one size: its specification, section 2, with or without a key.
//
// One thread hashes a chunk of 1,024 bytes; then the chunks of each leaf are joined by pairs, level
// by level. The last of an odd level moves up as it is, which gives the tree of the specification:
// the left side of every node is the largest power of two of chunks that leaves one on the right.

namespace hashing {

static const unsigned CHUNK_BYTES = 1024, BLOCK_BYTES = 64;
static const unsigned CHUNK_START = 1, CHUNK_END = 2, PARENT = 4, ROOT = 8;

struct Hash {
    unsigned words[8];
};

static __device__ __forceinline__ unsigned turned(unsigned word, int right) {
    return (word >> right) | (word << (32 - right));
}

static __device__ __forceinline__ void stir(unsigned s[16], int a, int b, int c, int d, unsigned x,
                                            unsigned y) {
    s[a] += s[b] + x, s[d] = turned(s[d] ^ s[a], 16);
    s[c] += s[d], s[b] = turned(s[b] ^ s[c], 12);
    s[a] += s[b] + y, s[d] = turned(s[d] ^ s[a], 8);
    s[c] += s[d], s[b] = turned(s[b] ^ s[c], 7);
}

// The compression function; `m` is spent.
static __device__ __forceinline__ void compress(Hash &hash, unsigned m[16], unsigned counter,
                                                unsigned bytes, unsigned flags) {
    const int order[16] = {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};
    unsigned *h = hash.words;
    unsigned s[16] = {h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 0x6A09E667u, 0xBB67AE85u,
                      0x3C6EF372u, 0xA54FF53Au, counter, 0, bytes, flags};
#pragma unroll
    for (int round = 0; round < 7; round++) {
#pragma unroll
        for (int i = 0; i < 4; i++) stir(s, i, i + 4, i + 8, i + 12, m[2 * i], m[2 * i + 1]);
#pragma unroll
        for (int i = 0; i < 4; i++)
            stir(s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4, m[8 + 2 * i],
                 m[9 + 2 * i]);
        unsigned permuted[16];
#pragma unroll
        for (int i = 0; i < 16; i++) permuted[i] = m[order[i]];
#pragma unroll
        for (int i = 0; i < 16; i++) m[i] = permuted[i];
    }
#pragma unroll
    for (int i = 0; i < 8; i++) h[i] = s[i] ^ s[i + 8];
}

// A block of at most 64 bytes, filled up with zeros.
static __device__ __forceinline__ void load_block(unsigned m[16], const unsigned char *from,
                                                  unsigned bytes) {
    if (bytes == BLOCK_BYTES && ((u64)from & 15) == 0) {
        const uint4 *quads = (const uint4 *)from;
#pragma unroll
        for (int i = 0; i < 4; i++) {
            uint4 quad = quads[i];
            m[4 * i] = quad.x, m[4 * i + 1] = quad.y, m[4 * i + 2] = quad.z, m[4 * i + 3] = quad.w;
        }
        return;
    }
#pragma unroll
    for (unsigned i = 0; i < 16; i++) {
        m[i] = 0;
        for (unsigned byte = 0; byte < 4; byte++)
            if (4 * i + byte < bytes) m[i] |= (unsigned)from[4 * i + byte] << (8 * byte);
    }
}

} // namespace hashing

// Hashes of all chunks of all leaves, (leaves, chunks); those of leaves of one chunk are theirs.
// `mode` is 16 if there is a key, 0 if it is the initial value. Any grid.
extern "C" __global__ void hash_chunks(const unsigned char *content, unsigned leaf_bytes,
                                       unsigned leaves, const hashing::Hash *key, unsigned mode,
                                       hashing::Hash *out) {
    using namespace hashing;
    unsigned chunks = leaf_bytes ? (leaf_bytes - 1) / CHUNK_BYTES + 1 : 1;
    u64 total = (u64)leaves * chunks, stride = (u64)gridDim.x * blockDim.x;
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < total; i += stride) {
        u64 leaf = i / chunks;
        unsigned chunk = (unsigned)(i - leaf * chunks), rest = leaf_bytes - chunk * CHUNK_BYTES;
        unsigned size = rest < CHUNK_BYTES ? rest : CHUNK_BYTES;
        const unsigned char *from = content + leaf * leaf_bytes + chunk * CHUNK_BYTES;
        Hash hash = *key;
        for (unsigned at = 0, flags = mode | CHUNK_START; at == 0 || at < size;
             at += BLOCK_BYTES, flags = mode) {
            unsigned m[16], bytes = size - at < BLOCK_BYTES ? size - at : BLOCK_BYTES;
            load_block(m, from + at, bytes);
            if (at + bytes == size) flags |= CHUNK_END | (chunks == 1 ? ROOT : 0);
            compress(hash, m, chunk, bytes, flags);
        }
        out[i] = hash;
    }
}

// One level: (leaves, width) hashes to (leaves, width / 2 rounded up). Any grid.
extern "C" __global__ void join_hashes(const hashing::Hash *in, unsigned width, unsigned leaves,
                                       const hashing::Hash *key, unsigned mode,
                                       hashing::Hash *out) {
    using namespace hashing;
    unsigned pairs = (width + 1) / 2;
    u64 total = (u64)leaves * pairs, stride = (u64)gridDim.x * blockDim.x;
    for (u64 i = (u64)blockIdx.x * blockDim.x + threadIdx.x; i < total; i += stride) {
        u64 leaf = i / pairs;
        unsigned pair = (unsigned)(i - leaf * pairs);
        const Hash *left = in + leaf * width + 2 * pair;
        if (2 * pair + 1 == width) {
            out[i] = *left;
            continue;
        }
        unsigned m[16];
#pragma unroll
        for (int w = 0; w < 8; w++) m[w] = left[0].words[w], m[8 + w] = left[1].words[w];
        Hash hash = *key;
        compress(hash, m, 0, BLOCK_BYTES, mode | PARENT | (width == 2 ? ROOT : 0));
        out[i] = hash;
    }
}
