package import BackupModel
import CBlake3
import CCrypto

/// Hashes one blob after another by the hash of a store.
///
/// Belongs to one thread at a time, so each worker has its own; none of the calls waits or allocates. Give BLAKE3
/// pieces of 64 KiB and more: it hashes sixteen chunks of 1 KiB side by side.
package final class BlobHasher {
    package let kind: HashKind
    private let engine: Engine

    /// Whether a call to libcrypto failed since the blob was begun.
    private var isBroken = false

    private enum Engine {
        case blake3(UnsafeMutablePointer<cblake3_hasher>)
        case sha256(OpaquePointer)
    }

    /// Begins the first blob. Throws `HASH_UNAVAILABLE` if libcrypto cannot give SHA-256.
    package init(_ kind: HashKind) throws(Failure) {
        self.kind = kind
        switch kind {
        case .blake3:
            let hasher = UnsafeMutablePointer<cblake3_hasher>.allocate(capacity: 1)
            cblake3_init(hasher)
            engine = .blake3(hasher)
        case .sha256:
            guard let hasher = ccrypto_sha256_new() else { throw Self.unavailable }
            engine = .sha256(hasher)
        }
    }

    deinit {
        switch engine {
        case .blake3(let hasher): hasher.deallocate()
        case .sha256(let hasher): ccrypto_sha256_free(hasher)
        }
    }

    /// Appends to the blob.
    package func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        switch engine {
        case .blake3(let hasher): cblake3_update(hasher, start, bytes.count)
        case .sha256(let hasher): if !ccrypto_sha256_update(hasher, start, bytes.count) { isBroken = true }
        }
    }

    /// The hash of the blob, and begins the next one. Throws `HASH_UNAVAILABLE` if libcrypto failed on the way.
    package func finish() throws(Failure) -> BlobID {
        defer { reset() }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        let succeeded = withUnsafeMutableBytes(of: &words) { out in
            let out = out.assumingMemoryBound(to: UInt8.self).baseAddress
            switch engine {
            case .blake3(let hasher):
                cblake3_finalize(hasher, out)
                return true
            case .sha256(let hasher): return ccrypto_sha256_finish(hasher, out)
            }
        }
        guard succeeded, !isBroken else { throw Self.unavailable }
        return BlobID(
            words: (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian))
    }

    /// Forgets what was appended and begins another blob.
    package func reset() {
        switch engine {
        case .blake3(let hasher): cblake3_init(hasher)
        case .sha256(let hasher): isBroken = !ccrypto_sha256_begin(hasher)
        }
    }

    private static var unavailable: Failure {
        Failure(
            code: "HASH_UNAVAILABLE", side: .engine, message: "libcrypto cannot compute SHA-256", operation: "sha256",
            hint: "Look whether OpenSSL works here: openssl dgst -sha256 /dev/null.")
    }
}

extension BlobID {
    /// Whether a blob of this hash and size (bytes) may bear the name `id`.
    ///
    /// NTT names the empty blob by SHA-256 even where all others are named by BLAKE3, so that name is right for no
    /// bytes in any store.
    package func matches(id: BlobID, size: UInt64) -> Bool {
        self == id || (size == 0 && id == .emptySHA256)
    }
}
