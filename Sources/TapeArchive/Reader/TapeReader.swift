package import WorkerKit

/// Puts the volume with that label and nonce into a drive.
package protocol VolumeFinder: Sendable {
    /// Nil: cancelled. The reader looks at the label by itself. `refused`: why the last answer was none.
    func find(label: String, nonce: String, refused: MountRefusal?) async throws -> (any TapeDrive)?
}

/// Reads tapes, on a thread of its own.
package actor TapeReader {
    private let executor: ThreadExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let finder: any VolumeFinder
    private let keys: @Sendable (String) -> ArchiveKey?
    let scratch: PathBytes
    private var mounted: (drive: any TapeDrive, label: VolumeLabel)?

    /// `keys`: the key of an id, or nil if it is not at hand. `scratch`: a folder on disk with room for a listing.
    /// Throws `ThreadError`.
    package init(
        finder: any VolumeFinder, keys: @escaping @Sendable (String) -> ArchiveKey? = { _ in nil },
        scratch: PathBytes = "/var/tmp"
    ) throws {
        self.keys = keys
        self.scratch = scratch
        executor = try ThreadExecutor(name: "tape reader")
        self.finder = finder
    }

    /// A block that could not be read; bytes of 255 were given in its place (F22).
    package struct Damage: Hashable, Sendable {
        package var label: String
        package var file: Int
        /// Of the tape file, from 0.
        package var block: Int64
        /// Of the archive's stream, as far as it was in that block.
        package var offset: Int64
        package var words: String

        init(label: String, file: Int, block: Int64, offset: Int64, words: String) {
            self.label = label
            self.file = file
            self.block = block
            self.offset = offset
            self.words = words
        }

        /// Somewhere in a part.
        init(_ part: StoredPart, words: String) {
            self.init(label: part.label, file: part.file, block: -1, offset: part.offset, words: words)
        }
    }

    /// What is on the tape in this drive.
    package func look(at drive: any TapeDrive) throws(TapeFault) -> VolumeReading { try VolumeReading.read(drive) }

    /// Gives an archive, or an index, to a sink, part after part, each checked to be the next (F28).
    ///
    /// `frames`: of the index, for an archive that is compressed. Throws `FormatFault.wrongPart` and `badKey`,
    /// `MountRefusal`, `CancellationError`, faults of the drive, and what the sink throws.
    package func read<Sink: ArchiveSink & Sendable>(
        _ parts: [StoredPart], frames: [IndexFacts.FramePlace] = [], into sink: sending Sink
    ) async throws -> (sink: Sink, damage: [Damage]) {
        if let first = parts.first, first.isRaw { return try await readRaw(parts, frames, into: sink) }
        var reader = SpanReader(sink)
        var damage: [Damage] = []
        for part in parts {
            let drive = try await mount(part)
            reader.beginPart()
            try feed(part, from: drive, damage: &damage) { try reader.feed($0) }
        }
        try reader.finish()
        return (reader.tar.sink, damage)
    }

    private func readRaw<Sink: ArchiveSink & Sendable>(
        _ parts: [StoredPart], _ frames: [IndexFacts.FramePlace], into sink: sending Sink
    ) async throws -> (sink: Sink, damage: [Damage]) {
        var order = RawPartOrder()
        var stream: RawStream<Sink>?
        var damage: [Damage] = []
        for part in parts {
            let drive = try await mount(part)
            let front = try front(of: part, drive)
            try order.begin(front)
            let open = stream ?? RawStream(front, frames: frames, keys: keys, sink: sink)
            stream = open
            try feed(part, from: drive, damage: &damage) {
                order.advance($0.count)
                try open.feed($0)
            }
            damage += open.takeBroken().map { Damage(part, words: $0) }
        }
        guard let stream, let last = parts.last else { throw CancellationError() }
        try stream.finish()
        return (stream.sink, damage + stream.takeBroken().map { Damage(last, words: $0) })
    }

    /// The text before a raw part; throws `wrongPart` where there is another.
    private func front(of part: StoredPart, _ drive: any TapeDrive) throws -> PartFacts {
        try drive.rewind()
        try drive.spaceFilemarks(part.file - 1)
        var buffer = BlockBuffer()
        var bytes: [UInt8] = []
        while bytes.count <= SmallTar.largest, case .block(let count) = try buffer.read(drive) {
            bytes += buffer.bytes(count)
        }
        guard let facts = RawPart.read(bytes[...]) else {
            throw FormatFault.wrongPart(
                wanted: "the text of part \(part.part) in tape file \(part.file - 1) of \(part.label)",
                found: "something else")
        }
        return facts
    }

    /// Lets go of the tape.
    package func unmount() { mounted = nil }

    private func mount(_ part: StoredPart) async throws -> any TapeDrive {
        var refused: MountRefusal?
        while true {
            if let mounted, mounted.label.nonce == part.nonce { return mounted.drive }
            mounted = nil
            guard let drive = try await finder.find(label: part.label, nonce: part.nonce, refused: refused) else {
                throw CancellationError()
            }
            do {
                let label = try VolumeMount.identify(drive)
                if label.nonce == part.nonce {
                    mounted = (drive, label)
                } else {
                    refused = .wrongVolume(wanted: "\(part.label) (\(part.nonce))", found: label)
                }
            } catch let refusal as MountRefusal { refused = refusal }
        }
    }

    private func feed(
        _ part: StoredPart, from drive: any TapeDrive, damage: inout [Damage],
        _ take: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        guard let size = mounted?.label.blockSize else { throw CancellationError() }
        try drive.rewind()
        try drive.spaceFilemarks(part.file)
        let first = try drive.position().block
        let frame = PartFrame(start: part.offset, headBytes: part.headBytes, blockSize: size)
        var buffer = BlockBuffer(size: size)
        for index in 0..<part.blocks {
            do {
                guard case .block(let count) = try buffer.read(drive) else {
                    throw TapeFault(.endOfData, operation: "read", detail: "the tape file is shorter than it was")
                }
                try buffer.bytes(count).withUnsafeBytes(take)
            } catch let fault as TapeFault where fault.kind == .mediumError {
                damage.append(
                    Damage(
                        label: part.label, file: part.file, block: index,
                        offset: frame.streamOffset(afterBlocks: index), words: Words.of(fault)))
                // Zeros would be taken for the archive's end where a header belongs. A raw part's last block may be short.
                let left = part.isRaw ? part.length - index * Int64(size) : .max
                try [UInt8](repeating: 255, count: Int(min(left, Int64(size)))).withUnsafeBytes(take)
                try drive.locate(first + index + 1)
            }
        }
    }
}
