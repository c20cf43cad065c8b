package import BackupModel
import Glibc
import Synchronization
package import WorkerKit

/// How many logs of runs stay.
package struct RunLogRetention: Hashable, Sendable {
    package var files: Int
    /// Days since a log's last line.
    package var days: Double

    package init(files: Int = 2000, days: Double = 90) {
        self.files = files
        self.days = days
    }
}

/// The logs of runs, one file each, in a folder of their own. Calls block: only threads made for that may make them.
package struct RunLogs: Sendable {
    private let folder: PathBytes
    private let files: any FileCalls
    private let censor: Censor
    private let time: SystemTime

    package init(
        folder: String, files: any FileCalls = LinuxFiles(side: .engine), censor: Censor = Censor(), time: SystemTime
    ) {
        self.folder = PathBytes(folder)
        self.censor = censor
        self.files = files
        self.time = time
    }

    /// A log to write to. One that cannot be made swallows its lines: a full disk stops no job (A8).
    package func begin(_ run: RunID) -> RunLog { RunLog(open(run), files: files, censor: censor, time: time) }

    private func open(_ run: RunID) -> Descriptor? {
        guard let root = try? files.openRoot(folder) else { return nil }
        defer { try? files.close(root) }
        return try? files.open(name(run), beneath: root, .create(mode: 0o640))
    }

    private func name(_ run: RunID) -> PathBytes { PathBytes(run.text + ".log") }

    /// A page of whole lines from a byte on; a run without a log has one empty page.
    package func page(_ run: RunID, from offset: Int64, isOver: Bool) throws(Failure) -> JobLogPage {
        do throws(FileError) {
            let root = try files.openRoot(folder)
            defer { try? files.close(root) }
            return try files.withFile(name(run), beneath: root, .read) { file throws(FileError) in
                RunLogs.page(file, from: max(0, offset), isOver: isOver)
            }
        } catch {
            guard error.errno == ENOENT else { throw error.failure }
            return JobLogPage(lines: [], next: offset, isEnd: isOver)
        }
    }

    private static func page(_ file: Descriptor, from offset: Int64, isOver: Bool) -> JobLogPage {
        var buffer = [UInt8](repeating: 0, count: pageBytes)
        let count = buffer.withUnsafeMutableBytes { pread(file.raw, $0.baseAddress, $0.count, off_t(offset)) }
        let bytes = buffer.prefix(max(0, count))
        // A line that is still being written waits for the next page, unless nothing will come or it fills this one.
        let isLast = count < pageBytes
        let end = bytes.lastIndex(of: 10).map { $0 + 1 } ?? (isOver || !isLast ? bytes.count : 0)
        guard end > 0 else {
            return JobLogPage(lines: [], next: offset, isEnd: isOver && isLast)
        }
        let lines = bytes.prefix(end).split(separator: 10, omittingEmptySubsequences: false).map { readBack($0) }
        let next = offset + Int64(end)
        return JobLogPage(
            lines: bytes.prefix(end).last == 10 ? lines.dropLast() : lines, next: next,
            isEnd: isOver && isLast && end == bytes.count)
    }

    /// A line was escaped when it was written; what else somebody put into the file is escaped now.
    private static func readBack(_ line: ArraySlice<UInt8>) -> String {
        String(decoding: line, as: UTF8.self).tidied(longestLine)
    }

    private static let longestLine = 20_000

    /// Escaped bytes are up to four times as many; a page must fit a frame.
    private static let pageBytes = 48 << 10

    /// Removes the oldest logs beyond the bounds; returns how many.
    @discardableResult
    package func prune(_ keep: RunLogRetention, sparing alive: Set<RunID>) -> Int {
        guard let root = try? files.openRoot(folder) else { return 0 }
        defer { try? files.close(root) }
        var logs: [(name: PathBytes, modified: Int64)] = []
        try? files.list(root) { entry throws(FileError) in
            let name = String(decoding: entry.name.bytes, as: UTF8.self)
            guard name.hasSuffix(".log"), let run = RunID(String(name.dropLast(4))), !alive.contains(run) else {
                return
            }
            logs.append((entry.name, try files.status(at: entry.name, beneath: root).modified.nanoseconds))
        }
        logs.sort { $0.modified > $1.modified }
        let oldest = time.wall().milliseconds * 1_000_000 - Int64(keep.days * 86_400e9)
        let old = logs.enumerated().filter { $0.offset >= keep.files || $0.element.modified < oldest }
        return old.count { (try? files.unlink($0.element.name, in: root)) != nil }
    }
}

/// The log of one run: what was started, what each stage said, how it ended. From any thread that may block.
package final class RunLog: Sendable {
    private struct State {
        var file: Descriptor?
        var written = 0
    }
    private let state: Mutex<State>
    private let files: any FileCalls
    private let censor: Censor
    private let time: SystemTime

    init(_ file: Descriptor?, files: any FileCalls, censor: Censor, time: SystemTime) {
        state = Mutex(State(file: file))
        self.censor = censor
        self.files = files
        self.time = time
    }

    /// Adds a line; `text` may hold anything, it is escaped here, and secrets are taken out.
    package func line(_ stage: String, _ text: some Sequence<UInt8>) {
        let stamp = time.wall().iso8601(milliseconds: true)
        let line = Array("\(stamp) \(stage): \(censor.clean(printable(text)))\n".utf8)
        state.withLock { state in
            guard let file = state.file, state.written < RunLog.mostBytes else { return }
            state.written += line.count
            try? files.writeAll(line, to: file)
            guard state.written >= RunLog.mostBytes else { return }
            try? files.writeAll(Array("\(stamp) log: full, the rest is left out\n".utf8), to: file)
        }
    }

    package func line(_ stage: String, _ text: String) { line(stage, text.utf8) }

    /// A text without secrets, for what leaves the log.
    func clean(_ text: String) -> String { censor.clean(text) }

    package func close() {
        state.withLock { state in
            if let file = state.file { try? files.close(file) }
            state.file = nil
        }
    }

    /// A program that never stops talking must not fill the disk (L4).
    static let mostBytes = 16 << 20
}

/// Cuts what a child says into lines of a log, each stream for itself. Used by one thread at a time.
final class LineCutter: Sendable {
    private let rests = Mutex<(out: [UInt8], err: [UInt8])>(([], []))
    private let log: RunLog
    private let stage: String

    init(_ log: RunLog, stage: String) {
        self.log = log
        self.stage = stage
    }

    func take(isError: Bool, _ bytes: UnsafeRawBufferPointer) {
        var rest = rests.withLock { isError ? $0.err : $0.out }
        for byte in bytes {
            if byte != 10 { rest.append(byte) }
            guard byte == 10 || rest.count >= LineCutter.longest else { continue }
            write(rest, isError)
            rest.removeAll(keepingCapacity: true)
        }
        rests.withLock { if isError { $0.err = rest } else { $0.out = rest } }
    }

    /// What came without an end of line.
    func finish() {
        let rests = rests.withLock { $0 }
        if !rests.out.isEmpty { write(rests.out, false) }
        if !rests.err.isEmpty { write(rests.err, true) }
    }

    private func write(_ line: [UInt8], _ isError: Bool) { log.line(stage + (isError ? " err" : " out"), line) }

    private static let longest = 4096
}
