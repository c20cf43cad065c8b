/// Four lanes of 128 bits.
#if defined(__x86_64__)

#include "blake3_transpose.h"

#define ROWS_NAME compress
#define ROWS_TARGET __attribute__((target("sse4.1")))
#include "blake3_rows.h"

#define LANES 4
#define LANES_NAME hash_lanes4
#define LANES_TARGET __attribute__((target("sse4.1")))
#define LANES_LOAD(m, at, offset) cblake3_load4((__m128i *)m, at, offset)
#define LANES_STORE(h, out) cblake3_store4((__m128i *)h, out)
#include "blake3_lanes.h"

const cblake3_code cblake3_sse41_code = {.compress = compress, .lanes = {{4, hash_lanes4}, {0, 0}}};

#endif
