/// SHA-256 by OpenSSL's libcrypto, which uses the processor's own instructions for it.
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

#endif
