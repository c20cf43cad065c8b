import WorkerKit

/// Encrypts a stream on its way to the next sink, in authenticated frames. It keeps one frame.
package struct CipherSealer<Sink: ByteSink>: ByteSink {
    package var sink: Sink
    private let cipher: AuthenticatedCipher
    private let header: CipherHeader
    private let headerBytes: [UInt8]
    private var frame: [UInt8] = []
    private var count: UInt64 = 0

    /// Writes the header. `salt`: 32 fresh random bytes for each archive; with one used twice under a key, both
    /// archives could be read by anybody. Throws `badKey`, `unavailable`, and what the sink throws.
    package init(_ key: ArchiveKey, salt: [UInt8], into sink: Sink, frameBytes: Int = 1 << 20) throws {
        guard salt.count == 32, CipherHeader.frames.contains(frameBytes) else {
            throw FormatFault.badKey("a salt has 32 bytes, a frame at most 16 MiB")
        }
        header = try CipherHeader(key: key.id(), salt: salt, frameBytes: frameBytes)
        headerBytes = header.bytes
        cipher = try key.derived(salt: salt)
        self.sink = sink
        try headerBytes.withUnsafeBytes { try self.sink.put($0) }
    }

    package mutating func put(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            // A full frame waits until more comes: the last one is marked as such.
            if frame.count == header.frameBytes { try flush(isLast: false) }
            let piece = min(rest.count, header.frameBytes - frame.count)
            frame.append(contentsOf: rest[..<piece])
            rest = UnsafeRawBufferPointer(rebasing: rest[piece...])
        }
    }

    /// Sends the last frame, which tells a reader that nothing is missing, and ends the sink behind.
    package mutating func finish() throws {
        try flush(isLast: true)
        try sink.finish()
    }

    private mutating func flush(isLast: Bool) throws {
        let prefix = CipherHeader.prefix(frame.count, isLast: isLast)
        let sealed = frame.withUnsafeBytes {
            cipher.seal($0, nonce: CipherHeader.nonce(count), bound: headerBytes + prefix)
        }
        guard let sealed else { throw FormatFault.unavailable("libcrypto cannot encrypt") }
        count += 1
        frame.removeAll(keepingCapacity: true)
        try prefix.withUnsafeBytes { try sink.put($0) }
        try sealed.withUnsafeBytes { try sink.put($0) }
    }
}
