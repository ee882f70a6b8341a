/* What the C files beside this one share: numbers, vectors of them, and their functions.

   With -DBFLOAT16 numbers are bfloat16, else float32; what is computed with them is float32 either
   way. -DVEC gives how many lie side by side in a register, -DWIDTH how many a head of attention
   has. compiler.py says how and when all of it is compiled.

   A row's sums come in the same order whatever else is in the batch and however many threads there
   are, so a row has the same bits in every batch. */

#ifndef EVALSUITE_KERNELS
#define EVALSUITE_KERNELS

#include <stdint.h>
#include <string.h>
#if defined(OFTEN_SHORT) && VEC == 16 && defined(__AVX512BW__) && defined(__AVX512VL__)
#define MASKED /* loads of fewer numbers than a register has */
#include <immintrin.h> /* takes the compiler longer than all of ours */
#endif

extern int omp_get_thread_num(void); /* omp.h is not everywhere where gcc is */
extern int omp_get_num_threads(void);

typedef float vec __attribute__((vector_size(4 * VEC), aligned(4), may_alias));
typedef uint32_t bits __attribute__((vector_size(4 * VEC)));
typedef int32_t ints __attribute__((vector_size(4 * VEC)));

#ifdef BFLOAT16
typedef uint16_t num;
typedef uint16_t half __attribute__((vector_size(2 * VEC), aligned(2), may_alias));

static inline vec load(const num *p) {
    return (vec)(__builtin_convertvector(*(const half *)p, bits) << 16);
}

/* To nearest, ties to even, as torch rounds; NaN stays NaN. */
static inline void store(num *p, vec x) {
    bits w = (bits)x;
    bits rounded = (w + 0x7fff + ((w >> 16) & 1)) >> 16;
    bits is_nan = (bits)(x != x);
    *(half *)p = __builtin_convertvector((rounded & ~is_nan) | (0x7fc0 & is_nan), half);
}

static inline float widen(num x) {
    uint32_t w = (uint32_t)x << 16;
    float f;
    memcpy(&f, &w, sizeof f);
    return f;
}
#else
typedef float num;
static inline vec load(const num *p) { return *(const vec *)p; }
static inline void store(num *p, vec x) { *(vec *)p = x; }
static inline float widen(num x) { return x; }
#endif

/* The first n numbers, 0 behind them; nothing behind them is read. */
static inline vec load_first(const num *p, int n) {
#ifdef MASKED
#ifdef BFLOAT16
    half some = (half)_mm256_maskz_loadu_epi16((__mmask16)((1u << n) - 1), p);
    return (vec)(__builtin_convertvector(some, bits) << 16);
#else
    return (vec)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
#endif
#else
    num some[VEC] = {0};
    memcpy(some, p, n * sizeof(num));
    return load(some);
#endif
}

static inline void store_first(num *p, vec x, int n) {
    num some[VEC];
    store(some, x);
    memcpy(p, some, n * sizeof(num));
}

static inline float total(vec x) {
    float sum = 0;
    for (int i = 0; i < VEC; i++) sum += x[i];
    return sum;
}

/* e^x for x <= 0; below -87 it is e^-87.
   Range reduction and polynomial: Cephes, expf. */
static inline vec exponential(vec x) {
    vec least = x * 0 - 87.0f;
    ints low = x < least;
    x = (vec)((~low & (ints)x) | (low & (ints)least));
    vec shift = x * 0 + 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer */
    vec shifted = x * 1.44269504f + shift;
    ints power = (ints)shifted - (ints)shift;
    vec n = shifted - shift;
    x = x - n * 0.693359375f + n * 2.12194440e-4f;
    vec y = x * 1.9875691500e-4f + 1.3981999507e-3f;
    y = y * x + 8.3334519073e-3f;
    y = y * x + 4.1665795894e-2f;
    y = y * x + 1.6666665459e-1f;
    y = y * x + 5.0000001201e-1f;
    y = y * x * x + x + 1.0f;
    return y * (vec)((power + 127) << 23);
}

typedef struct { /* weights in panels, see multiply() */
    const num *numbers;
    const float *bias;
    int depth, columns, gated;
} weights;

typedef struct {
    num *keys;   /* (rows, heads, room / span, WIDTH, span) */
    num *values; /* (rows, heads, room, WIDTH) */
    int room;
} block;

void normalize(const num *x, const num *weight, int rows, int width, float eps, num *out,
               int threads);
void multiply(const num *x, const weights *w, const num *summand, num *out, int rows,
              int threads);
void rank(const num *logits, int rows, int columns, int64_t *tokens, float *best, float *second,
          int threads);
void turn(num *mixed, const num *cosine, const num *sine, const int64_t *positions, int rows,
          int all, int heads, int threads);
void attend(const num *query, int64_t query_row, int64_t query_head, const num *key,
            int64_t key_row, int64_t key_head, const num *value, int64_t value_row,
            int64_t value_head, const block *kept_in, const int64_t *at, int rows, int heads,
            int kept, float scale, num *out, float *scratch, int threads);

#endif
