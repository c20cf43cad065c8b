package import BackupModel
import Foundation

/// What goes into the log for machines, and how much of it stays.
package struct LogKeeping: Hashable, Sendable {
    /// The least severe event that is written.
    package var level: Severity
    /// Bytes at which the file is put aside.
    package var maxBytes: Int64
    /// Days after its last line for which a file put aside stays.
    package var days: Double

    package init(level: Severity = .debug, maxBytes: Int64 = 100 << 20, days: Double = 90) {
        self.level = level
        self.maxBytes = maxBytes
        self.days = days
    }
}

/// The log for machines: one JSON object a line with stable codes, appended to a file that is rotated by size.
///
/// A line that cannot be written is counted and never stops the engine (A8).
final class JSONLinesFile {
    var keeping: LogKeeping
    private let path: String
    private var handle: FileHandle?
    private var written: Int64 = 0
    /// When the file put aside was last looked at, by the events' clock.
    private var lookedAt: WallTime?
    private(set) var dropped = 0

    init(path: String, keeping: LogKeeping = LogKeeping()) {
        self.path = path
        self.keeping = keeping
    }

    func append(_ event: Event) {
        forgetOld(event.at)
        guard event.severity >= keeping.level else { return }
        do {
            var line = try JSONEncoder.log.encode(LogLine(event))
            line.append(10)
            let file = try opened()
            try file.write(contentsOf: line)
            written += Int64(line.count)
            if written >= keeping.maxBytes { try rotate() }
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

    /// Removes the file put aside when its last line is too old; looked for once an hour, and after the clock went back.
    private func forgetOld(_ now: WallTime) {
        if let lookedAt, (0..<3600).contains(now.seconds(since: lookedAt)) { return }
        lookedAt = now
        var status = stat()
        guard lstat(path + ".1", &status) == 0 else { return }
        let age = Double(now.milliseconds) / 1000 - Double(status.st_mtim.tv_sec)
        if age > keeping.days * 86_400 { _ = unlink(path + ".1") }
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
