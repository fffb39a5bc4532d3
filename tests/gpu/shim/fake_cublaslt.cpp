// A libcublasLt.so.13 as documented by its vendor, as far as the benchmark calls it: int8 products
// of matrices that lie column by column, on the CPU. Types and numbers are those of cublasLt.h.
#include <cstddef>
#include <cstdint>

#define API extern "C" __attribute__((visibility("default"))) int
static const int SUCCESS = 0, INVALID_VALUE = 7, NOT_SUPPORTED = 15;

struct Description { int compute, scale, turned_a; };
struct Layout { int type; uint64_t rows, columns; int64_t stride; };
struct Preference { uint64_t workspace_bytes; };
struct Algorithm { uint64_t data[8]; };
struct Offer { Algorithm algorithm; size_t workspace_bytes; int status; float waves; int reserved[4]; };

static int handle;

API cublasLtCreate(void **out) { *out = &handle; return SUCCESS; }
API cublasLtDestroy(void *given) { return given == &handle ? SUCCESS : INVALID_VALUE; }
API cublasLtMatmulDescCreate(Description **out, int compute, int scale) {
    *out = new Description{compute, scale, 0};
    return compute == 72 && scale == 10 ? SUCCESS : NOT_SUPPORTED;
}
API cublasLtMatmulDescSetAttribute(Description *description, int name, const void *value, size_t size) {
    if (name != 3 || size != sizeof(int)) return INVALID_VALUE;
    description->turned_a = *(const int *)value;
    return SUCCESS;
}
API cublasLtMatrixLayoutCreate(Layout **out, int type, uint64_t rows, uint64_t columns, int64_t stride) {
    *out = new Layout{type, rows, columns, stride};
    return SUCCESS;
}
API cublasLtMatmulPreferenceCreate(Preference **out) { *out = new Preference{0}; return SUCCESS; }
API cublasLtMatmulPreferenceDestroy(Preference *preference) { delete preference; return SUCCESS; }
API cublasLtMatmulPreferenceSetAttribute(Preference *preference, int name, const void *value, size_t size) {
    if (name != 1 || size != sizeof(uint64_t)) return INVALID_VALUE;
    preference->workspace_bytes = *(const uint64_t *)value;
    return SUCCESS;
}
// Offers two algorithms, of which the second does not run.
API cublasLtMatmulAlgoGetHeuristic(void *given, Description *description, Layout *a, Layout *b,
                                   Layout *c, Layout *d, Preference *preference, int wanted,
                                   Offer *offers, int *count) {
    bool is_int8 = a->type == 3 && b->type == 3 && c->type == 10 && d->type == 10;
    bool is_known = given == &handle && description->turned_a == 1 && preference->workspace_bytes;
    *count = 0;
    if (!is_int8 || !is_known || wanted < 2) return NOT_SUPPORTED;
    for (int i = 0; i < 2; i++) offers[(*count)++] = {{{(uint64_t)i + 1}}, 1, SUCCESS, 1, {}};
    return SUCCESS;
}
API cublasLtMatmul(void *given, Description *, const int32_t *alpha, const int8_t *a, Layout *of_a,
                   const int8_t *b, Layout *of_b, const int32_t *beta, const int32_t *, Layout *,
                   int32_t *d, Layout *of_d, const Algorithm *algorithm, void *workspace,
                   size_t workspace_bytes, void *stream) {
    if (given != &handle || *alpha != 1 || *beta != 0 || stream) return INVALID_VALUE;
    if (algorithm->data[0] != 1 || !workspace || !workspace_bytes) return NOT_SUPPORTED;
    for (uint64_t column = 0; column < of_d->columns; column++)
        for (uint64_t row = 0; row < of_d->rows; row++) {
            int32_t sum = 0;
            for (uint64_t k = 0; k < of_a->rows; k++)  // A is (inner, rows), and turned
                sum += a[k + row * of_a->stride] * b[k + column * of_b->stride];
            d[row + column * of_d->stride] = sum;
        }
    return SUCCESS;
}
