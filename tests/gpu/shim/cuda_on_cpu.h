// Runs integer CUDA kernels on a CPU, from the same source that nvcc compiles for a GPU.
//
// Each CUDA thread is a fiber; one block runs at a time. What a GPU would get wrong in silence is
// an error here:
//   - threads of a block that wait at different barriers, and threads that wait for ever, fault;
//   - shared memory is filled with 0xCD before each block, so what was never written shows;
//   - threads run in ascending, descending or shuffled order between barriers (shim_order), so a
//     missing barrier changes some result;
//   - asynchronous copies happen when they are waited for, and not before.
// A kernel faults by a C++ exception on the scheduler's own stack; its entry returns the message.
#pragma once
#include <math.h>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <ucontext.h>
#include <utility>
#include <vector>

#define STARMINER_SHIM 1
#define __global__
#define __device__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __shared__ static __attribute__((section("shim_shared")))
#define DYNAMIC_SHARED(type, name, count) __shared__ type name[count]

struct uint3 { unsigned x, y, z; };
struct alignas(8) int2 { int x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
static uint3 threadIdx, blockIdx, blockDim, gridDim;

extern "C" char __start_shim_shared[] __attribute__((weak));
extern "C" char __stop_shim_shared[] __attribute__((weak));

namespace shim {

struct Copy { void *to; const void *from; };
enum State { RUNS, AT_BARRIER, AT_WARP_OPERATION, DONE };
struct Fiber {
    ucontext_t context;
    State state;
    int line;          // of the barrier it waits at
    unsigned lanes;    // that it waits for in a warp operation
    unsigned parity;   // which of the two exchange slots it uses next
    uint3 index;
    std::vector<std::vector<Copy>> copies;  // groups that are on their way, oldest first
    std::vector<Copy> new_copies;           // of no group yet
};

const size_t STACK_BYTES = 64 << 10;
const int MAX_THREADS = 1024;
static std::vector<Fiber> fibers;
static ucontext_t scheduler;
static int current;
static char *stacks;
static uint64_t slots[2][MAX_THREADS][8];  // what the lanes of a warp show each other
static void (*body)(const void *);
static const void *body_arguments;
static long order_seed;  // 0 ascending, -1 descending, else shuffled

[[noreturn]] static void fault(const char *format, ...) {
    char text[200];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    throw std::runtime_error(text);
}

static void yield() { swapcontext(&fibers[current].context, &scheduler); }

static void run_fiber() {
    body(body_arguments);
    fibers[current].state = DONE;
    yield();
}

static void barrier(int line) {
    fibers[current].state = AT_BARRIER;
    fibers[current].line = line;
    yield();
}

static void meet_lanes(unsigned lanes) {
    fibers[current].state = AT_WARP_OPERATION;
    fibers[current].lanes = lanes;
    yield();
}

__attribute__((no_sanitize("address"))) static void spoil_shared_memory() {
#ifdef __SANITIZE_ADDRESS__  // has red zones between the arrays, over which its memset would not go
    for (volatile char *at = __start_shim_shared; at != __stop_shim_shared; at++) *at = (char)0xCD;
#else
    memset(__start_shim_shared, 0xCD, __stop_shim_shared - __start_shim_shared);
#endif
}

static void start_fibers() {
    if (__start_shim_shared) spoil_shared_memory();
    for (size_t i = 0; i < fibers.size(); i++) {
        Fiber &fiber = fibers[i];
        unsigned n = (unsigned)i, row = n / blockDim.x;
        fiber.state = RUNS;
        fiber.parity = 0;
        fiber.copies.clear();
        fiber.new_copies.clear();
        fiber.index = {n % blockDim.x, row % blockDim.y, row / blockDim.y};
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = stacks + i * STACK_BYTES;
        fiber.context.uc_stack.ss_size = STACK_BYTES;
        fiber.context.uc_link = nullptr;
        makecontext(&fiber.context, run_fiber, 0);
    }
}

// Lets the block pass its barrier once every thread that is not done waits at the same one.
static bool release_barrier() {
    int line = -1;
    for (Fiber &fiber : fibers) {
        if (fiber.state == RUNS || fiber.state == AT_WARP_OPERATION) return false;
        if (fiber.state != AT_BARRIER) continue;
        if (line >= 0 && line != fiber.line)
            fault("threads wait at the barriers of lines %d and %d", line, fiber.line);
        line = fiber.line;
    }
    for (Fiber &fiber : fibers)
        if (fiber.state == AT_BARRIER) fiber.state = RUNS;
    return line >= 0;
}

// Lets a warp pass once all the lanes that its waiting lanes name have arrived.
static bool release_warp(const std::vector<int> &warp) {
    unsigned wanted = 0, arrived = 0, present = 0;
    for (int i : warp) {
        present |= 1u << (i & 31);
        if (fibers[i].state != AT_WARP_OPERATION) continue;
        arrived |= 1u << (i & 31);
        wanted |= fibers[i].lanes;
    }
    if (!arrived || (wanted & present & ~arrived)) return false;
    for (int i : warp)
        if (fibers[i].state == AT_WARP_OPERATION) fibers[i].state = RUNS;
    return true;
}

// Runs a warp until it is done or waits at a barrier: warps drift as far apart as they may.
static void run_warp(const std::vector<int> &warp) {
    do {
        for (int i : warp) {
            if (fibers[i].state != RUNS) continue;
            current = i;
            threadIdx = fibers[i].index;
            swapcontext(&scheduler, &fibers[i].context);
        }
    } while (release_warp(warp));
}

// `order` lists all threads; warps run in the order in which it first names them.
static void run_block(const std::vector<int> &order) {
    std::vector<std::vector<int>> warps;
    std::vector<int> places((order.size() + 31) / 32, -1);
    for (int i : order) {
        int &place = places[i / 32];
        if (place < 0) {
            place = (int)warps.size();
            warps.emplace_back();
        }
        warps[place].push_back(i);
    }
    start_fibers();
    for (;;) {
        for (auto &warp : warps) run_warp(warp);
        bool done = true;
        for (Fiber &fiber : fibers) done = done && fiber.state == DONE;
        if (done) return;
        if (!release_barrier()) fault("threads wait for ever");
    }
}

static void run_grid(const unsigned *grid, const unsigned *block) {
    size_t threads = (size_t)block[0] * block[1] * block[2];
    if (!threads || threads > (size_t)MAX_THREADS) fault("a block of %zu threads", threads);
    if (!stacks)
        stacks = (char *)mmap(nullptr, MAX_THREADS * STACK_BYTES, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    fibers.assign(threads, Fiber());
    blockDim = {block[0], block[1], block[2]};
    gridDim = {grid[0], grid[1], grid[2]};
    std::vector<int> order(threads);
    for (size_t i = 0; i < threads; i++) order[i] = (int)(order_seed < 0 ? threads - 1 - i : i);
    uint64_t seed = order_seed > 0 ? (uint64_t)order_seed : 0;
    for (blockIdx.z = 0; blockIdx.z < grid[2]; blockIdx.z++)
        for (blockIdx.y = 0; blockIdx.y < grid[1]; blockIdx.y++)
            for (blockIdx.x = 0; blockIdx.x < grid[0]; blockIdx.x++) {
                for (size_t i = threads - 1; seed && i > 0; i--) {
                    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
                    std::swap(order[i], order[(seed >> 33) % (i + 1)]);
                }
                run_block(order);
            }
}

// Unpacks a launch buffer as the CUDA driver does: each argument at its natural alignment.
template <class... A, size_t... I>
static void call_unpacked(void (*kernel)(A...), const char *buffer, std::index_sequence<I...>) {
    size_t offsets[sizeof...(A)], end = 0, k = 0;
    ((end = (end + alignof(A) - 1) / alignof(A) * alignof(A), offsets[k++] = end,
      end += sizeof(A)), ...);
    kernel(*(const A *)(buffer + offsets[I])...);
}
template <class... A>
static void call(void (*kernel)(A...), const void *buffer) {
    call_unpacked(kernel, (const char *)buffer, std::index_sequence_for<A...>{});
}

static const char *launch(void (*kernel)(const void *), const void *arguments,
                          const unsigned *grid, const unsigned *block) {
    static std::string message;
    body = kernel;
    body_arguments = arguments;
    try {
        run_grid(grid, block);
    } catch (const std::runtime_error &error) {
        message = error.what();
        return message.c_str();
    }
    return nullptr;
}

template <class T>
static T exchange(unsigned lanes, T value, int source) {
    int me = current, parity = fibers[me].parity;
    fibers[me].parity ^= 1;
    memcpy(slots[parity][me], &value, sizeof value);
    meet_lanes(lanes);
    T shown;
    memcpy(&shown, slots[parity][(me & ~31) + source], sizeof shown);
    return shown;
}

}  // namespace shim

#define SHIM_EXPORT __attribute__((visibility("default")))
#define SHIM_ENTRY(kernel)                                                                        \
    extern "C" SHIM_EXPORT const char *shim_entry_##kernel(                                       \
        const void *arguments, const unsigned *grid, const unsigned *block) {                     \
        return shim::launch([](const void *buffer) { shim::call(&kernel, buffer); }, arguments,   \
                            grid, block);                                                         \
    }
extern "C" SHIM_EXPORT void shim_order(long seed) { shim::order_seed = seed; }

// ---- The intrinsics that the kernels use ------------------------------------------------------

#define __syncthreads() shim::barrier(__LINE__)

template <class T>
static T __shfl_down_sync(unsigned lanes, T value, int step) {
    int lane = shim::current & 31, source = lane + step;
    return shim::exchange(lanes, value, source < 32 ? source : lane);
}

template <class T>
static T __shfl_xor_sync(unsigned lanes, T value, int mask) {
    return shim::exchange(lanes, value, (shim::current & 31) ^ mask);
}

template <class T, class U>
static T atomicAdd(T *place, U value) {
    T before = *place;
    *place = before + (T)value;
    return before;
}

template <class T, class U>
static T atomicMax(T *place, U value) {
    T before = *place;
    if ((T)value > before) *place = (T)value;
    return before;
}

static inline int __dp4a(int a, int b, int c) {
    uint32_t sum = (uint32_t)c;
    for (int i = 0; i < 4; i++)
        sum += (uint32_t)((int)(int8_t)(a >> (8 * i)) * (int)(int8_t)(b >> (8 * i)));
    return (int)sum;
}

// mma.sync.m16n8k32 on int8: the fragments of the PTX ISA. Lane 4 g + t holds of A the words
// (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4), of B the words (t, g), (t + 4, g).
static void mma_int8(int c[4], const unsigned a[4], const unsigned b[2]) {
    int me = shim::current, parity = shim::fibers[me].parity, first = me & ~31, lane = me & 31;
    shim::fibers[me].parity ^= 1;
    unsigned words[6] = {a[0], a[1], a[2], a[3], b[0], b[1]};
    memcpy(shim::slots[parity][me], words, sizeof words);
    shim::meet_lanes(~0u);
    for (int i = 0; i < 4; i++) {
        int low_row = lane >> 2, is_lower = i >= 2, column = (lane & 3) * 2 + (i & 1);
        for (int t = 0; t < 4; t++) {
            auto left = (const unsigned *)shim::slots[parity][first + low_row * 4 + t];
            auto right = (const unsigned *)shim::slots[parity][first + column * 4 + t];
            c[i] = __dp4a((int)left[is_lower], (int)right[4], c[i]);
            c[i] = __dp4a((int)left[2 + is_lower], (int)right[5], c[i]);
        }
    }
}

static void copy_async(uint4 *to, const uint4 *from) {
    shim::fibers[shim::current].new_copies.push_back({to, from});
}

static void commit_copies() {
    shim::Fiber &fiber = shim::fibers[shim::current];
    fiber.copies.push_back(std::move(fiber.new_copies));
    fiber.new_copies.clear();
}

template <int BUT>
static void wait_copies() {
    auto &groups = shim::fibers[shim::current].copies;
    while (groups.size() > (size_t)BUT) {
        for (shim::Copy copy : groups.front()) *(uint4 *)copy.to = *(const uint4 *)copy.from;
        groups.erase(groups.begin());
    }
}

// ldmatrix.x4: each lane shows the address of its row, and reads a word of four lanes' rows.
static void load_matrices(unsigned out[4], const uint4 *row) {
    int me = shim::current, parity = shim::fibers[me].parity, first = me & ~31, lane = me & 31;
    shim::fibers[me].parity ^= 1;
    memcpy(shim::slots[parity][me], &row, sizeof row);
    shim::meet_lanes(~0u);
    for (int i = 0; i < 4; i++) {
        const unsigned *words;
        memcpy(&words, shim::slots[parity][first + 8 * i + lane / 4], sizeof words);
        out[i] = words[lane & 3];
    }
}
