/// One block at a time in plain C: for processors without vectors, and the yardstick of the other kernels.
#include "blake3_internal.h"

static inline uint32_t load_little_endian(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))

/// A macro, not a function: builds without optimisation are twice as quick by it.
#define MIX(a, b, c, d, x, y) \
    v[a] += v[b] + (x); \
    v[d] = ROTATE(v[d] ^ v[a], 16); \
    v[c] += v[d]; \
    v[b] = ROTATE(v[b] ^ v[c], 12); \
    v[a] += v[b] + (y); \
    v[d] = ROTATE(v[d] ^ v[a], 8); \
    v[c] += v[d]; \
    v[b] = ROTATE(v[b] ^ v[c], 7);

#define ROUND(a, b, c, d, e, f, g, h, i, j, k, l, n, o, p, q) \
    MIX(0, 4, 8, 12, m[a], m[b]) \
    MIX(1, 5, 9, 13, m[c], m[d]) \
    MIX(2, 6, 10, 14, m[e], m[f]) \
    MIX(3, 7, 11, 15, m[g], m[h]) \
    MIX(0, 5, 10, 15, m[i], m[j]) \
    MIX(1, 6, 11, 12, m[k], m[l]) \
    MIX(2, 7, 8, 13, m[n], m[o]) \
    MIX(3, 4, 9, 14, m[p], m[q])

static void compress(
    uint32_t cv[8], const uint8_t block[CBLAKE3_BLOCK_BYTES], uint32_t length, uint64_t counter, uint32_t flags) {
    uint32_t m[16];
    for (int i = 0; i < 16; i++) { m[i] = load_little_endian(block + 4 * i); }
    uint32_t v[16] = {cv[0], cv[1], cv[2], cv[3], cv[4], cv[5], cv[6], cv[7], IV0, IV1, IV2, IV3,
                      (uint32_t)counter, (uint32_t)(counter >> 32), length, flags};
    CBLAKE3_ROUNDS(ROUND)
    for (int i = 0; i < 8; i++) { cv[i] = v[i] ^ v[i + 8]; }
}

const cblake3_code cblake3_portable_code = {.compress = compress, .lanes = {{0, 0}}};
