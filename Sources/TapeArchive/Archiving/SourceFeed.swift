import BackupModel
import Synchronization
import WorkerKit

/// What a run has read of its sources, written by the source's thread and read by anybody.
final class SourceTold: Sendable {
    private struct State {
        var done = Amount()
        var warnings = 0
        var stop: (@Sendable () -> Void)?
        var isStopped = false
        var failure: Failure?
    }
    private let state = Mutex(State())
    private let line: @Sendable (String, String) -> Void

    /// `line`: for the run's log, a code and words.
    init(line: @escaping @Sendable (String, String) -> Void) { self.line = line }

    /// Files and bytes of theirs that are whole in the stream.
    var done: Amount { state.withLock { $0.done } }
    var warnings: Int { state.withLock { $0.warnings } }

    /// Why the source ended an archive, where it did.
    var failure: Failure? { state.withLock { $0.failure } }

    func failed(_ error: any Error) {
        if error is CancellationError { return }
        state.withLock { $0.failure = Failure.of(error) }
    }

    /// Ends the reading, now or as soon as it begins. From any thread.
    func stop() {
        let body = state.withLock {
            $0.isStopped = true
            return $0.stop
        }
        body?()
    }

    /// An archive is begun, perhaps anew.
    func begins(_ reader: SourceReader) {
        let stop = reader.stop
        let isLate = state.withLock {
            ($0.done, $0.warnings, $0.stop, $0.failure) = (Amount(), 0, stop, nil)
            return $0.isStopped
        }
        if isLate { stop() }
    }

    func took(file bytes: Int64) {
        state.withLock {
            $0.done.count += 1
            $0.done.bytes += bytes
        }
    }

    func warn(_ code: String, _ words: String) {
        let count = state.withLock {
            $0.warnings += 1
            return $0.warnings
        }
        // A source of ten million unreadable files must not fill the log's disk (L4).
        if count <= SourceTold.mostLines { line(code, words) }
        if count == SourceTold.mostLines { line(code, "further warnings are counted and not told one by one") }
    }

    private static let mostLines = 1000
}

/// Gives what a reader reads as the members of an archive. Belongs to the source's thread.
final class SourceFeed: EntrySource {
    private let reader: SourceReader
    private let told: SourceTold
    /// What was given last lives until the next call.
    private var held: SourceData?
    /// The rest of a file that came whole.
    private var whole: (data: SourceData?, end: SourcedItem)?
    private var open: ArchiveEntry?

    init(_ reader: SourceReader, _ told: SourceTold) {
        self.reader = reader
        self.told = told
        told.begins(reader)
    }

    func next() throws -> SourcedItem? {
        held = nil
        if let item = popWhole() { return item }
        while let event = try read() {
            switch event {
            case .entry(let entry): return begin(entry)
            case .data(let data): return give(data)
            case .end(let end): return finish(end)
            case .deleted(let entry): return .deleted(entry.name)
            case .warning(let failure): told.warn(failure.code, failure.message)
            }
        }
        return nil
    }

    private func read() throws -> SourceEvent? {
        do { return try reader.next() } catch {
            told.failed(error)
            throw error
        }
    }

    private func begin(_ source: SourceEntry) -> SourcedItem {
        open = source.entry
        switch source.content {
        case .none: whole = (nil, finish(ContentEnd()))
        case .stream: break
        case .whole(let data, let end): whole = (data, finish(end))
        }
        return .entry(source.entry, identity: source.identity)
    }

    private func popWhole() -> SourcedItem? {
        guard let rest = whole else { return nil }
        guard let data = rest.data else {
            whole = nil
            return rest.end
        }
        whole = (nil, rest.end)
        return give(data)
    }

    private func give(_ data: SourceData) -> SourcedItem {
        held = data
        // The pool's memory never moves, and stays ours as long as the chunk is held.
        return .data(data.withBytes { $0 })
    }

    private func finish(_ end: ContentEnd) -> SourcedItem {
        if let entry = open, entry.kind == .file {
            if let words = end.flaw { told.warn("SOURCE_CHANGED", "/\(printable(entry.name)) \(words)") }
            told.took(file: entry.size)
        }
        open = nil
        return .end(hash: end.hash?.description ?? "", grew: end.grew)
    }
}

extension ContentEnd {
    /// What is wrong with it that no warning of its own told; nil where nothing is.
    fileprivate var flaw: String? {
        if failure != nil { return nil }
        if missing > 0 {
            return "became shorter while it was read: \(missing) bytes are filled up with zeros"
        }
        if grew { return "grew while it was read: it is cut at the size it had" }
        return isChanged ? "changed while it was read: what is archived may be a mixture" : nil
    }
}
