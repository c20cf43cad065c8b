/// Eight lanes of 256 bits, and four for what is left over.
#if defined(__x86_64__)

#include "blake3_transpose.h"

#define ROWS_NAME compress
#define ROWS_TARGET __attribute__((target("avx2")))
#include "blake3_rows.h"

#define LANES 8
#define LANES_NAME hash_lanes8
#define LANES_TARGET __attribute__((target("avx2")))
#define LANES_LOAD(m, at, offset) cblake3_load8((__m256i *)m, at, offset)
#define LANES_STORE(h, out) cblake3_store8((__m256i *)h, out)
#include "blake3_lanes.h"

#define LANES 4
#define LANES_NAME hash_lanes4
#define LANES_TARGET __attribute__((target("avx2")))
#define LANES_LOAD(m, at, offset) cblake3_load4((__m128i *)m, at, offset)
#define LANES_STORE(h, out) cblake3_store4((__m128i *)h, out)
#include "blake3_lanes.h"

const cblake3_code cblake3_avx2_code = {.compress = compress, .lanes = {{8, hash_lanes8}, {4, hash_lanes4}, {0, 0}}};

#endif
