import BackupModel
import Synchronization
package import WorkerKit

/// Reads sources ahead by several threads and gives what they hold in the order of the walk.
///
/// Made and asked on threads that may block; `stop` comes from anywhere. Memory: `limits.memory`, names and folders in
/// hand beside it. The threads end with the reader, or as soon as a device that hangs lets go of them.
package final class SourceReader {
    private let queue: ReadQueue
    /// The next one last: what was given must let go of its memory at once, since readers may wait for it.
    private var events: [SourceEvent] = []
    private var lostFiles: Set<[UInt8]> = []
    private var unreadable = 0
    /// What was walked; whole once `next` gave nil.
    package private(set) var tally = SourceTally()
    private var warnings = 0

    /// Failures in a row that mean that the device fails, not its files (A5).
    package static let mostInARow = 20

    /// Looks whether all sources are there and begins to read. Throws `SOURCE_MISSING`, `SOURCE_EMPTY`,
    /// `SOURCE_NOT_ABSOLUTE`, what the calls fail with, and `ThreadError`.
    package convenience init(
        _ plan: SourcePlan, files: any FileCalls, former: (any FormerListing)? = nil,
        limits: ReadLimits = ReadLimits()
    ) throws {
        let roots = try OpenRoot.open(plan, files: files)
        try self.init(files: files, limits: limits) { emit in
            var walk = try TreeWalk(plan, files: files, former: former, emit: emit)
            try walk.run(roots)
            return walk.tally
        }
    }

    /// Reads one existing file or device as a stream; symbolic links are followed. Throws what its opening fails with.
    package convenience init(image path: PathBytes, files: any FileCalls, limits: ReadLimits = ReadLimits()) throws {
        let found: FoundNode
        do throws(FileError) { found = try FoundNode(image: path, files) } catch { throw error.failure }
        try self.init(files: files, limits: limits) { emit in
            try emit(.found(found))
            var tally = SourceTally()
            tally.entries = 1
            tally.files = 1
            tally.bytes = found.entry.size
            return tally
        }
    }

    private init(
        files: any FileCalls, limits: ReadLimits,
        walk: @escaping @Sendable (@escaping (WalkStep) throws -> Void) throws -> SourceTally
    ) throws {
        let queue = ReadQueue(limits)
        self.queue = queue
        for number in 0..<limits.readers {
            let reader = Mutex(try NodeReader(queue, limits, files))
            try WorkerThread.start(name: "read \(number)") { reader.withLock { $0.run() } }
        }
        try WorkerThread.start(name: "walk") {
            let batches = BatchMaker(queue, limits)
            queue.endWalk(
                Result {
                    let tally = try walk { try batches.add($0) }
                    try batches.flush()
                    return tally
                })
        }
    }

    deinit { queue.stop() }

    /// Ends it within a second, whatever the devices do: `next` throws `CancellationError` from then on.
    package var stop: @Sendable () -> Void { { [queue] in queue.stop() } }

    /// The next event; nil after the last one. Blocks. Throws `CancellationError`, `SOURCE_FAILING` after
    /// `mostInARow` failures of the device, and what the listing of the base throws.
    package func next() throws -> SourceEvent? {
        while true {
            while let event = events.popLast() {
                if let judged = try judge(event) { return judged }
            }
            switch queue.deliver() {
            case .events(let more): events = more.reversed()
            case .stopped: throw CancellationError()
            case .end(let end):
                tally = try end.get()
                tally.warnings = warnings
                return nil
            }
        }
    }

    private func judge(_ event: SourceEvent) throws -> SourceEvent? {
        switch event {
        case .warning(let failure):
            warnings += 1
            lostFiles.insert(Array(failure.subject.dropFirst()))
            if FailureWords.isDevice(failure.errno) { unreadable += 1 }
            guard unreadable < Self.mostInARow else { throw Self.failing(failure) }
        case .entry(let entry):
            if entry.entry.kind == .hardLink, lostFiles.contains(entry.entry.linkTarget) {
                return try judge(.warning(Self.lostLink(entry.entry)))
            }
            if entry.entry.kind == .file { unreadable = 0 }
            if case .whole(_, let end) = entry.content, !end.isWhole { warnings += 1 }
        case .end(let end):
            if end.failure == nil, !end.isWhole { warnings += 1 }
        case .data, .deleted: break
        }
        return event
    }

    private static func lostLink(_ entry: ArchiveEntry) -> Failure {
        Failure(
            code: "SOURCE_LINK_LOST", side: .source,
            message: "/\(printable(entry.name)) is another name of a file that could not be read",
            subject: [47] + entry.name, operation: "read", hint: "The next backup takes it.")
    }

    private static func failing(_ last: Failure) -> Failure {
        Failure(
            code: "SOURCE_FAILING", side: .source,
            message: "\(mostInARow) files in a row could not be read, last \(printable(last.subject))",
            subject: last.subject, errno: last.errno, operation: last.operation,
            hint: "The disk may be dying: look at smartctl -a and dmesg before anything else reads it.")
    }
}

/// Puts steps of the walk together to batches worth a reader's while. Belongs to the walk's thread.
private final class BatchMaker {
    private let queue: ReadQueue
    private let limits: ReadLimits
    private var batch = ReadBatch()
    private var lastFolder: OpenFolder?

    init(_ queue: ReadQueue, _ limits: ReadLimits) {
        self.queue = queue
        self.limits = limits
    }

    func add(_ step: WalkStep) throws {
        guard case .found(let found) = step else {
            batch.steps.append(step)
            if batch.steps.count >= ReadBatch.mostSteps { try flush() }
            return
        }
        let isLarge = found.entry.kind == .file && (found.imageSize != nil || found.node.size > limits.smallFile)
        let room = found.entry.kind == .file && !isLarge ? (Int(found.node.size) + 64) & ~63 : 0
        if isLarge || batch.bytes + room > limits.chunk { try flush() }
        batch.steps.append(step)
        batch.bytes += room
        batch.nameBytes += found.entry.name.count
        if lastFolder !== found.folder || found.itself != nil { batch.folders += 1 }
        lastFolder = found.folder
        let isFull =
            batch.steps.count >= ReadBatch.mostSteps || batch.folders >= ReadBatch.mostFolders
            || batch.nameBytes >= ReadBatch.mostNameBytes
        if isLarge || isFull { try flush() }
    }

    func flush() throws {
        guard !batch.steps.isEmpty else { return }
        try queue.append(batch)
        batch = ReadBatch()
        lastFolder = nil
    }
}
