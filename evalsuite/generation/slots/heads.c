/* What a decoding step does with the heads of attention.

   It is bound by reading keys and values from memory: each is read once for all query heads that
   share it, in the order in which it lies, and fetched ahead. Values follow on keys, and the next
   row's keys on values: what comes next is fetched then, not what lies behind. */

#if WIDTH % (2 * VEC)
#define OFTEN_SHORT /* vectors of fewer numbers than a register has: in every head */
#endif
#include "kernels.h"

#ifdef __AVX512F__
#define WIDE 4 /* vectors side by side: as many as the registers hold */
#else
#define WIDE 2
#endif
#define SPAN (WIDE * VEC) /* tokens whose keys lie side by side */
#define AHEAD 32 /* keys' channels, or tokens of values, fetched before they are needed */
#define MOST 4   /* query heads that share one reading */
_Static_assert(MOST == 4, "attend() unrolls 1, 2, 3 and 4 heads");
#define UNROLL _Pragma("GCC unroll 8") /* sums stay in registers */
#define PARTS ((WIDTH + VEC - 1) / VEC)
#define REST (WIDTH % VEC) /* in the last part, where it is not full */

const int heads_at_once = MOST; /* for who makes room for their scores */
const int span = SPAN;          /* for who makes room for keys */

/* scores[head][token] = query[head] . key[token]; keys lie (span, channel, token), and then is read
   after them. */
