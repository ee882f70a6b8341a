/* A whole decoding step: every layer, one token a row, in one call.

   A model whose weights fit into a processor's own cache is computed by each thread for rows of its
   own, from the first layer to the last; of a larger one all threads share every product, so that
   each weight is read from memory once. */

#include "kernels.h"

typedef struct {
    const num *before_attention, *query_norm, *key_norm, *before_mlp;
    weights query_key_value, output, gate_up, down;
} layer;

typedef struct {
    const layer *layers;
    int count, hidden, heads, kept, shared; /* shared: by all threads, product by product */
    float eps, scale;
    const num *embedding, *norm;
    weights head;
} model;

typedef struct { /* of one forward pass; rows first to first + count lie in a layer's block */
    const block *blocks; /* (layers, parts) */
    const int *first;    /* (parts + 1), the last one counts all rows */
    int parts;
    const num *cosine, *sine;
    const int64_t *ids, *at; /* (rows): the token each reads, and how many it held before */
} batch;

/* What is between x and the heads' outcome, for rows from to to. */
static void attend_rows(const model *m, const batch *b, int index, num *mixed, num *attended,
                        float *scratch, int from, int to, int threads) {
    int all = m->heads + 2 * m->kept, wide = all * WIDTH;
    for (int part = 0; part < b->parts; part++) {
        int first = b->first[part] > from ? b->first[part] : from;
        int last = b->first[part + 1] < to ? b->first[part + 1] : to;
        if (first >= last) continue;
        block own = b->blocks[index * b->parts + part];
        int64_t behind = (int64_t)(first - b->first[part]) * m->kept * WIDTH * own.room;
        own.keys += behind;
        own.values += behind;
        const num *query = mixed + (int64_t)(first - from) * wide;
        const num *key = query + m->heads * WIDTH, *value = key + m->kept * WIDTH;
        attend(query, wide, WIDTH, key, wide, WIDTH, value, wide, WIDTH, &own, b->at + first,
               last - first, m->heads, m->kept, m->scale,
               attended + (int64_t)(first - from) * m->heads * WIDTH, scratch, threads);
    }
}

static void run_rows(const model *m, const batch *b, float *scratch, num *room, num *logits,
                     int from, int to, int threads) {
    const int rows = to - from, all = m->heads + 2 * m->kept;
    num *x = room, *normed = x + (int64_t)rows * m->hidden;
    num *mixed = normed + (int64_t)rows * m->hidden;
    num *attended = mixed + (int64_t)rows * all * WIDTH;
    num *inner = attended + (int64_t)rows * m->heads * WIDTH;
    for (int r = 0; r < rows; r++)
        memcpy(x + (int64_t)r * m->hidden, m->embedding + b->ids[from + r] * m->hidden,
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
        turn(mixed, b->cosine, b->sine, b->at + from, rows, all, m->heads + m->kept, threads);
        attend_rows(m, b, i, mixed, attended, scratch, from, to, threads);
        multiply(attended, &l->output, x, x, rows, threads);
        normalize(x, l->before_mlp, rows, m->hidden, m->eps, normed, threads);
        multiply(normed, &l->gate_up, 0, inner, rows, threads);
        multiply(inner, &l->down, x, x, rows, threads);
    }
    normalize(x, m->norm, rows, m->hidden, m->eps, normed, threads);
    multiply(normed, &m->head, 0, logits + (int64_t)from * m->head.columns, rows, threads);
}

/* logits (rows, vocabulary) after one token a row.

   scratch: as of attend(), one thread's after the other's, thread_scratch numbers each. room: for
   each row what run_rows() parts it into, row_room numbers. */
void step(const model *m, const batch *b, float *scratch, int64_t thread_scratch, num *room,
          int64_t row_room, num *logits, int threads) {
    int rows = b->first[b->parts];
    if (m->shared || threads == 1) {
        run_rows(m, b, scratch, room, logits, 0, rows, threads);
        return;
    }
#pragma omp parallel num_threads(threads)
    {
        int thread = omp_get_thread_num(), started = omp_get_num_threads();
        int from = (int)((int64_t)rows * thread / started);
        int to = (int)((int64_t)rows * (thread + 1) / started);
        if (from < to)
            run_rows(m, b, scratch + thread * thread_scratch, room + from * row_room, logits, from,
                     to, 1);
    }
}
