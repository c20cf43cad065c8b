/// Several inputs side by side, lane i of every vector belonging to input i: a template.
/// The file that includes it defines
///   LANES_NAME, LANES_TARGET   the function, and the instruction sets it may use
///   LANES                      how many inputs
///   LANES_LOAD(m, at, offset)  the 16 message vectors of the blocks at at[i] + offset
///   LANES_STORE(h, out)        lane i of the eight vectors h as the 32 bytes at out + 32 * i
#include "blake3_internal.h"

#define WORD lanes_paste(LANES)
#define lanes_paste(n) lanes_paste2(n)
#define lanes_paste2(n) lanes_word##n
typedef uint32_t WORD __attribute__((vector_size(4 * LANES)));

#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))


/// Half a mixing function over four columns at once, so that four independent chains are in flight.
#define MIX4(a0, b0, c0, d0, a1, b1, c1, d1, a2, b2, c2, d2, a3, b3, c3, d3, x0, x1, x2, x3, RD, RB) \
    v[a0] += m[x0]; v[a1] += m[x1]; v[a2] += m[x2]; v[a3] += m[x3]; \
    v[a0] += v[b0]; v[a1] += v[b1]; v[a2] += v[b2]; v[a3] += v[b3]; \
    v[d0] ^= v[a0]; v[d1] ^= v[a1]; v[d2] ^= v[a2]; v[d3] ^= v[a3]; \
    v[d0] = ROTATE(v[d0], RD); v[d1] = ROTATE(v[d1], RD); v[d2] = ROTATE(v[d2], RD); v[d3] = ROTATE(v[d3], RD); \
    v[c0] += v[d0]; v[c1] += v[d1]; v[c2] += v[d2]; v[c3] += v[d3]; \
    v[b0] ^= v[c0]; v[b1] ^= v[c1]; v[b2] ^= v[c2]; v[b3] ^= v[c3]; \
    v[b0] = ROTATE(v[b0], RB); v[b1] = ROTATE(v[b1], RB); v[b2] = ROTATE(v[b2], RB); v[b3] = ROTATE(v[b3], RB);

#define COLUMNS(x0, x1, x2, x3, RD, RB) \
    MIX4(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15, x0, x1, x2, x3, RD, RB)
#define DIAGONALS(x0, x1, x2, x3, RD, RB) \
    MIX4(0, 5, 10, 15, 1, 6, 11, 12, 2, 7, 8, 13, 3, 4, 9, 14, x0, x1, x2, x3, RD, RB)

#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15) \
    COLUMNS(s0, s2, s4, s6, 16, 12) \
    COLUMNS(s1, s3, s5, s7, 8, 7) \
    DIAGONALS(s8, s10, s12, s14, 16, 12) \
    DIAGONALS(s9, s11, s13, s15, 8, 7)

LANES_TARGET static void LANES_NAME(
    const cblake3_batch *batch, size_t count, uint8_t (*out)[CBLAKE3_OUT_BYTES]) {
    const uint8_t *at[LANES];
    WORD low, high, zero = {0};
    for (size_t i = 0; i < LANES; i++) {
        size_t used = i < count ? i : count - 1;  // A lane too many repeats the last input.
        at[i] = batch->input + used * batch->stride;
        low[i] = (uint32_t)(batch->counter + used * batch->counter_step);
        high[i] = (uint32_t)((batch->counter + used * batch->counter_step) >> 32);
    }
    WORD h[8] = {zero + IV0, zero + IV1, zero + IV2, zero + IV3, zero + IV4, zero + IV5, zero + IV6, zero + IV7};
    uint32_t flags = batch->flags | batch->first_flags;
    for (size_t block = 0; block < batch->blocks; block++) {
        if (block + 1 == batch->blocks) { flags |= batch->last_flags; }
        WORD m[16];
        size_t offset = block * CBLAKE3_BLOCK_BYTES;
        LANES_LOAD(m, at, offset);
        // The processor follows fewer streams than there are lanes: name the next batch's blocks, one batch ahead.
        for (size_t i = 0; i < LANES; i++) { __builtin_prefetch(at[i] + LANES * batch->stride + offset); }
        WORD v[16] = {h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7],
                      zero + IV0, zero + IV1, zero + IV2, zero + IV3,
                      low, high, zero + CBLAKE3_BLOCK_BYTES, zero + flags};
        CBLAKE3_ROUNDS(ROUND)
        for (int i = 0; i < 8; i++) { h[i] = v[i] ^ v[i + 8]; }
        flags = batch->flags;
    }
    uint8_t hashes[LANES][CBLAKE3_OUT_BYTES];
    uint8_t (*to)[CBLAKE3_OUT_BYTES] = count == LANES ? out : hashes;
    LANES_STORE(h, to);
    if (to == hashes) { memcpy(out, hashes, count * CBLAKE3_OUT_BYTES); }
}

#undef WORD
#undef lanes_paste
#undef lanes_paste2
#undef ROTATE
#undef MIX4
#undef COLUMNS
#undef DIAGONALS
#undef ROUND
#undef LANES_NAME
#undef LANES_TARGET
#undef LANES
#undef LANES_LOAD
#undef LANES_STORE
