/// The client's side of TLS by OpenSSL's libssl, between two buffers in memory: no socket, no waiting, no policy about
/// what to send. TLS 1.2 at least; the chain and the name of the server are always verified; no renegotiation.
#ifndef CTLS_H
#define CTLS_H

#include <stdbool.h>
#include <stddef.h>

/// Whom to trust. May be shared between threads once made.
typedef struct ctls_context ctls_context;

/// One connection; belongs to one thread at a time.
typedef struct ctls_session ctls_session;

enum ctls_outcome {
    ctls_done,
    /// More bytes of the other side are needed.
    ctls_starved,
    /// The other side ended its stream properly.
    ctls_ended,
    ctls_failed,
};

enum ctls_cause {
    ctls_cause_other,
    /// The certificate of the other side was not accepted.
    ctls_cause_certificate,
    /// What came is no TLS at all.
    ctls_cause_no_tls,
    /// The other side refused by an alert.
    ctls_cause_refused,
};

struct ctls_failure {
    enum ctls_cause cause;
    /// OpenSSL's words, ended by NUL, never empty.
    char words[256];
};

/// Trusts the certificates of a PEM file, or with NULL those of the system. NULL when they cannot be read.
ctls_context *ctls_context_new(const char *ca_file, struct ctls_failure *failure);
void ctls_context_free(ctls_context *context);

/// A session with the server of that name, which its certificate must have; an address must stand in it as an address.
/// NULL when there is no memory or it is no possible name.
ctls_session *ctls_session_new(const ctls_context *context, const char *name, bool is_address);
void ctls_session_free(ctls_session *session);

/// Takes what came from the network; false without memory.
bool ctls_feed(ctls_session *session, const void *bytes, size_t count);
/// Bytes that wait to go to the network.
size_t ctls_pending(const ctls_session *session);
/// Moves up to `room` of them to `out` and returns how many.
size_t ctls_drain(ctls_session *session, void *out, size_t room);

/// One step of the handshake. After each call of this and the next two there may be bytes to drain; after
/// `ctls_failed` too: the alert that tells the other side.
enum ctls_outcome ctls_handshake(ctls_session *session, struct ctls_failure *failure);
/// Decrypts; `count` bytes are in `out` when done, at least one.
enum ctls_outcome ctls_read(
    ctls_session *session, void *out, size_t room, size_t *count, struct ctls_failure *failure);
/// Encrypts all of them.
enum ctls_outcome ctls_write(ctls_session *session, const void *bytes, size_t count, struct ctls_failure *failure);
/// Ends our stream properly; only after a handshake that is done.
void ctls_end(ctls_session *session);

#endif
