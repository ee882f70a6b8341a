/* A whole decoding step: every layer, one token a row, in one call. */

#include "kernels.h"

typedef struct {
    const num *before_attention, *query_norm, *key_norm, *before_mlp;
    weights query_key_value, output, gate_up, down;
} layer;

typedef struct {
    const layer *layers;
    int count, hidden, heads, kept;
    float eps, scale;
    const num *embedding, *norm;
    weights head;
} model;

typedef struct { /* rows first[part] to first[part + 1] lie in a part's block of each layer */
    const block *blocks; /* (layers, parts) */
    const int *first;    /* (parts + 1), the last one counts all rows */
    int parts;
    const num *cosine, *sine;
    const int64_t *ids, *at; /* (rows): the token each reads, and how many it held before */
} batch;

/* From the heads to their outcome, for every row of a layer. */
static void attend_rows(const model *m, const batch *b, int index, num *mixed, num *attended,
                        float *scratch, int threads) {
    int wide = (m->heads + 2 * m->kept) * WIDTH;
    for (int part = 0; part < b->parts; part++) {
        int first = b->first[part], rows = b->first[part + 1] - first;
        const num *query = mixed + (int64_t)first * wide;
        const num *key = query + m->heads * WIDTH, *value = key + m->kept * WIDTH;
        attend(query, wide, WIDTH, key, wide, WIDTH, value, wide, WIDTH,
               b->blocks + index * b->parts + part, b->at + first, rows, m->heads, m->kept,
               m->scale, attended + (int64_t)first * m->heads * WIDTH, scratch, threads);
    }
}

/* logits (rows, vocabulary) after one token a row.

   scratch: as of attend(). room: what it is parted into here. */
void step(const model *m, const batch *b, float *scratch, num *room, num *logits, int threads) {
    const int rows = b->first[b->parts], all = m->heads + 2 * m->kept;
    num *x = room, *normed = x + (int64_t)rows * m->hidden;
    num *mixed = normed + (int64_t)rows * m->hidden;
    num *attended = mixed + (int64_t)rows * all * WIDTH;
    num *inner = attended + (int64_t)rows * m->heads * WIDTH;
    for (int r = 0; r < rows; r++)
        memcpy(x + (int64_t)r * m->hidden, m->embedding + b->ids[r] * m->hidden,
               m->hidden * sizeof(num));
    for (int i = 0; i < m->count; i++) {
        const layer *l = m->layers + i;
        normalize(x, l->before_attention, rows, m->hidden, m->eps, normed, threads);
        multiply(normed, &l->query_key_value, 0, mixed, rows, threads);
        if (l->query_norm)
            for (int r = 0; r < rows; r++) {
                num *own = mixed + (int64_t)r * all * WIDTH;
                normalize(own, l->query_norm, m->heads, WIDTH, m->eps, own, 1);
                own += m->heads * WIDTH;
                normalize(own, l->key_norm, m->kept, WIDTH, m->eps, own, 1);
            }
        turn(mixed, b->cosine, b->sine, b->at, rows, all, m->heads + m->kept, threads);
        attend_rows(m, b, i, mixed, attended, scratch, threads);
        multiply(attended, &l->output, x, x, rows, threads);
        normalize(x, l->before_mlp, rows, m->hidden, m->eps, normed, threads);
        multiply(normed, &l->gate_up, 0, inner, rows, threads);
        multiply(inner, &l->down, x, x, rows, threads);
    }
    normalize(x, m->norm, rows, m->hidden, m->eps, normed, threads);
    multiply(normed, &m->head, 0, logits, rows, threads);
}
