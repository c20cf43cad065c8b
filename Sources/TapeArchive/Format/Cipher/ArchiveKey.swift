import WorkerKit

/// A master key of 32 bytes. Every archive has a key of its own derived from it.
package struct ArchiveKey: Hashable, Sendable {
    package let bytes: [UInt8]

    /// Throws `badKey` for anything but 32 bytes.
    package init(bytes: [UInt8]) throws(FormatFault) {
        guard bytes.count == AuthenticatedCipher.keyBytes else { throw .badKey("a key has 32 bytes") }
        self.bytes = bytes
    }

    /// 16 hex digits that name the key and tell nothing of it: the start of SHA-256 over a fixed text and the key.
    package func id() throws(FormatFault) -> String {
        try String(Digest.sha256(Array("holdfast key id 1".utf8) + bytes).prefix(16))
    }

    /// For one archive, by its random salt.
    func derived(salt: [UInt8]) throws(FormatFault) -> AuthenticatedCipher {
        guard
            let key = AuthenticatedCipher.derive(key: bytes, salt: salt, info: Array("holdfast archive 1".utf8)),
            let cipher = AuthenticatedCipher(key: key)
        else { throw .unavailable("libcrypto cannot do AES-256-GCM") }
        return cipher
    }
}

extension ArchiveKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Never the key, wherever it is printed.
    package var description: String { "a key" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
