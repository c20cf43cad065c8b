import BackupModel
import Foundation
import Glibc
import Synchronization
import TapeArchive

/// What the killed writer remembers: lines of JSON, each durable before the next step. A catalog at its plainest.
final class KeepJournal: Sendable {
    struct Line: Codable, Sendable {
        enum What: String, Codable { case labelling, labelled, begun, file, ended, complete, void, adopted }

        var what: What
        var label = ""
        var nonce = ""
        var archive = ""
        var end: TapeEnd?
        var part: StoredPart?
        var fate = ""
        var parts: [StoredPart] = []
        var index: [StoredPart] = []
    }

    struct Volume: Sendable {
        var label: String
        var nonce: String
        var end: TapeEnd
        var isDone = false
    }

    struct Archive: Sendable {
        var state = Line.What.begun
        var parts: [StoredPart] = []
        var index: [StoredPart] = []
    }

    struct Known: Sendable {
        var volumes: [Volume] = []
        var archives: [String: Archive] = [:]
        /// Labels whose writing was decided, by label: nonces.
        var labelling: [String: Set<String>] = [:]

        mutating func take(_ line: Line) {
            let at = volumes.firstIndex { $0.nonce == line.nonce }
            switch line.what {
            case .labelling: labelling[line.label, default: []].insert(line.nonce)
            case .labelled:
                guard let end = line.end, at == nil else { return }
                volumes.append(Volume(label: line.label, nonce: line.nonce, end: end))
            case .begun: archives[line.archive] = Archive()
            case .file: if let at, let end = line.end { volumes[at].end = end }
            case .ended: if let at { volumes[at].isDone = true }
            case .complete, .adopted:
                archives[line.archive] = Archive(state: .complete, parts: line.parts, index: line.index)
            case .void: archives[line.archive]?.state = .void
            }
        }
    }

    private let state = Mutex(Known())
    private let file: Int32

    init(_ folder: String) throws {
        let path = folder + "/journal"
        if let text = FileManager.default.contents(atPath: path) {
            // A last line that is not whole was never believed.
            for line in text.split(separator: 10) {
                guard let line = try? JSONDecoder().decode(Line.self, from: line) else { continue }
                state.withLock { $0.take(line) }
            }
            if let last = text.last, last != 10 { try Self.end(path) }
        }
        file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw ProbeFailure("the journal cannot be opened: \(errno)") }
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        fsync(directory)
        close(directory)
    }

    deinit { close(file) }

    var now: Known { state.withLock { $0 } }

    func add(_ line: Line) throws {
        let bytes = try Array(JSONEncoder().encode(line)) + [10]
        guard write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0 else {
            throw ProbeFailure("the journal cannot be written: \(errno)")
        }
        state.withLock { $0.take(line) }
    }

    private static func end(_ path: String) throws {
        let file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        defer { close(file) }
        guard write(file, "\n", 1) == 1 else { throw ProbeFailure("the journal cannot be written: \(errno)") }
    }
}
