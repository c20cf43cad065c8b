import BackupModel
import WorkerKit

/// SHA-256 as text, which everybody at 3 a.m. has a program for.
enum Digest {
    static func sha256(_ bytes: [UInt8]) throws(FormatFault) -> String {
        do {
            let hasher = try BlobHasher(.sha256)
            bytes.withUnsafeBytes { hasher.update($0) }
            return try hasher.finish().description
        } catch { throw .unavailable(error.message) }
    }
}
