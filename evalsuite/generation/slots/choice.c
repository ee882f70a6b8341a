/* The two largest numbers of a row of logits, which tell a greedy choice and how close it is. */

#include <math.h>

#include "kernels.h"

#define CHAINS 4 /* vectors compared side by side, so that no comparison waits for the last */
#define PIECE (64 * CHAINS * VEC) /* numbers after which it is looked who leads */
#define UNROLL _Pragma("GCC unroll 4")

static inline vec larger(vec x, vec y) {
    ints above = x > y;
    return (vec)((above & (ints)x) | (~above & (ints)y));
}

static inline vec smaller(vec x, vec y) {
    ints above = x > y;
    return (vec)((above & (ints)y) | (~above & (ints)x));
}

typedef struct {
    float best, second;
    int is_nan;
} leaders;

static inline void enter(leaders *of, float x) {
    if (x > of->best) {
        of->second = of->best;
        of->best = x;
    } else if (x > of->second)
        of->second = x;
    of->is_nan |= x != x;
}

/* Of some neighbouring numbers. */
static leaders lead(const num *p, int count) {
    const float lowest = -INFINITY;
    leaders of = {lowest, lowest, 0};
    vec first[CHAINS], second[CHAINS];
    ints nan = {0};
    UNROLL for (int c = 0; c < CHAINS; c++) first[c] = second[c] = (vec){0} + lowest;
    int t = 0;
    for (; t + CHAINS * VEC <= count; t += CHAINS * VEC)
        UNROLL for (int c = 0; c < CHAINS; c++) {
            vec x = load(p + t + c * VEC);
            second[c] = larger(second[c], smaller(first[c], x));
            first[c] = larger(first[c], x);
            nan |= x != x;
        }
    UNROLL for (int c = 1; c < CHAINS; c++) {
        second[0] = larger(larger(second[0], second[c]), smaller(first[0], first[c]));
        first[0] = larger(first[0], first[c]);
    }
    for (int i = 0; i < VEC; i++) {
        enter(&of, first[0][i]);
        enter(&of, second[0][i]);
        of.is_nan |= nan[i] != 0;
    }
    for (; t < count; t++) enter(&of, widen(p[t]));
    return of;
}

/* tokens[row]: the column of the largest number, of equals the first; best[row], and second[row],
   the largest of the others. With a NaN, best is NaN and any column will do.

   logits (rows, columns) is dense. */
void rank(const num *logits, int rows, int columns, int64_t *tokens, float *best, float *second,
          int threads) {
#pragma omp parallel for num_threads(threads) schedule(static) \
    if (threads > 1 && (int64_t)rows * columns > 65536)
    for (int row = 0; row < rows; row++) {
        const num *p = logits + (int64_t)row * columns;
        leaders of = {-INFINITY, -INFINITY, 0};
        int start = 0;
        for (int t = 0; t < columns; t += PIECE) {
            leaders here = lead(p + t, columns - t < PIECE ? columns - t : PIECE);
            if (here.best > of.best) start = t;
            enter(&of, here.best);
            enter(&of, here.second);
            of.is_nan |= here.is_nan;
        }
        int column = start;
        while (column + 1 < columns && widen(p[column]) != of.best) column++;
        tokens[row] = of.is_nan ? 0 : column;
        best[row] = of.is_nan ? NAN : of.best;
        second[row] = of.second;
    }
}
