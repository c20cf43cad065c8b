/// BLAKE3 (hash mode, 32 bytes of output) by its specification, "BLAKE3: one function, fast everywhere".
///
/// One hasher belongs to one thread at a time and owns no memory; hashers are independent of each other.
#ifndef CBLAKE3_H
#define CBLAKE3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CBLAKE3_OUT_BYTES = 32,
    CBLAKE3_BLOCK_BYTES = 64,
    CBLAKE3_CHUNK_BYTES = 1024,
    /// A message has fewer than 2^64 bytes, so 2^54 chunks: one chaining value for each level, and one unmerged.
    CBLAKE3_STACK_DEPTH = 55,
};

/// A way to compute the same hash. All give equal results; a processor may lack the later ones.
typedef enum __attribute__((enum_extensibility(closed))) cblake3_kernel {
    cblake3_kernel_portable = 0,
    cblake3_kernel_sse41 = 1,
    cblake3_kernel_avx2 = 2,
    cblake3_kernel_avx512 = 3,
} cblake3_kernel;

/// The quickest kernel of this processor; asked of the processor once.
cblake3_kernel cblake3_best_kernel(void);

/// Whether this processor and its operating system can run `kernel`.
bool cblake3_can_run(cblake3_kernel kernel);

/// The state between two pieces of a message. Copying it forks the message.
typedef struct cblake3_hasher {
    const struct cblake3_code *code;
    /// Whole chunks whose chaining values are in `stack`.
    uint64_t chunks;
    /// The chunk being filled: its chaining value so far, and its last block, kept back because it may be the last.
    uint32_t chunk_cv[8];
    uint8_t block[CBLAKE3_BLOCK_BYTES];
    uint32_t block_bytes;
    uint32_t blocks_done;
    /// Chaining values of finished subtrees, the largest first.
    uint32_t depth;
    uint64_t stack[CBLAKE3_STACK_DEPTH][CBLAKE3_OUT_BYTES / 8];
} cblake3_hasher;

/// Begins a message with the quickest kernel.
void cblake3_init(cblake3_hasher *hasher);

/// Begins a message with this kernel; false, and nothing begun, if the processor cannot run it.
bool cblake3_init_with(cblake3_hasher *hasher, cblake3_kernel kernel);

/// Appends to the message. Pieces of 64 KiB and more at multiples of their own size are the quickest.
void cblake3_update(cblake3_hasher *hasher, const void *bytes, size_t count);

/// The hash of the message so far; the hasher stays as it was.
void cblake3_finalize(const cblake3_hasher *hasher, uint8_t out[CBLAKE3_OUT_BYTES]);

#endif
