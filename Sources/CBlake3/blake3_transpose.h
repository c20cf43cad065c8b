/// Between inputs that lie one after another and vectors with one lane for each input.
///
/// Vectors of 4, 8 and 16 lanes do the same: 16-byte piece p of row r comes from input r + 4p, so that transposing
/// 4x4 words inside each piece puts word w of every input into vector w, lane i from input i.
#ifndef CBLAKE3_TRANSPOSE_H
#define CBLAKE3_TRANSPOSE_H

#include "blake3_internal.h"
#include <immintrin.h>

#define TRANSPOSE_INLINE(set) __attribute__((target(set), always_inline)) static inline

/// `r` is four vectors; `P` the prefix of the intrinsics of their width.
#define TRANSPOSE(V, P, r) \
    V t0 = P##_unpacklo_epi32(r[0], r[1]), t1 = P##_unpackhi_epi32(r[0], r[1]); \
    V t2 = P##_unpacklo_epi32(r[2], r[3]), t3 = P##_unpackhi_epi32(r[2], r[3]); \
    r[0] = P##_unpacklo_epi64(t0, t2); \
    r[1] = P##_unpackhi_epi64(t0, t2); \
    r[2] = P##_unpacklo_epi64(t1, t3); \
    r[3] = P##_unpackhi_epi64(t1, t3);

#define PIECE(i, offset) _mm_loadu_si128((const __m128i *)(at[i] + (offset)))
#define PUT(i, words, value) _mm_storeu_si128((__m128i *)(out[i] + 4 * (words)), value)

TRANSPOSE_INLINE("sse4.1") void cblake3_load4(__m128i m[16], const uint8_t *const at[4], size_t offset) {
    for (int w = 0; w < 16; w += 4) {
        for (int r = 0; r < 4; r++) { m[w + r] = PIECE(r, offset + 4 * w); }
        TRANSPOSE(__m128i, _mm, (m + w))
    }
}

TRANSPOSE_INLINE("sse4.1") void cblake3_store4(__m128i h[8], uint8_t (*out)[CBLAKE3_OUT_BYTES]) {
    for (int w = 0; w < 8; w += 4) {
        TRANSPOSE(__m128i, _mm, (h + w))
        for (int r = 0; r < 4; r++) { PUT(r, w, h[w + r]); }
    }
}

TRANSPOSE_INLINE("avx2") void cblake3_load8(__m256i m[16], const uint8_t *const at[8], size_t offset) {
    for (int w = 0; w < 16; w += 4) {
        for (int r = 0; r < 4; r++) {
            m[w + r] = _mm256_inserti128_si256(
                _mm256_castsi128_si256(PIECE(r, offset + 4 * w)), PIECE(r + 4, offset + 4 * w), 1);
        }
        TRANSPOSE(__m256i, _mm256, (m + w))
    }
}

TRANSPOSE_INLINE("avx2") void cblake3_store8(__m256i h[8], uint8_t (*out)[CBLAKE3_OUT_BYTES]) {
    for (int w = 0; w < 8; w += 4) {
        TRANSPOSE(__m256i, _mm256, (h + w))
        for (int r = 0; r < 4; r++) {
            PUT(r, w, _mm256_castsi256_si128(h[w + r]));
            PUT(r + 4, w, _mm256_extracti128_si256(h[w + r], 1));
        }
    }
}

TRANSPOSE_INLINE("avx512f") void cblake3_load16(__m512i m[16], const uint8_t *const at[16], size_t offset) {
    for (int w = 0; w < 16; w += 4) {
        for (int r = 0; r < 4; r++) {
            __m512i row = _mm512_castsi128_si512(PIECE(r, offset + 4 * w));
            row = _mm512_inserti32x4(row, PIECE(r + 4, offset + 4 * w), 1);
            row = _mm512_inserti32x4(row, PIECE(r + 8, offset + 4 * w), 2);
            m[w + r] = _mm512_inserti32x4(row, PIECE(r + 12, offset + 4 * w), 3);
        }
        TRANSPOSE(__m512i, _mm512, (m + w))
    }
}

TRANSPOSE_INLINE("avx512f") void cblake3_store16(__m512i h[8], uint8_t (*out)[CBLAKE3_OUT_BYTES]) {
    for (int w = 0; w < 8; w += 4) {
        TRANSPOSE(__m512i, _mm512, (h + w))
        for (int r = 0; r < 4; r++) {
            PUT(r, w, _mm512_castsi512_si128(h[w + r]));
            PUT(r + 4, w, _mm512_extracti32x4_epi32(h[w + r], 1));
            PUT(r + 8, w, _mm512_extracti32x4_epi32(h[w + r], 2));
            PUT(r + 12, w, _mm512_extracti32x4_epi32(h[w + r], 3));
        }
    }
}

#endif
