/* What a decoding step does besides its matrix products, for one type of numbers.

   Compiled on the machine it runs on, in a fraction of a second; kernels.py beside it says how and
   when. With -DBFLOAT16 numbers are bfloat16, else float32; sums are float32 either way, and a
   row's come in the same order whatever the batch, so a row has the same bits in every batch.

   A decoding step is bound by reading keys and values from memory: each is read once for all query
   heads that share it, in the order in which it lies, and fetched ahead. */

#include <stdint.h>
#include <string.h>

extern int omp_get_thread_num(void); /* omp.h is not everywhere where gcc is */

#ifndef VEC
#define VEC 16 /* numbers side by side */
#endif
typedef float vec __attribute__((vector_size(4 * VEC), aligned(4), may_alias));
typedef uint32_t bits __attribute__((vector_size(4 * VEC)));
typedef int32_t ints __attribute__((vector_size(4 * VEC)));

#ifdef __AVX512F__
#define WIDE 4 /* vectors side by side: as many as the registers hold */
#else
#define WIDE 2
#endif
#define TILE (WIDE * VEC)
#define AHEAD 32 /* keys' channels, or tokens of values, fetched before they are needed */
#define MOST 4   /* query heads that share one reading; kernels.py reads the number here */
_Static_assert(MOST == 4, "attend() unrolls 1, 2, 3 and 4 heads");
#define UNROLL _Pragma("GCC unroll 4") /* sums stay in registers */

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

/* scores[head][token] = query[head] . key[token]; keys lie (channel, token). */
static inline __attribute__((always_inline)) void score(
    const float *query, const num *keys, int heads, int held, int room, int width, float *scores) {
    for (int t = 0; t < held; t += TILE) {
        vec sum[MOST][WIDE] = {{{0}}};
        for (int d = 0; d < width; d++) {
            const num *key = keys + (int64_t)d * room + t;
            int later = d + AHEAD;
            const num *soon = later < width ? key + (int64_t)AHEAD * room
                                            : key + (int64_t)(AHEAD - width) * room + TILE;
            for (int j = 0; j < TILE * (int)sizeof(num); j += 64)
                __builtin_prefetch((const char *)soon + j);
            vec x[WIDE];
            UNROLL for (int j = 0; j < WIDE; j++) x[j] = load(key + j * VEC);
            UNROLL for (int g = 0; g < heads; g++)
                UNROLL for (int j = 0; j < WIDE; j++) sum[g][j] += x[j] * query[g * width + d];
        }
        UNROLL for (int g = 0; g < heads; g++)
            UNROLL for (int j = 0; j < WIDE; j++)
                *(vec *)(scores + (int64_t)g * room + t + j * VEC) = sum[g][j];
    }
}

/* Scores to shares that are yet to be divided by their sum, which is returned. */
static inline float soften(float *scores, int held) {
    int whole = held / VEC * VEC;
    float most = scores[0];
    for (int t = whole; t < held; t++) most = scores[t] > most ? scores[t] : most;
    vec mosts = (vec){0} + most;
    for (int t = 0; t < whole; t += VEC) {
        vec x = *(vec *)(scores + t);
        ints above = x > mosts;
        mosts = (vec)((above & (ints)x) | (~above & (ints)mosts));
    }
    for (int i = 0; i < VEC; i++) most = mosts[i] > most ? mosts[i] : most;
    vec sum = {0};
    for (int t = 0; t < whole; t += VEC) {
        vec share = exponential(*(vec *)(scores + t) - most);
        *(vec *)(scores + t) = share;
        sum += share;
    }
    float rest = 0;
    if (whole < held) { /* what lies behind belongs to nobody */
        vec share = exponential(*(vec *)(scores + whole) - most);
        for (int i = 0; i < held - whole; i++) {
            scores[whole + i] = share[i];
            rest += share[i];
        }
    }
    return total(sum) + rest;
}

/* out[head] = sum over tokens of share * value; values lie (token, channel). */
static inline __attribute__((always_inline)) void gather(
    const float *shares, const float *sums, const num *values, int heads, int vectors, int held,
    int room, int width, num *out) {
    for (int d = 0; d < width; d += vectors * VEC) {
        vec sum[MOST][WIDE] = {{{0}}};
        for (int t = 0; t < held; t++) {
            const num *value = values + (int64_t)t * width + d;
            const char *soon = (const char *)(value + (int64_t)AHEAD * width);
            for (int j = 0; j < vectors * VEC * (int)sizeof(num); j += 64)
                __builtin_prefetch(soon + j);
            vec x[WIDE];
            UNROLL for (int j = 0; j < vectors; j++) x[j] = load(value + j * VEC);
            UNROLL for (int g = 0; g < heads; g++)
                UNROLL for (int j = 0; j < vectors; j++)
                    sum[g][j] += x[j] * shares[(int64_t)g * room + t];
        }
        UNROLL for (int g = 0; g < heads; g++)
            UNROLL for (int j = 0; j < vectors; j++)
                store(out + g * width + d + j * VEC, sum[g][j] / sums[g]);
    }
}

