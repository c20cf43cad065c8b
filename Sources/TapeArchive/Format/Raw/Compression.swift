/// How an archive's stream is packed. Frames are independent, so that a broken one costs no more than itself.
package enum Compression: String, Hashable, Codable, Sendable, CaseIterable {
    case none, gzip, zstd, lz4

    package var isPlain: Bool { self == .none }

    /// The command that unpacks standard input to standard output, over the frames of all parts.
    package var unpack: String {
        switch self {
        case .none: "cat"
        case .gzip: "gzip -dc"
        case .zstd: "zstd -dc"
        case .lz4: "lz4 -dc"
        }
    }

    /// Program and arguments that pack one frame, standard input to standard output.
    package var packing: [String] {
        switch self {
        case .none: []
        case .gzip: ["gzip", "-6nc"]
        case .zstd: ["zstd", "-3qc"]
        case .lz4: ["lz4", "-1qc"]
        }
    }

    /// The program and arguments that unpack, as `unpack` says it.
    package var unpacking: [String] { isPlain ? [] : unpack.split(separator: " ").map(String.init) }

    /// Of a listing packed with it.
    package var suffix: String {
        switch self {
        case .none: ""
        case .gzip: ".gz"
        case .zstd: ".zst"
        case .lz4: ".lz4"
        }
    }
}

/// Packs one frame; an adapter runs the program of `Compression.packing`, a test needs none.
package protocol FrameCompressor {
    var compression: Compression { get }
    /// The whole frame, decodable alone. Throws `FormatFault.unavailable`.
    mutating func pack(_ frame: UnsafeRawBufferPointer) throws -> [UInt8]
}

/// Cuts an archive's stream into frames and sends each on packed: the sink of an `ArchiveWriter`.
///
/// It keeps one frame. The packed stream is cut into parts at any byte, with no heads in it: `cat` puts it together.
package struct FrameCutter<Packer: FrameCompressor, Sink: ByteSink>: ByteSink {
    /// Bytes of the stream in a frame but the last.
    package static var frameBytes: Int { 64 << 20 }

    package var sink: Sink
    package private(set) var packer: Packer
    /// Where each frame begins: in the plain stream, and in the packed one. For an index that finds a file in it.
    package private(set) var frames: [IndexFacts.FramePlace] = []
    private var packedBytes: Int64 = 0
    private var plainBytes: Int64 = 0
    private var frame: [UInt8] = []
    private let limit: Int

    package init(_ packer: Packer, into sink: Sink, frameBytes: Int = FrameCutter.frameBytes) {
        self.packer = packer
        self.sink = sink
        limit = frameBytes
    }

    package mutating func put(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let piece = min(rest.count, limit - frame.count)
            frame.append(contentsOf: rest[..<piece])
            rest = UnsafeRawBufferPointer(rebasing: rest[piece...])
            if frame.count == limit { try flush() }
        }
    }

    /// Sends the last frame.
    package mutating func finish() throws {
        if !frame.isEmpty || frames.isEmpty { try flush() }
    }

    private mutating func flush() throws {
        let packed = try frame.withUnsafeBytes { try packer.pack($0) }
        frames.append(IndexFacts.FramePlace(plain: plainBytes, packed: packedBytes))
        plainBytes += Int64(frame.count)
        packedBytes += Int64(packed.count)
        frame.removeAll(keepingCapacity: true)
        try packed.withUnsafeBytes { try sink.put($0) }
    }
}
