import BackupModel
import TapeArchive
import WorkerKit

/// A tree read ahead, hashed and written as an archive into memory that nobody reads.
enum SourceBenchmark {
    private struct Sink: ByteSink {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        var at = 0

        mutating func put(_ bytes: UnsafeRawBufferPointer) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = min(rest.count, memory.count - at)
                UnsafeMutableRawBufferPointer(rebasing: memory[at...]).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: rest.prefix(piece)))
                rest = rest.dropFirst(piece)
                at = (at + piece) % memory.count
            }
        }
    }

    /// Prints one `key value` a line.
    static func measure(_ path: String, readers: Int) throws {
        var archive = ArchiveWriter(into: Sink())
        var tally = SourceTally()
        let time = try Duration.of {
            let reader = try SourceReader(
                SourcePlan([PathBytes(path)]), files: LinuxFiles(side: .source), limits: ReadLimits(readers: readers))
            while let event = try reader.next() { try put(event, into: &archive) }
            try archive.close()
            tally = reader.tally
        }
        archive.sink.memory.deallocate()
        print("files", tally.files)
        print("warnings", tally.warnings)
        print("archive_bytes", archive.offset)
        print("seconds", time.seconds)
        print("megabytes_per_second", Int(Double(archive.offset) / time.seconds / 1e6))
    }

    private static func put(_ event: SourceEvent, into archive: inout ArchiveWriter<Sink>) throws {
        switch event {
        case .entry(let entry):
            try archive.begin(entry.entry)
            switch entry.content {
            case .none: try archive.finish()
            case .whole(let data, _):
                try data?.withBytes { try archive.write($0) }
                try archive.finish()
            case .stream: break
            }
        case .data(let data): try data.withBytes { try archive.write($0) }
        case .end: try archive.finish()
        case .deleted, .warning: break
        }
    }
}
