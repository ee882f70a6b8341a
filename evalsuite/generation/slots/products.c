/* Products of rows with weights that are packed once, and the norms of rows.

   A decoding step reads every weight once and computes little with it, so the next weights are
   fetched while the last ones are multiplied. */

#include "kernels.h"

#if defined(TILES) && defined(BFLOAT16) && defined(__AMX_BF16__) && VEC == 16
#include "tiles.h"
#else
#ifdef __AVX512F__
#define ROWS 8 /* of a tile: with its columns' vectors as many sums as the registers hold */
#else
#define ROWS 4
#endif
#define COLUMNS (3 * VEC) /* of a panel; who packs the weights is told below */
#define UNROLL _Pragma("GCC unroll 8") /* sums stay in registers */

#if defined(BFLOAT16) && defined(__AVX512BF16__) && VEC == 16
#include <immintrin.h>
#define PAIR 2 /* numbers of a row that one instruction takes */
typedef uint32_t taken __attribute__((may_alias, aligned(2)));

static inline taken take(const num *x) { return *(const taken *)x; }

static inline vec load_weights(const num *p) { return (vec)_mm512_loadu_ps(p); }

static inline vec add_product(vec sum, taken x, vec weights) {
    return (vec)_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_epi32((int)x),
                                 (__m512bh)weights);
}
#else
#define PAIR 1
typedef float taken;

static inline taken take(const num *x) { return widen(*x); }

static inline vec load_weights(const num *p) { return load(p); }

static inline vec add_product(vec sum, taken x, vec weights) { return sum + x * weights; }
#endif

#define DEPTH PAIR

static inline void shape_tiles(int rows) { (void)rows; }
static inline void release_tiles(void) {}

/* sums[row][column] = x[row] . panel[column], for some rows; of what comes next, soon, a hop is
   fetched with each term. */
static inline __attribute__((always_inline)) void multiply_tile(
    const num *x, const num *panel, int rows, int depth, const char *soon, int64_t hop,
    float (*sums)[COLUMNS]) {
    vec sum[ROWS][3] = {{{0}}};
    for (int k = 0; k < depth; k += PAIR) {
        __builtin_prefetch(soon, 0, 2);
        soon += hop;
        vec weights[3];
        UNROLL for (int j = 0; j < 3; j++)
            weights[j] = load_weights(panel + (int64_t)k * COLUMNS + j * VEC * PAIR);
        UNROLL for (int r = 0; r < rows; r++) {
            taken factor = take(x + (int64_t)r * depth + k);
            UNROLL for (int j = 0; j < 3; j++)
                sum[r][j] = add_product(sum[r][j], factor, weights[j]);
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int j = 0; j < 3; j++) *(vec *)(sums[r] + j * VEC) = sum[r][j];
}

static void multiply_rows(const num *x, const num *panel, int rows, int depth, const char *soon,
                          int64_t hop, float (*sums)[COLUMNS]) {
#define TAKE(N) case N: multiply_tile(x, panel, N, depth, soon, hop, sums); break;
    switch (rows) { /* a known number of rows is a number of registers */
        TAKE(1) TAKE(2) TAKE(3) TAKE(4)
#if ROWS == 8
        TAKE(5) TAKE(6) TAKE(7) TAKE(8)
#endif
    }
}

#endif

const int panel_columns = COLUMNS, panel_pair = PAIR, panel_depth = DEPTH; /* for who packs */
const int has_tiles = DEPTH > PAIR;

/* x / (1 + e^-x) */
static inline vec silu(vec x) {
    ints negative = x < 0.0f;
    vec power = exponential((vec)((ints)x | INT32_MIN)); /* e^-|x| */
    vec share = (vec)((negative & (ints)power) | (~negative & (ints)(x * 0 + 1.0f)));
    return x * share / (1.0f + power);
}

/* Write a tile: sums and bias, times silu of the gates, plus the summand. */
static void finish(float (*sums)[COLUMNS], float (*gates)[COLUMNS], const float *bias,
                   const float *gate_bias, const num *summand, int rows, int left, int columns,
                   num *out) {
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < COLUMNS && c < left; c += VEC) {
            int64_t at = (int64_t)r * columns + c;
            int part = left - c < VEC ? left - c : VEC;
            vec y = *(vec *)(sums[r] + c) + *(const vec *)(bias + c);
            if (gates) y *= silu(*(vec *)(gates[r] + c) + *(const vec *)(gate_bias + c));
            if (part == VEC) {
                if (summand) y += load(summand + at);
                store(out + at, y);
            } else { /* the last columns fill no register */
                num some[VEC] = {0};
                if (summand) memcpy(some, summand + at, part * sizeof(num));
                store(some, y + load(some));
                memcpy(out + at, some, part * sizeof(num));
            }
        }
}

