import WorkerKit

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
    private var mounted: (drive: any TapeDrive, label: VolumeLabel)?

    /// Throws `ThreadError`.
    package init(finder: any VolumeFinder) throws {
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
    }

    /// What is on the tape in this drive.
    package func look(at drive: any TapeDrive) throws(TapeFault) -> VolumeReading { try VolumeReading.read(drive) }

    /// Gives an archive, or an index, to a sink, part after part, each checked to be the next (F28).
    ///
    /// Throws `FormatFault.wrongPart`, `MountRefusal`, `CancellationError`, faults of the drive, and what the sink throws.
    package func read<Sink: ArchiveSink & Sendable>(
        _ parts: [StoredPart], into sink: sending Sink
    ) async throws -> (sink: Sink, damage: [Damage]) {
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
                // Zeros would be taken for the archive's end where a header belongs.
                try [UInt8](repeating: 255, count: size).withUnsafeBytes(take)
                try drive.locate(first + index + 1)
            }
        }
    }
}