static inline __attribute__((always_inline)) void score(
    const float *query, const num *keys, const num *then, int heads, int held, int room,
    float *scores) {
    const num *key = keys, *end = keys + (int64_t)(held + SPAN - 1) / SPAN * SPAN * WIDTH;
    for (int t = 0; t < held; t += SPAN) {
        vec sum[MOST][WIDE] = {{{0}}};
        for (int d = 0; d < WIDTH; d++, key += SPAN) {
            const num *soon = key + AHEAD * SPAN;
            soon = soon < end ? soon : then + (soon - end);
            for (int j = 0; j < SPAN * (int)sizeof(num); j += 64)
                __builtin_prefetch((const char *)soon + j);
            vec x[WIDE];
            UNROLL for (int j = 0; j < WIDE; j++) x[j] = load(key + j * VEC);
            UNROLL for (int g = 0; g < heads; g++)
                UNROLL for (int j = 0; j < WIDE; j++) sum[g][j] += x[j] * query[g * WIDTH + d];
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

static inline vec load_part(const num *p, int part) {
    return REST && part == PARTS - 1 ? load_first(p + part * VEC, REST) : load(p + part * VEC);
}

/* out[head] = sum over tokens of share * value; values lie (token, channel), and then is read after
   them. Few heads of few parts take several tokens at a time, so that no sum waits for the one
   before it. */
static inline __attribute__((always_inline)) void gather(
    const float *shares, const float *sums, const num *values, const num *then, int heads,
    int held, int room, num *out) {
    const num *end = values + (int64_t)held * WIDTH;
    const int chains = heads * PARTS == 1 ? 8 : heads * PARTS == 2 ? 4 : heads * PARTS <= 4 ? 2 : 1;
    UNROLL for (int p = 0; p < PARTS; p += WIDE) {
        const int parts = PARTS - p < WIDE ? PARTS - p : WIDE;
        vec sum[8][MOST][WIDE] = {{{{0}}}};
        int t = 0;
        for (; t + chains <= held; t += chains) {
            UNROLL for (int c = 0; c < chains; c++) {
                const num *value = values + (int64_t)(t + c) * WIDTH;
                const num *soon = value + (int64_t)AHEAD * WIDTH + p * VEC;
                soon = soon < end ? soon : then + (soon - end);
                for (int j = 0; j < parts * VEC * (int)sizeof(num); j += 64)
                    __builtin_prefetch((const char *)soon + j);
                vec x[WIDE];
                UNROLL for (int j = 0; j < parts; j++) x[j] = load_part(value, p + j);
                UNROLL for (int g = 0; g < heads; g++)
                    UNROLL for (int j = 0; j < parts; j++)
                        sum[c][g][j] += x[j] * shares[(int64_t)g * room + t + c];
            }
        }
        for (; t < held; t++)
            UNROLL for (int g = 0; g < heads; g++)
                UNROLL for (int j = 0; j < parts; j++)
                    sum[0][g][j] += load_part(values + (int64_t)t * WIDTH, p + j) *
                                    shares[(int64_t)g * room + t];
        UNROLL for (int g = 0; g < heads; g++)
            UNROLL for (int j = 0; j < parts; j++) {
                UNROLL for (int c = 1; c < chains; c++) sum[0][g][j] += sum[c][g][j];
                num *to = out + g * WIDTH + (p + j) * VEC;
                if (REST && p + j == PARTS - 1)
                    store_first(to, sum[0][g][j] / sums[g], REST);
                else
                    store(to, sum[0][g][j] / sums[g]);
            }
    }
}

/* Some query heads over the one key head that they share; then is read after it. */
static inline __attribute__((always_inline)) void attend_heads(
    const float *query, const num *keys, const num *values, const num *then, int heads, int held,
    int room, float *scores, num *out) {
    float sums[MOST];
    score(query, keys, values, heads, held, room, scores);
    for (int g = 0; g < heads; g++) sums[g] = soften(scores + (int64_t)g * room, held);
    gather(scores, sums, values, then, heads, held, room, out);
}

/* Store one key and one value a row, and attend over all that the row holds.

   query (rows, heads, WIDTH), key and value (rows, kept, WIDTH): the last axis dense, the strides
   of the others given in numbers. kept_in: from the first of these rows on, dense, its room a
   multiple of 64. at: tokens each row held before. out (rows, heads, WIDTH) is dense. scratch: for
   each thread, room for WIDTH + room numbers for each of MOST heads. */
void attend(const num *query, int64_t query_row, int64_t query_head, const num *key,
            int64_t key_row, int64_t key_head, const num *value, int64_t value_row,
            int64_t value_head, const block *kept_in, const int64_t *at, int rows, int heads,
            int kept, float scale, num *out, float *scratch, int threads) {
    int group = heads / kept, room = kept_in->room;
#pragma omp parallel for num_threads(threads) schedule(static, 1) if (threads > 1)
    for (int i = 0; i < rows * kept; i++) {
        int row = i / kept, head = i % kept, held = (int)at[row] + 1;
        int thread = threads > 1 ? omp_get_thread_num() : 0;
        float *own = scratch + (int64_t)thread * MOST * (WIDTH + room);
        float *scores = own + MOST * WIDTH;
        num *row_keys = kept_in->keys + (int64_t)i * WIDTH * room;
        num *row_values = kept_in->values + (int64_t)i * WIDTH * room;
        const num *new_key = key + row * key_row + head * key_head;
        num *own_key = row_keys + (int64_t)(held - 1) / SPAN * SPAN * WIDTH + (held - 1) % SPAN;
        for (int d = 0; d < WIDTH; d++) own_key[d * SPAN] = new_key[d];
        memcpy(row_values + (int64_t)(held - 1) * WIDTH,
               value + row * value_row + head * value_head, WIDTH * sizeof(num));
        for (int first = 0; first < group; first += MOST) {
            int taken = group - first < MOST ? group - first : MOST;
            int start = head * group + first;
            for (int g = 0; g < taken; g++)
                for (int d = 0; d < WIDTH; d++)
                    own[g * WIDTH + d] =
                        scale * widen(query[row * query_row + (start + g) * query_head + d]);
            num *to = out + ((int64_t)row * heads + start) * WIDTH;
            const num *then = row_keys; /* again, or those of the thread's next row */
            if (first + MOST >= group && i + threads < rows * kept)
                then += (int64_t)threads * WIDTH * room;
            switch (taken) { /* a known number of heads is a number of registers */
            case 1: attend_heads(own, row_keys, row_values, then, 1, held, room, scores, to); break;
            case 2: attend_heads(own, row_keys, row_values, then, 2, held, room, scores, to); break;
            case 3: attend_heads(own, row_keys, row_values, then, 3, held, room, scores, to); break;
            default: attend_heads(own, row_keys, row_values, then, 4, held, room, scores, to);
            }
        }
    }
}

/* Turn the first heads of each row by the angle of its position, in place (rotary embedding; a
   channel is paired with the one half a head further on).

   mixed (rows, all heads, WIDTH), cosine and sine (positions, WIDTH) are dense, the sine negative
   in its first half. WIDTH is even. */
void turn(num *mixed, const num *cosine, const num *sine, const int64_t *positions, int rows,
          int all, int heads, int threads) {
    const int half = WIDTH / 2, full = half / VEC * VEC, rest = half - full;
#pragma omp parallel for num_threads(threads) schedule(static) \
    if (threads > 1 && (int64_t)rows * heads * WIDTH > 16384)
    for (int row = 0; row < rows; row++) {
        const num *c = cosine + positions[row] * WIDTH, *s = sine + positions[row] * WIDTH;
        for (int head = 0; head < heads; head++) {
            num *x = mixed + ((int64_t)row * all + head) * WIDTH, *y = x + half;
            for (int d = 0; d < full; d += VEC) {
                vec first = load(x + d), second = load(y + d);
                store(x + d, first * load(c + d) + second * load(s + d));
                store(y + d, second * load(c + half + d) + first * load(s + half + d));
            }
            if (rest) {
                vec first = load_first(x + full, rest), second = load_first(y + full, rest);
                vec cosines = load_first(c + full, rest), sines = load_first(s + full, rest);
                store_first(x + full, first * cosines + second * sines, rest);
                cosines = load_first(c + half + full, rest);
                sines = load_first(s + half + full, rest);
                store_first(y + full, second * cosines + first * sines, rest);
            }
        }
    }
}