/* out = x times weights plus bias, for every row; times silu of the gates where it is gated, plus
   the summand where there is one.

   x (rows, depth), summand and out (rows, columns) are dense; depth is a multiple of PAIR. The
   weights' numbers are panels of COLUMNS columns, each (depth / PAIR, COLUMNS, PAIR), filled up
   with zeros, their depth to a multiple of DEPTH; where it is gated, a gate's panel before each.
   Their bias (panels, COLUMNS) is float32 and lies likewise. */
void multiply(const num *x, const weights *w, const num *summand, num *out, int rows,
              int threads) {
    const int depth = w->depth, columns = w->columns, gated = w->gated;
    int panels = (columns + COLUMNS - 1) / COLUMNS, tiles = (rows + ROWS - 1) / ROWS;
    int64_t size = (int64_t)(depth + DEPTH - 1) / DEPTH * DEPTH * COLUMNS;
    int64_t items = (int64_t)panels * tiles;
    int64_t bytes = (size << gated) * sizeof(num);
    if (!tiles) return;
    /* Each tile fetches its share of the panel after its own: of the two where it is gated. */
    int64_t hop = (bytes / tiles >> gated) / (depth / PAIR) + 1;
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        int thread = omp_get_thread_num(), started = omp_get_num_threads();
        int64_t last = items * (thread + 1) / started;
        float sums[ROWS][COLUMNS], gates[ROWS][COLUMNS];
        int shaped = 0;
        for (int64_t i = items * thread / started; i < last; i++) {
            int panel = (int)(i / tiles), tile = (int)(i % tiles);
            int first = (int)((int64_t)rows * tile / tiles);
            int some = (int)((int64_t)rows * (tile + 1) / tiles) - first;
            if (some != shaped) shape_tiles(shaped = some);
            const num *own = w->numbers + ((int64_t)panel * size << gated);
            const num *last_panel = gated ? own + size : own;
            const float *own_bias = w->bias + ((int64_t)panel * COLUMNS << gated);
            const char *soon = (const char *)own + bytes + bytes / tiles * tile;
            const num *from = x + (int64_t)first * depth;
            if (gated) multiply_rows(from, own, some, depth, soon, hop, gates);
            multiply_rows(from, last_panel, some, depth, gated ? soon + bytes / tiles / 2 : soon, hop,
                          sums);
            int64_t at = (int64_t)first * columns + (int64_t)panel * COLUMNS;
            finish(sums, gated ? gates : 0, gated ? own_bias + COLUMNS : own_bias, own_bias,
                   summand ? summand + at : 0, some, columns - panel * COLUMNS, columns, out + at);
        }
        release_tiles();
    }
}

/* out = x / rms(x) * weight for every row; all dense. */
void normalize(const num *x, const num *weight, int rows, int width, float eps, num *out,
               int threads) {
    const int full = width / VEC * VEC, rest = width - full;
#pragma omp parallel for num_threads(threads) schedule(static) \
    if (threads > 1 && (int64_t)rows * width > 16384)
    for (int row = 0; row < rows; row++) {
        const num *own = x + (int64_t)row * width;
        num *to = out + (int64_t)row * width;
        vec squares = {0}, last = {0};
        for (int d = 0; d < full; d += VEC) squares += load(own + d) * load(own + d);
        if (rest) last = load_first(own + full, rest);
        squares += last * last;
        float factor = 1.0f / __builtin_sqrtf(total(squares) / width + eps);
        for (int d = 0; d < full; d += VEC)
            store(to + d, load(own + d) * factor * load(weight + d));
        if (rest) store_first(to + full, last * factor * load_first(weight + full, rest), rest);
    }
}
