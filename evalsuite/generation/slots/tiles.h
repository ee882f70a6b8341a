/* Tiles of a product by the processor's own (AMX): 16 rows of 32 numbers times 32 rows of 16.

   A product of bfloat16 numbers is summed in float32, two terms at a time, in the order of the
   depth. What a product takes here is 32 rows and a panel of 32 columns: four tiles of sums, so
   that each tile of x and of weights is loaded once for two products. */

#include <immintrin.h>

#define ROWS 32
#define COLUMNS 32
#define PAIR 2
#define DEPTH 32 /* numbers of a row that one instruction takes */

/* gcc 12 does not know that tiles are loaded from memory and stored to it. */
#define SETTLE_MEMORY __asm__ volatile("" ::: "memory")

/* Sums are tiles 0 to 3, row by row; x is 4 and 5, weights are 6 and 7. */
static void shape_tiles(int rows) {
    struct {
        uint8_t palette, start, unused[14];
        uint16_t bytes[16]; /* of a tile's row */
        uint8_t rows[16];
    } shape = {.palette = 1};
    int upper = rows < 16 ? rows : 16, lower = rows - upper;
    uint8_t counts[] = {upper, upper, lower, lower, upper, lower, 16, 16};
    for (int tile = 0; tile < 8; tile++) {
        shape.bytes[tile] = counts[tile] ? 64 : 0;
        shape.rows[tile] = counts[tile];
    }
    _tile_loadconfig(&shape);
}

static void release_tiles(void) { _tile_release(); }

/* Add the products of DEPTH numbers of every row; x lies a stride of bytes apart. */
static inline void add_products(const num *x, int stride, const num *weights, int rows) {
    const int pairs = COLUMNS * PAIR * sizeof(num); /* from one pair of terms to the next */
    _tile_loadd(4, x, stride);
    _tile_loadd(6, weights, pairs);
    _tile_loadd(7, weights + 16 * PAIR, pairs);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    if (rows > 16) {
        _tile_loadd(5, (const char *)x + 16 * stride, stride);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
}

/* As of other machines: sums[row][column] = x[row] . panel[column], for some rows. */
static void multiply_rows(const num *x, const num *panel, int rows, int depth, const char *soon,
                          int64_t hop, float (*sums)[COLUMNS]) {
    const int full = depth / DEPTH * DEPTH;
    SETTLE_MEMORY;
    _tile_zero(0);
    _tile_zero(1);
    if (rows > 16) {
        _tile_zero(2);
        _tile_zero(3);
    }
    for (int k = 0; k < full; k += DEPTH) {
        const num *weights = panel + (int64_t)k * COLUMNS;
        for (const char *end = soon + hop * (DEPTH / PAIR); soon < end; soon += 64)
            __builtin_prefetch(soon, 0, 2);
        for (int line = 0; line < 32; line++) /* two steps on: the nearest cache holds no more */
            __builtin_prefetch(weights + 2 * DEPTH * COLUMNS + line * 32);
        add_products(x + k, depth * sizeof(num), weights, rows);
    }
    if (full < depth) { /* behind a row lies another one: zeros, for 0 times NaN is NaN */
        num last[ROWS][DEPTH] = {{0}};
        for (int r = 0; r < rows; r++)
            memcpy(last[r], x + (int64_t)r * depth + full, (depth - full) * sizeof(num));
        SETTLE_MEMORY;
        add_products(last[0], sizeof *last, panel + (int64_t)full * COLUMNS, rows);
    }
    _tile_stored(0, sums[0], sizeof *sums);
    _tile_stored(1, sums[0] + 16, sizeof *sums);
    if (rows > 16) {
        _tile_stored(2, sums[16], sizeof *sums);
        _tile_stored(3, sums[16] + 16, sizeof *sums);
    }
    SETTLE_MEMORY;
}
