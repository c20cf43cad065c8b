#define _GNU_SOURCE
#include "CTLS.h"
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Every ctls_context is an SSL_CTX and nothing else.
static SSL_CTX *of(const ctls_context *context) { return (SSL_CTX *)context; }

struct ctls_session {
    SSL *ssl;
    // Both belong to `ssl`.
    BIO *from_network;
    BIO *to_network;
};

static enum ctls_cause cause_of(unsigned long error) {
    if (ERR_GET_LIB(error) != ERR_LIB_SSL) { return ctls_cause_other; }
    int reason = ERR_GET_REASON(error);
    // SSL_AD_REASON_OFFSET + the number of an alert that came.
    if (reason >= SSL_AD_REASON_OFFSET) { return ctls_cause_refused; }
    switch (reason) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
        return ctls_cause_certificate;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_BAD_RECORD_TYPE:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
        return ctls_cause_no_tls;
    default:
        return ctls_cause_other;
    }
}

/// Empties OpenSSL's queue of errors; the oldest of them is the reason of the others.
static void explain(const SSL *ssl, struct ctls_failure *failure) {
    unsigned long error = ERR_get_error();
    ERR_clear_error();
    failure->cause = cause_of(error);
    const char *words = NULL;
    char system[128];
    if (failure->cause == ctls_cause_certificate && ssl != NULL) {
        words = X509_verify_cert_error_string(SSL_get_verify_result(ssl));
    } else if (ERR_SYSTEM_ERROR(error)) {
        words = strerror_r(ERR_GET_REASON(error), system, sizeof system);
    } else if (error != 0) {
        words = ERR_reason_error_string(error);
    }
    snprintf(failure->words, sizeof failure->words, "%s", words != NULL ? words : "OpenSSL gives no reason");
}

ctls_context *ctls_context_new(const char *ca_file, struct ctls_failure *failure) {
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    bool is_made = context != NULL;
    // The system's own configuration may ask for more, never for less.
    if (is_made && SSL_CTX_get_min_proto_version(context) < TLS1_2_VERSION) {
        is_made = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1;
    }
    if (is_made && ca_file != NULL) {
        is_made = SSL_CTX_load_verify_file(context, ca_file) == 1;
    } else if (is_made) {
        is_made = SSL_CTX_set_default_verify_paths(context) == 1;
    }
    if (!is_made) {
        explain(NULL, failure);
        SSL_CTX_free(context);
        return NULL;
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return (ctls_context *)context;
}

void ctls_context_free(ctls_context *context) { SSL_CTX_free(of(context)); }

static bool demand_name(SSL *ssl, const char *name, bool is_address) {
    if (name[0] == '\0') { return false; }
    X509_VERIFY_PARAM *wanted = SSL_get0_param(ssl);
    if (is_address) { return X509_VERIFY_PARAM_set1_ip_asc(wanted, name) == 1; }
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

ctls_session *ctls_session_new(const ctls_context *context, const char *name, bool is_address) {
    ERR_clear_error();
    ctls_session *session = calloc(1, sizeof *session);
    if (session == NULL) { return NULL; }
    session->ssl = SSL_new(of(context));
    session->from_network = BIO_new(BIO_s_mem());
    session->to_network = BIO_new(BIO_s_mem());
    if (session->ssl == NULL || session->from_network == NULL || session->to_network == NULL) {
        BIO_free(session->from_network);
        BIO_free(session->to_network);
        SSL_free(session->ssl);
        free(session);
        ERR_clear_error();
        return NULL;
    }
    // Empty means "later", not "end".
    BIO_set_mem_eof_return(session->from_network, -1);
    BIO_set_mem_eof_return(session->to_network, -1);
    SSL_set_bio(session->ssl, session->from_network, session->to_network);
    SSL_set_connect_state(session->ssl);
    if (!demand_name(session->ssl, name, is_address)) {
        ctls_session_free(session);
        ERR_clear_error();
        return NULL;
    }
    return session;
}

void ctls_session_free(ctls_session *session) {
    if (session == NULL) { return; }
    SSL_free(session->ssl);
    free(session);
}

bool ctls_feed(ctls_session *session, const void *bytes, size_t count) {
    size_t taken = 0;
    return count == 0 || (BIO_write_ex(session->from_network, bytes, count, &taken) == 1 && taken == count);
}

size_t ctls_pending(const ctls_session *session) { return BIO_ctrl_pending(session->to_network); }

size_t ctls_drain(ctls_session *session, void *out, size_t room) {
    size_t count = 0;
    return BIO_read_ex(session->to_network, out, room, &count) == 1 ? count : 0;
}

static enum ctls_outcome outcome(ctls_session *session, int result, struct ctls_failure *failure) {
    if (result == 1) { return ctls_done; }
    switch (SSL_get_error(session->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return ctls_starved;
    case SSL_ERROR_ZERO_RETURN:
        return ctls_ended;
    default:
        explain(session->ssl, failure);
        return ctls_failed;
    }
}

enum ctls_outcome ctls_handshake(ctls_session *session, struct ctls_failure *failure) {
    ERR_clear_error();
    return outcome(session, SSL_do_handshake(session->ssl), failure);
}

enum ctls_outcome ctls_read(
    ctls_session *session, void *out, size_t room, size_t *count, struct ctls_failure *failure) {
    ERR_clear_error();
    return outcome(session, SSL_read_ex(session->ssl, out, room, count), failure);
}

enum ctls_outcome ctls_write(ctls_session *session, const void *bytes, size_t count, struct ctls_failure *failure) {
    if (count == 0) { return ctls_done; }
    size_t written = 0;
    ERR_clear_error();
    // Memory takes all at once: less than all is a failure.
    return outcome(session, SSL_write_ex(session->ssl, bytes, count, &written), failure);
}

void ctls_end(ctls_session *session) {
    ERR_clear_error();
    SSL_shutdown(session->ssl);
    ERR_clear_error();
}
