import BackupModel
import CTLS
import NIOCore
import NIOPosix

/// Why there is no TLS, in OpenSSL's words and ours.
struct TLSFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }

    init(_ failure: ctls_failure) {
        let said = withUnsafeBytes(of: failure.words) { printable($0.prefix { $0 != 0 }) }
        description =
            switch failure.cause {
            case ctls_cause_certificate: "its certificate is not accepted: \(said)"
            case ctls_cause_no_tls: "it does not speak TLS on this port: \(said)"
            case ctls_cause_refused: "it refuses our TLS: \(said)"
            default: said
            }
    }
}

/// Whom to trust: the certificates of one file, or the system's.
// @unchecked: an SSL_CTX counts its references atomically, and nothing changes it once it is made.
final class TLSTrust: @unchecked Sendable {
    fileprivate let context: OpaquePointer

    init(caFile: String?) throws {
        var failure = ctls_failure()
        guard let made = ctls_context_new(caFile, &failure) else { throw TLSFailure(failure) }
        context = made
    }

    deinit { ctls_context_free(context) }
}

/// Reads the certificates to trust, away from the cooperative pool: a bundle of the system takes milliseconds.
func readTrust(caFile: String?) async throws(Trouble) -> TLSTrust {
    do {
        return try await NIOThreadPool.singleton.runIfActive { try TLSTrust(caFile: caFile) }
    } catch {
        throw .settings("the certificates to trust cannot be read: \(words(of: error))")
    }
}

/// One connection's encryption, between buffers; it never waits.
final class TLSSession {
    private let session: OpaquePointer

    /// `host` is what the certificate must be for: a name, or an address as an address.
    init(_ trust: TLSTrust, host: String) throws {
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        // RFC 6066: no dot at the end. A NUL would end the name early, and another one would be verified.
        let name = host.hasSuffix(".") && !isAddress ? String(host.dropLast()) : host
        guard !name.utf8.contains(0), let made = ctls_session_new(trust.context, name, isAddress) else {
            throw TLSFailure("no TLS is possible with a server of this name")
        }
        session = made
    }

    deinit { ctls_session_free(session) }

    /// Takes what came from the network.
    func feed(_ bytes: ByteBuffer) throws {
        guard bytes.withUnsafeReadableBytes({ ctls_feed(session, $0.baseAddress, $0.count) }) else {
            throw TLSFailure("no memory")
        }
    }

    /// What is to go to the network now.
    func drained(_ allocator: ByteBufferAllocator) -> ByteBuffer? {
        let count = ctls_pending(session)
        guard count > 0 else { return nil }
        var buffer = allocator.buffer(capacity: count)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) {
            ctls_drain(session, $0.baseAddress, $0.count)
        }
        return buffer
    }

    /// True once both sides have shown what they must.
    func shakeHands() throws -> Bool {
        var failure = ctls_failure()
        switch ctls_handshake(session, &failure) {
        case ctls_done: return true
        case ctls_starved: return false
        case ctls_ended: throw TLSFailure("it ended the handshake")
        default: throw TLSFailure(failure)
        }
    }

    enum Decrypted {
        case bytes(ByteBuffer)
        case starved
        case ended
    }

    /// At most one record of plain text.
    func read(_ allocator: ByteBufferAllocator) throws -> Decrypted {
        // RFC 8446 5.1: a record holds at most 2^14 bytes.
        var buffer = allocator.buffer(capacity: 16_384)
        var failure = ctls_failure()
        var count = 0
        var outcome = ctls_failed
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 16_384) {
            outcome = ctls_read(session, $0.baseAddress, $0.count, &count, &failure)
            return count
        }
        switch outcome {
        case ctls_done: return .bytes(buffer)
        case ctls_starved: return .starved
        case ctls_ended: return .ended
        default: throw TLSFailure(failure)
        }
    }

    func write(_ bytes: ByteBuffer) throws {
        var failure = ctls_failure()
        let outcome = bytes.withUnsafeReadableBytes { ctls_write(session, $0.baseAddress, $0.count, &failure) }
        guard outcome == ctls_done else { throw TLSFailure(failure) }
    }

    /// Tells the other side that nothing more comes.
    func end() { ctls_end(session) }
}
