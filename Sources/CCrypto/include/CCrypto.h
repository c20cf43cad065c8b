/// SHA-256, AES-256-GCM and HKDF by OpenSSL's libcrypto, which uses the processor's own instructions for them.
#ifndef CCRYPTO_H
#define CCRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CCRYPTO_SHA256_BYTES = 32 };

/// One message being hashed; belongs to one thread at a time.
typedef struct ccrypto_sha256 ccrypto_sha256;

/// A hasher at the beginning of a message, or NULL if there is no memory or libcrypto refuses SHA-256.
ccrypto_sha256 *ccrypto_sha256_new(void);

void ccrypto_sha256_free(ccrypto_sha256 *hasher);

/// Begins another message. This and the next two are false if libcrypto failed; the hash is then worth nothing until
/// the next message is begun.
bool ccrypto_sha256_begin(ccrypto_sha256 *hasher);

bool ccrypto_sha256_update(ccrypto_sha256 *hasher, const void *bytes, size_t count);

/// Ends the message: only beginning another one may follow.
bool ccrypto_sha256_finish(ccrypto_sha256 *hasher, uint8_t out[CCRYPTO_SHA256_BYTES]);

enum {
    CCRYPTO_KEY_BYTES = 32,
    CCRYPTO_NONCE_BYTES = 12,
    CCRYPTO_TAG_BYTES = 16,
};

/// AES-256-GCM under one key; belongs to one thread at a time.
typedef struct ccrypto_aead ccrypto_aead;

/// NULL if there is no memory or libcrypto refuses the cipher.
ccrypto_aead *ccrypto_aead_new(const uint8_t key[CCRYPTO_KEY_BYTES]);

/// Wipes the key.
void ccrypto_aead_free(ccrypto_aead *cipher);

/// Encrypts `count` bytes into as many, at most 2^30, with the tag beside them. `in` and `out` may be the same.
bool ccrypto_aead_seal(
    ccrypto_aead *cipher, const uint8_t nonce[CCRYPTO_NONCE_BYTES], const void *bound, size_t bound_count,
    const void *in, size_t count, void *out, uint8_t tag[CCRYPTO_TAG_BYTES]);

/// The reverse; false, and `out` worth nothing, when the bytes, `bound` or the tag are not those that were sealed.
bool ccrypto_aead_open(
    ccrypto_aead *cipher, const uint8_t nonce[CCRYPTO_NONCE_BYTES], const void *bound, size_t bound_count,
    const void *in, size_t count, void *out, const uint8_t tag[CCRYPTO_TAG_BYTES]);

/// HKDF-SHA256 (RFC 5869), extract and expand.
bool ccrypto_hkdf(
    const void *key, size_t key_count, const void *salt, size_t salt_count, const void *info, size_t info_count,
    void *out, size_t count);

#endif
