#include "CCrypto.h"
#include <openssl/evp.h>
#include <stdlib.h>

/// OpenSSL's context, with the algorithm fetched once: fetching costs more than hashing a small blob.
struct ccrypto_sha256 {
    EVP_MD_CTX *context;
    EVP_MD *algorithm;
};

ccrypto_sha256 *ccrypto_sha256_new(void) {
    ccrypto_sha256 *hasher = calloc(1, sizeof *hasher);
    if (hasher == NULL) { return NULL; }
    hasher->context = EVP_MD_CTX_new();
    hasher->algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (hasher->context == NULL || hasher->algorithm == NULL || !ccrypto_sha256_begin(hasher)) {
        ccrypto_sha256_free(hasher);
        return NULL;
    }
    return hasher;
}

void ccrypto_sha256_free(ccrypto_sha256 *hasher) {
    if (hasher == NULL) { return; }
    EVP_MD_CTX_free(hasher->context);
    EVP_MD_free(hasher->algorithm);
    free(hasher);
}

bool ccrypto_sha256_begin(ccrypto_sha256 *hasher) {
    return EVP_DigestInit_ex2(hasher->context, hasher->algorithm, NULL) == 1;
}

bool ccrypto_sha256_update(ccrypto_sha256 *hasher, const void *bytes, size_t count) {
    return EVP_DigestUpdate(hasher->context, bytes, count) == 1;
}

bool ccrypto_sha256_finish(ccrypto_sha256 *hasher, uint8_t out[CCRYPTO_SHA256_BYTES]) {
    unsigned int length = 0;
    return EVP_DigestFinal_ex(hasher->context, out, &length) == 1 && length == CCRYPTO_SHA256_BYTES;
}
