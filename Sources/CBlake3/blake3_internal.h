/// What the tree asks of a kernel, and the constants of the specification that both need.
#ifndef CBLAKE3_INTERNAL_H
#define CBLAKE3_INTERNAL_H

#include "CBlake3.h"
#include <string.h>

/// Domain flags (specification 2.2, table 3).
enum { CHUNK_START = 1, CHUNK_END = 2, PARENT = 4, ROOT = 8 };

/// The initial value (specification table 1), that of SHA-256.
#define IV0 0x6A09E667u
#define IV1 0xBB67AE85u
#define IV2 0x3C6EF372u
#define IV3 0xA54FF53Au
#define IV4 0x510E527Fu
#define IV5 0x9B05688Cu
#define IV6 0x1F83D9ABu
#define IV7 0x5BE0CD19u

/// The seven rounds: which message words each takes, the permutation (specification table 2) applied 0 to 6 times.
#define CBLAKE3_ROUNDS(R) \
    R(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) \
    R(2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8) \
    R(3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1) \
    R(10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6) \
    R(12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4) \
    R(9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7) \
    R(11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13)

/// Inputs of the same shape that lie `stride` bytes apart: whole chunks of a message, or the two children of a parent.
typedef struct cblake3_batch {
    const uint8_t *input;
    size_t stride;
    /// Blocks in each input: 16 in a chunk, 1 in a parent.
    size_t blocks;
    /// Counter of the first input, and what the next one's is more by: 1 for chunks, 0 for parents.
    uint64_t counter;
    uint64_t counter_step;
    uint32_t flags;
    uint32_t first_flags;
    uint32_t last_flags;
} cblake3_batch;

/// Compresses one block into `cv`.
typedef void (*cblake3_compress)(
    uint32_t cv[8], const uint8_t block[CBLAKE3_BLOCK_BYTES], uint32_t length, uint64_t counter, uint32_t flags);

/// Hashes the first `count` inputs side by side, `count` from 1 to the kernel's width. `out` may be where the inputs
/// of a batch of parents begin: all inputs are read before anything is written.
typedef void (*cblake3_hash_lanes)(const cblake3_batch *batch, size_t count, uint8_t (*out)[CBLAKE3_OUT_BYTES]);

typedef struct cblake3_lanes {
    size_t width;
    cblake3_hash_lanes hash;
} cblake3_lanes;

/// A kernel: one block at a time, and lanes, the widest first, ended by width 0.
typedef struct cblake3_code {
    cblake3_compress compress;
    cblake3_lanes lanes[4];
} cblake3_code;

/// Makes the hasher that of an empty message; its kernel stays.
void cblake3_begin(cblake3_hasher *hasher);

extern const cblake3_code cblake3_portable_code;
#if defined(__x86_64__)
extern const cblake3_code cblake3_sse41_code;
extern const cblake3_code cblake3_avx2_code;
extern const cblake3_code cblake3_avx512_code;
#endif

#endif
