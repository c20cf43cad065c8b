import BackupModel
import WorkerKit

/// Takes the bytes of raw parts, in order, and gives the archive in them to a sink: decrypted, unpacked, read.
///
/// What cannot be decrypted or unpacked is bytes of 255 in the archive's stream, and told as damage. Where the places of
/// frames are known a broken one costs no more than itself.
final class RawStream<Sink: ArchiveSink> {
    private let unpacker: Unpacker<Sink>
    private var opener: CipherOpener<Unpacker<Sink>>?
    private var brokenSeals = 0

    /// `front`: of the first part. `frames`: of the archive's index, if that is at hand.
    init(
        _ front: PartFacts, frames: [IndexFacts.FramePlace], keys: @escaping (String) -> ArchiveKey?, sink: Sink
    ) {
        unpacker = Unpacker(front.compression, frames, TarReader(sink))
        if !front.key.isEmpty { opener = CipherOpener(into: unpacker, keys: keys, toleratesDamage: true) }
    }

    var sink: Sink { unpacker.tar.sink }

    func feed(_ bytes: UnsafeRawBufferPointer) throws {
        guard opener != nil else { return try unpacker.put(bytes) }
        try opener?.feed(bytes)
    }

    /// No part is left: tells of what is missing.
    func finish() throws {
        do { try opener?.finish() } catch { unpacker.broken.append("the encrypted stream is cut short") }
        try unpacker.finish()
        try unpacker.tar.finish()
    }

    /// What broke since the last call, in words.
    func takeBroken() -> [String] {
        let seals = opener?.damaged ?? 0
        defer {
            unpacker.broken = []
            brokenSeals = seals
        }
        return unpacker.broken
            + (seals > brokenSeals ? ["\(seals - brokenSeals) encrypted frames are not what was written"] : [])
    }
}

/// Unpacks frame after frame.
private final class Unpacker<Sink: ArchiveSink>: ByteSink {
    var tar: TarReader<Sink>
    var broken: [String] = []
    private let compression: Compression
    /// Without places the whole stream is one frame.
    private var frames: ArraySlice<IndexFacts.FramePlace>
    private var filter: ChildFilter?
    private var taken: Int64 = 0
    private var plain: Int64 = 0
    /// The frame in hand failed: the rest of it is passed over.
    private var isPassing = false

    init(_ compression: Compression, _ frames: [IndexFacts.FramePlace], _ tar: TarReader<Sink>) {
        self.compression = compression
        self.frames = frames.dropFirst()
        self.tar = tar
    }

    func put(_ bytes: UnsafeRawBufferPointer) throws {
        guard !compression.isPlain else { return try tar.feed(bytes) }
        var rest = bytes
        while !rest.isEmpty {
            let room = frames.first.map { max(0, $0.packed - taken) } ?? .max
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(min(room, Int64(rest.count)))))
            try unpack(piece)
            taken += Int64(piece.count)
            rest = UnsafeRawBufferPointer(rebasing: rest[piece.count...])
            if let next = frames.first, taken >= next.packed {
                try endFrame()
                frames = frames.dropFirst()
            }
        }
    }

    func finish() throws { if !compression.isPlain { try endFrame() } }

    private func unpack(_ piece: UnsafeRawBufferPointer) throws {
        guard !isPassing else { return }
        try attempt {
            let running = try filter ?? ChildFilter(compression.unpacking)
            filter = running
            try running.put(piece, take)
        }
    }

    private func endFrame() throws {
        if let running = filter, !isPassing { try attempt { try running.finish(take) } }
        filter = nil
        isPassing = false
        // What is missing of it, so that the next frame is read where it belongs.
        guard let next = frames.first, plain < next.plain else { return }
        let fill = [UInt8](repeating: 255, count: 1 << 16)
        while plain < next.plain {
            try fill.withUnsafeBytes {
                try take(UnsafeRawBufferPointer(rebasing: $0.prefix(Int(min(next.plain - plain, 1 << 16)))))
            }
        }
    }

    private func attempt(_ body: () throws -> Void) throws {
        do { try body() } catch let failure as Failure where failure.code == "PROGRAM_FAILED" {
            broken.append("a packed frame is broken (\(failure.message))")
            isPassing = true
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) throws {
        plain += Int64(bytes.count)
        try tar.feed(bytes)
    }
}
