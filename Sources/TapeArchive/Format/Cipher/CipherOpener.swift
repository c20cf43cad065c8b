import WorkerKit

/// Decrypts a stream that is pushed to it, and lets nothing through that is not authentic, in order and whole; or, where
/// damage is tolerated, bytes of 255 in the place of a frame that is not.
package struct CipherOpener<Sink: ByteSink> {
    package var sink: Sink
    /// Id of the master key, once the header was read.
    package private(set) var keyID: String?
    private let keys: (String) -> ArchiveKey?
    private var cipher: AuthenticatedCipher?
    private var header: CipherHeader?
    private var headerBytes: [UInt8] = []
    private var pending: [UInt8] = []
    private var frame: UInt64 = 0
    private var isDone = false
    private let toleratesDamage: Bool
    /// Frames that were not authentic.
    package private(set) var damaged = 0

    /// `keys`: the key of an id, or nil if it is not at hand.
    package init(into sink: Sink, keys: @escaping (String) -> ArchiveKey?, toleratesDamage: Bool = false) {
        self.sink = sink
        self.keys = keys
        self.toleratesDamage = toleratesDamage
    }

    /// Throws `notAuthentic` and `badKey`; what reached the sink before is authentic.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            guard !isDone else {
                guard toleratesDamage else { throw FormatFault.notAuthentic("bytes behind the last frame") }
                damaged += 1
                return
            }
            let piece = min(rest.count, wanted - pending.count)
            pending.append(contentsOf: rest[..<piece])
            rest = UnsafeRawBufferPointer(rebasing: rest[piece...])
            if pending.count == wanted { try step() }
        }
    }

    /// No more bytes come. Throws `notAuthentic` when the last frame was not among them.
    package func finish() throws(FormatFault) {
        guard isDone else { throw .notAuthentic("the stream is cut short: its last frame is missing") }
    }

    private var wanted: Int {
        guard header != nil else { return CipherHeader.length }
        return pending.count < 4 ? 4 : 4 + length + AuthenticatedCipher.tagBytes
    }

    private var word: UInt32 { pending.prefix(4).reduce(0) { $0 << 8 | UInt32($1) } }
    private var length: Int { Int(word & 0x7fff_ffff) }

    private mutating func step() throws {
        guard let header, let cipher else { return try begin() }
        if pending.count == 4 {
            let isLast = word >> 31 == 1
            if isLast ? length <= header.frameBytes : length == header.frameBytes { return }
            guard toleratesDamage else { throw FormatFault.notAuthentic("frame \(frame) has no valid length") }
            // All but the last are of one length.
            pending = CipherHeader.prefix(header.frameBytes, isLast: false)
            return
        }
        let bound = headerBytes + pending.prefix(4)
        var plain = cipher.open(pending[4...], nonce: CipherHeader.nonce(frame), bound: bound)
        if plain == nil, toleratesDamage {
            damaged += 1
            plain = [UInt8](repeating: 255, count: length)
        }
        guard let plain else {
            throw FormatFault.notAuthentic("frame \(frame) was changed, exchanged, or is under another key")
        }
        isDone = word >> 31 == 1
        frame += 1
        pending.removeAll(keepingCapacity: true)
        try plain.withUnsafeBytes { try sink.put($0) }
    }

    private mutating func begin() throws {
        guard let found = CipherHeader(pending[...]) else {
            throw FormatFault.notAuthentic("no encrypted stream of ours begins here")
        }
        keyID = found.key
        guard let key = keys(found.key) else { throw FormatFault.badKey("the key \(found.key) is needed") }
        cipher = try key.derived(salt: found.salt)
        header = found
        headerBytes = pending
        pending.removeAll(keepingCapacity: true)
    }
}
