/// Sixteen lanes of 512 bits, fewer for what is left over; AVX-512 rotates in one instruction at every width.
#if defined(__x86_64__)

#include "blake3_transpose.h"

#define ROWS_NAME compress
#define ROWS_TARGET __attribute__((target("avx512f,avx512vl")))
#include "blake3_rows.h"

#define LANES 16
#define LANES_NAME hash_lanes16
#define LANES_TARGET __attribute__((target("avx512f,avx512vl")))
#define LANES_LOAD(m, at, offset) cblake3_load16((__m512i *)m, at, offset)
#define LANES_STORE(h, out) cblake3_store16((__m512i *)h, out)
#include "blake3_lanes.h"

#define LANES 8
#define LANES_NAME hash_lanes8
#define LANES_TARGET __attribute__((target("avx512f,avx512vl")))
#define LANES_LOAD(m, at, offset) cblake3_load8((__m256i *)m, at, offset)
#define LANES_STORE(h, out) cblake3_store8((__m256i *)h, out)
#include "blake3_lanes.h"

#define LANES 4
#define LANES_NAME hash_lanes4
#define LANES_TARGET __attribute__((target("avx512f,avx512vl")))
#define LANES_LOAD(m, at, offset) cblake3_load4((__m128i *)m, at, offset)
#define LANES_STORE(h, out) cblake3_store4((__m128i *)h, out)
#include "blake3_lanes.h"

const cblake3_code cblake3_avx512_code = {.compress = compress, .lanes = {{16, hash_lanes16}, {8, hash_lanes8}, {4, hash_lanes4}, {0, 0}}};

#endif
