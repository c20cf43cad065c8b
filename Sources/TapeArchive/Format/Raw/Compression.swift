import WorkerKit

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

/// Packs frame after frame; an adapter runs the program of `Compression.packing`.
package protocol FrameCompressor: AnyObject {
    /// More of the frame; gives what is packed already.
    func put(_ bytes: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) throws -> Void) throws
    /// Ends the frame, which is decodable alone; the next `put` begins another.
    func end(_ take: (UnsafeRawBufferPointer) throws -> Void) throws
}

/// A child for each frame.
package final class ChildCompressor: FrameCompressor {
    private let arguments: [String]
    private var filter: ChildFilter?

    package init(_ compression: Compression) { arguments = compression.packing }

    package func put(_ bytes: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        let filter = try filter ?? ChildFilter(arguments)
        self.filter = filter
        try filter.put(bytes, take)
    }

    package func end(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        try put(UnsafeRawBufferPointer(start: nil, count: 0), take)
        try filter?.finish(take)
        filter = nil
    }
}

/// Cuts an archive's stream into frames and sends each on packed: the sink of an `ArchiveWriter`.
///
/// The packed stream is cut into parts at any byte, with no heads in it: `cat` puts it together.
package struct FrameCutter<Packer: FrameCompressor, Sink: ByteSink>: ByteSink {
    /// Bytes of the stream in a frame but the last.
    package static var frameBytes: Int { 64 << 20 }

    package var sink: Sink
    private let packer: Packer
    /// Where each frame begins: in the plain stream, and in the packed one. For an index that finds a file in it.
    package private(set) var frames: [IndexFacts.FramePlace] = [IndexFacts.FramePlace(plain: 0, packed: 0)]
    private var packedBytes: Int64 = 0
    private var plainBytes: Int64 = 0
    private var room: Int
    private let limit: Int

    package init(_ packer: Packer, into sink: Sink, frameBytes: Int = FrameCutter.frameBytes) {
        self.packer = packer
        self.sink = sink
        limit = frameBytes
        room = frameBytes
    }

    package mutating func put(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            if room == 0 { try endFrame() }
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(room))
            try packer.put(piece) { try send($0) }
            plainBytes += Int64(piece.count)
            room -= piece.count
            rest = UnsafeRawBufferPointer(rebasing: rest[piece.count...])
        }
    }

    /// Ends the last frame, and the sink behind.
    package mutating func finish() throws {
        try packer.end { try send($0) }
        try sink.finish()
    }

    private mutating func endFrame() throws {
        try packer.end { try send($0) }
        frames.append(IndexFacts.FramePlace(plain: plainBytes, packed: packedBytes))
        room = limit
    }

    private mutating func send(_ packed: UnsafeRawBufferPointer) throws {
        packedBytes += Int64(packed.count)
        try sink.put(packed)
    }
}
