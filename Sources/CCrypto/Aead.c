#include "CCrypto.h"
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdlib.h>

/// One context for each way, so that the key is expanded once and not for every frame.
struct ccrypto_aead {
    EVP_CIPHER_CTX *sealing;
    EVP_CIPHER_CTX *opening;
};

ccrypto_aead *ccrypto_aead_new(const uint8_t key[CCRYPTO_KEY_BYTES]) {
    ccrypto_aead *cipher = calloc(1, sizeof *cipher);
    if (cipher == NULL) { return NULL; }
    cipher->sealing = EVP_CIPHER_CTX_new();
    cipher->opening = EVP_CIPHER_CTX_new();
    if (cipher->sealing == NULL || cipher->opening == NULL
        || EVP_EncryptInit_ex2(cipher->sealing, EVP_aes_256_gcm(), key, NULL, NULL) != 1
        || EVP_DecryptInit_ex2(cipher->opening, EVP_aes_256_gcm(), key, NULL, NULL) != 1) {
        ccrypto_aead_free(cipher);
        return NULL;
    }
    return cipher;
}

void ccrypto_aead_free(ccrypto_aead *cipher) {
    if (cipher == NULL) { return; }
    EVP_CIPHER_CTX_free(cipher->sealing);
    EVP_CIPHER_CTX_free(cipher->opening);
    free(cipher);
}

enum { CCRYPTO_LARGEST = 1 << 30 };

bool ccrypto_aead_seal(
    ccrypto_aead *cipher, const uint8_t nonce[CCRYPTO_NONCE_BYTES], const void *bound, size_t bound_count,
    const void *in, size_t count, void *out, uint8_t tag[CCRYPTO_TAG_BYTES]) {
    int length = 0, rest = 0;
    if (count > CCRYPTO_LARGEST || bound_count > CCRYPTO_LARGEST) { return false; }
    return EVP_EncryptInit_ex2(cipher->sealing, NULL, NULL, nonce, NULL) == 1
        && EVP_EncryptUpdate(cipher->sealing, NULL, &length, bound, (int)bound_count) == 1
        && (count == 0 || EVP_EncryptUpdate(cipher->sealing, out, &length, in, (int)count) == 1)
        && EVP_EncryptFinal_ex(cipher->sealing, tag, &rest) == 1 && rest == 0
        && EVP_CIPHER_CTX_ctrl(cipher->sealing, EVP_CTRL_AEAD_GET_TAG, CCRYPTO_TAG_BYTES, tag) == 1;
}

bool ccrypto_aead_open(
    ccrypto_aead *cipher, const uint8_t nonce[CCRYPTO_NONCE_BYTES], const void *bound, size_t bound_count,
    const void *in, size_t count, void *out, const uint8_t tag[CCRYPTO_TAG_BYTES]) {
    int length = 0, rest = 0;
    uint8_t expected[CCRYPTO_TAG_BYTES], none[CCRYPTO_TAG_BYTES];
    if (count > CCRYPTO_LARGEST || bound_count > CCRYPTO_LARGEST) { return false; }
    for (int index = 0; index < CCRYPTO_TAG_BYTES; index++) { expected[index] = tag[index]; }
    return EVP_DecryptInit_ex2(cipher->opening, NULL, NULL, nonce, NULL) == 1
        && EVP_DecryptUpdate(cipher->opening, NULL, &length, bound, (int)bound_count) == 1
        && (count == 0 || EVP_DecryptUpdate(cipher->opening, out, &length, in, (int)count) == 1)
        && EVP_CIPHER_CTX_ctrl(cipher->opening, EVP_CTRL_AEAD_SET_TAG, CCRYPTO_TAG_BYTES, expected) == 1
        && EVP_DecryptFinal_ex(cipher->opening, none, &rest) == 1 && rest == 0;
}

bool ccrypto_hkdf(
    const void *key, size_t key_count, const void *salt, size_t salt_count, const void *info, size_t info_count,
    void *out, size_t count) {
    EVP_KDF *algorithm = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = algorithm == NULL ? NULL : EVP_KDF_CTX_new(algorithm);
    // OpenSSL takes its parameters without const, and does not change them.
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, "SHA256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, key_count),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt, salt_count),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_count),
        OSSL_PARAM_construct_end(),
    };
    bool succeeded = context != NULL && EVP_KDF_derive(context, out, count, parameters) == 1;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(algorithm);
    return succeeded;
}
