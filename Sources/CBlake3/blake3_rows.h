/// One block with its state as four rows of four words, in 128-bit registers: a template.
/// The file that includes it defines ROWS_NAME and ROWS_TARGET, the instruction sets the function may use.
#include "blake3_internal.h"

typedef uint32_t rows_row __attribute__((vector_size(16)));
typedef uint32_t rows_message __attribute__((vector_size(64)));

#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))
#define PICK(i, j, k, l) __builtin_shufflevector(m, m, i, j, k, l)
#define TURN(x, i, j, k, l) (x = __builtin_shufflevector(x, x, i, j, k, l))

#define MIX(x, y) \
    a += b + (x); \
    d = ROTATE(d ^ a, 16); \
    c += d; \
    b = ROTATE(b ^ c, 12); \
    a += b + (y); \
    d = ROTATE(d ^ a, 8); \
    c += d; \
    b = ROTATE(b ^ c, 7);

/// The columns, then the diagonals: rows b, c and d turned so that each diagonal stands in a column, and back.
#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15) \
    MIX(PICK(s0, s2, s4, s6), PICK(s1, s3, s5, s7)) \
    TURN(b, 1, 2, 3, 0), TURN(c, 2, 3, 0, 1), TURN(d, 3, 0, 1, 2); \
    MIX(PICK(s8, s10, s12, s14), PICK(s9, s11, s13, s15)) \
    TURN(b, 3, 0, 1, 2), TURN(c, 2, 3, 0, 1), TURN(d, 1, 2, 3, 0);

ROWS_TARGET static void ROWS_NAME(
    uint32_t cv[8], const uint8_t block[CBLAKE3_BLOCK_BYTES], uint32_t length, uint64_t counter, uint32_t flags) {
    rows_message m;
    rows_row a, b, c = {IV0, IV1, IV2, IV3};
    rows_row d = {(uint32_t)counter, (uint32_t)(counter >> 32), length, flags};
    memcpy(&m, block, sizeof m);
    memcpy(&a, cv, sizeof a);
    memcpy(&b, cv + 4, sizeof b);
    CBLAKE3_ROUNDS(ROUND)
    a ^= c;
    b ^= d;
    memcpy(cv, &a, sizeof a);
    memcpy(cv + 4, &b, sizeof b);
}

#undef ROTATE
#undef PICK
#undef TURN
#undef MIX
#undef ROUND
#undef ROWS_NAME
#undef ROWS_TARGET
