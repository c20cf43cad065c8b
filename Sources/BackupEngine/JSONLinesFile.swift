import BackupModel
import Foundation

/// The log for machines: one JSON object a line with stable codes, appended to a file that is rotated by size.
///
/// A line that cannot be written is counted and never stops the engine (A8).
final class JSONLinesFile {
    private let path: String
    private let maxBytes: Int64
    private var handle: FileHandle?
    private var written: Int64 = 0
    private(set) var dropped = 0

    init(path: String, maxBytes: Int64 = 100 << 20) {
        self.path = path
        self.maxBytes = maxBytes
    }

    func append(_ event: Event) {
        do {
            var line = try JSONEncoder.log.encode(LogLine(event))
            line.append(10)
            let file = try opened()
            try file.write(contentsOf: line)
            written += Int64(line.count)
            if written >= maxBytes { try rotate() }
        } catch {
            dropped += 1
            handle = nil
        }
    }

    private func opened() throws -> FileHandle {
        if let handle { return handle }
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o640])
        }
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        // Children must not inherit it (B25).
        _ = fcntl(file.fileDescriptor, F_SETFD, FD_CLOEXEC)
        written = Int64(try file.seekToEnd())
        try endCutLine(file)
        handle = file
        return file
    }

    /// A line that a full disk or a crash cut off must not swallow the next one.
    private func endCutLine(_ file: FileHandle) throws {
        guard written > 0 else { return }
        try file.seek(toOffset: UInt64(written - 1))
        guard try file.read(upToCount: 1) != Data([10]) else { return }
        try file.write(contentsOf: Data([10]))
        written += 1
    }

    /// Keeps one older file beside the current one.
    private func rotate() throws {
        try handle?.close()
        handle = nil
        _ = rename(path, path + ".1")
    }
}

/// An event as the log file has it: the time as text, so that any tool can read it.
private struct LogLine: Encodable {
    var seq: Int64, time: String, level: String, component: String, code: String
    var job: String?, message: String
    var side: String?, errno: Int32?, operation: String?, subject: String?, hint: String?

    init(_ event: Event) {
        seq = event.number
        time = event.at.iso8601(milliseconds: true)
        level = event.severity.word
        component = event.component
        code = event.code
        job = event.job.isEmpty ? nil : event.job
        message = event.message
        side = event.failure?.side.rawValue
        errno = event.failure.flatMap { $0.errno == 0 ? nil : $0.errno }
        operation = event.failure.flatMap { $0.operation.isEmpty ? nil : $0.operation }
        subject = event.failure.flatMap { $0.subject.isEmpty ? nil : printable($0.subject) }
        hint = event.failure.flatMap { $0.hint.isEmpty ? nil : $0.hint }
    }
}

extension JSONEncoder {
    fileprivate static var log: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