/* Some query heads over the one key head that they share. */
static inline __attribute__((always_inline)) void attend_heads(
    const float *query, const num *keys, const num *values, int heads, int held, int room,
    int width, float *scores, num *out) {
    float sums[MOST];
    score(query, keys, heads, held, room, width, scores);
    for (int g = 0; g < heads; g++) sums[g] = soften(scores + (int64_t)g * room, held);
    if (width % TILE == 0)
        gather(scores, sums, values, heads, WIDE, held, room, width, out);
    else
        gather(scores, sums, values, heads, 1, held, room, width, out);
}

/* Store one key and one value a row, and attend over all that the row holds.

   query (rows, heads, width), key and value (rows, kept, width): the last axis dense, the strides
   of the others given in numbers. keys (rows, kept, width, room) and values (rows, kept, room,
   width) are dense. at: tokens each row held before. out (rows, heads, width) is dense. scratch:
   for each thread, room for width + room numbers for each of MOST heads.
   width is a multiple of VEC, room of 64. */
void attend(const num *query, int64_t query_row, int64_t query_head, const num *key,
            int64_t key_row, int64_t key_head, const num *value, int64_t value_row,
            int64_t value_head, num *keys, num *values, const int64_t *at, int rows, int heads,
            int kept, int width, int room, float scale, num *out, float *scratch, int threads) {
    int group = heads / kept;
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int i = 0; i < rows * kept; i++) {
        int row = i / kept, head = i % kept, held = (int)at[row] + 1;
        float *own = scratch + (int64_t)omp_get_thread_num() * MOST * (width + room);
        float *scores = own + MOST * width;
        num *row_keys = keys + (int64_t)i * width * room;
        num *row_values = values + (int64_t)i * width * room;
        const num *new_key = key + row * key_row + head * key_head;
        for (int d = 0; d < width; d++) row_keys[(int64_t)d * room + held - 1] = new_key[d];
        memcpy(row_values + (int64_t)(held - 1) * width,
               value + row * value_row + head * value_head, width * sizeof(num));
        for (int first = 0; first < group; first += MOST) {
            int taken = group - first < MOST ? group - first : MOST;
            int start = head * group + first;
            for (int g = 0; g < taken; g++)
                for (int d = 0; d < width; d++)
                    own[g * width + d] =
                        scale * widen(query[row * query_row + (start + g) * query_head + d]);
            num *to = out + ((int64_t)row * heads + start) * width;
            switch (taken) { /* a known number of heads is a number of registers */
            case 1: attend_heads(own, row_keys, row_values, 1, held, room, width, scores, to); break;
            case 2: attend_heads(own, row_keys, row_values, 2, held, room, width, scores, to); break;
            case 3: attend_heads(own, row_keys, row_values, 3, held, room, width, scores, to); break;
            default: attend_heads(own, row_keys, row_values, 4, held, room, width, scores, to);
            }
        }
    }
}

/* out = x / rms(x) * weight for every row; all dense, width a multiple of VEC. */
void normalize(const num *x, const num *weight, int rows, int width, float eps, num *out,
               int threads) {
#pragma omp parallel for num_threads(threads) schedule(static) if (rows * width > 16384)
    for (int row = 0; row < rows; row++) {
        const num *own = x + (int64_t)row * width;
        vec squares = {0};
        for (int d = 0; d < width; d += VEC) squares += load(own + d) * load(own + d);
        float factor = 1.0f / __builtin_sqrtf(total(squares) / width + eps);
        for (int d = 0; d < width; d += VEC)
            store(out + (int64_t)row * width + d, load(own + d) * factor * load(weight + d));
    }
}

/* Turn the first heads of each row by the row's angle, in place (rotary embedding; a channel is
   paired with the one half a vector further on).

   mixed (rows, all heads, width), cosine and sine (rows, width) are dense, the sine negative in
   its first half. width is a multiple of 2 VEC. */
void turn(num *mixed, const num *cosine, const num *sine, int rows, int all, int heads, int width,
          int threads) {
    int half = width / 2;
#pragma omp parallel for num_threads(threads) schedule(static) if (rows * heads * width > 16384)
    for (int row = 0; row < rows; row++) {
        const num *c = cosine + (int64_t)row * width, *s = sine + (int64_t)row * width;
        for (int head = 0; head < heads; head++) {
            num *x = mixed + ((int64_t)row * all + head) * width;
            for (int d = 0; d < half; d += VEC) {
                vec first = load(x + d), second = load(x + half + d);
                store(x + d, first * load(c + d) + second * load(s + d));
                store(x + half + d, second * load(c + half + d) + first * load(s + half + d));
            }
        }
    }
}
