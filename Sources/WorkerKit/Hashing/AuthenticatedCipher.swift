import CCrypto

/// AES-256-GCM under one key, by libcrypto; belongs to one thread at a time.
package final class AuthenticatedCipher {
    package static let keyBytes = 32
    package static let tagBytes = 16

    private let cipher: OpaquePointer

    /// Nil for a key that is not 32 bytes long, or if libcrypto refuses the cipher.
    package init?(key: [UInt8]) {
        guard key.count == Self.keyBytes, let cipher = ccrypto_aead_new(key) else { return nil }
        self.cipher = cipher
    }

    deinit { ccrypto_aead_free(cipher) }

    /// The bytes encrypted, and 16 bytes of tag behind them; nil if libcrypto failed. A nonce of 12 bytes is used
    /// once under a key, ever. `bound` is authenticated, not encrypted.
    package func seal(_ bytes: UnsafeRawBufferPointer, nonce: [UInt8], bound: [UInt8]) -> [UInt8]? {
        guard nonce.count == 12 else { return nil }
        var tag = [UInt8](repeating: 0, count: Self.tagBytes)
        var succeeded = false
        var out = [UInt8](unsafeUninitializedCapacity: bytes.count + Self.tagBytes) { buffer, count in
            succeeded = ccrypto_aead_seal(
                cipher, nonce, bound, bound.count, bytes.baseAddress, bytes.count, buffer.baseAddress, &tag)
            count = succeeded ? bytes.count : 0
        }
        out += tag
        return succeeded ? out : nil
    }

    /// The bytes sealed as `seal` gave them, or nil if anything about them was changed.
    package func open(_ sealed: ArraySlice<UInt8>, nonce: [UInt8], bound: [UInt8]) -> [UInt8]? {
        let size = sealed.count - Self.tagBytes
        guard nonce.count == 12, size >= 0 else { return nil }
        let tag = Array(sealed.suffix(Self.tagBytes))
        var succeeded = false
        let out = sealed.withUnsafeBytes { bytes in
            [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                succeeded = ccrypto_aead_open(
                    cipher, nonce, bound, bound.count, bytes.baseAddress, size, buffer.baseAddress, tag)
                count = succeeded ? size : 0
            }
        }
        return succeeded ? out : nil
    }

    /// 32 bytes derived by HKDF-SHA256 (RFC 5869), or nil if libcrypto failed.
    package static func derive(key: [UInt8], salt: [UInt8], info: [UInt8]) -> [UInt8]? {
        var out = [UInt8](repeating: 0, count: keyBytes)
        let succeeded = ccrypto_hkdf(key, key.count, salt, salt.count, info, info.count, &out, out.count)
        return succeeded ? out : nil
    }
}
