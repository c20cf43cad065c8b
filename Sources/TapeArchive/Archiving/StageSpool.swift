import BackupModel
import WorkerKit

/// How much of a disk a staged archive may take.
struct SpoolBounds: Hashable, Sendable {
    /// Bytes of one part, and the most parts at a time.
    var part: Int
    var parts: Int
    /// Bytes that stay free on the file system.
    var keepFree: Int64

    /// Half of what is free beyond a twentieth of the disk, at most 256 GiB, in parts of at most 1 GiB.
    ///
    /// Throws `SPOOL_FULL` where that is less than two parts of 16 MiB.
    static func decide(_ space: VolumeSpace, folder: PathBytes) throws(Failure) -> SpoolBounds {
        let keepFree = space.capacity / 20
        let share = min(256 << 30, (space.free - keepFree) / 2)
        guard share >= 32 << 20 else {
            throw Failure(
                code: "SPOOL_FULL", side: .destination,
                message: "the spool's disk has \(Quantity.bytes(space.free)) free, of which "
                    + "\(Quantity.bytes(keepFree)) must stay free",
                subject: folder.bytes, operation: "spool",
                hint: "Free space there, name another folder as spool, or take strategy = \"direct\".")
        }
        let part = Int(min(1 << 30, max(16 << 20, share / 16)))
        return SpoolBounds(part: part, parts: Int(share) / part, keepFree: keepFree)
    }
}

/// Parts of an archive's stream on their way over a disk: built at the source's pace, given on in bursts.
///
/// Parts are files without a name, so a process that is killed leaves nothing behind. One thread builds, one drains.
final class StageSpool: Sendable {
    private struct State {
        var ready: [Spool] = []
        /// Those that are built, wait, or are being drained.
        var onDisk = 0
        /// The builder waits for room on the disk, however few parts there are.
        var isStarved = false
        var isFinished = false
        var failure: (any Error)?
    }

    private let bounds: SpoolBounds
    private let folder: PathBytes
    private let files: any FileCalls
    private let state = Monitor(State())

    init(_ bounds: SpoolBounds, in folder: PathBytes, files: any FileCalls) {
        self.bounds = bounds
        self.folder = folder
        self.files = files
    }

    /// Ends it from either side, or from outside; the first error stays.
    func stop(_ error: any Error) { state.change { $0.failure = $0.failure ?? error } }

    // MARK: Building

    /// A file for the next part, once there is room for it. Throws what it was stopped with, and `SPOOL_FULL`.
    fileprivate func begin() throws -> Spool {
        while true {
            try state.wait { state -> Result<Void, any Error>? in
                if let failure = state.failure { return .failure(failure) }
                return state.onDisk < bounds.parts ? .success(()) : nil
            }.get()
            if let refusal = try shortage() {
                // Room comes back when a part is drained; without any nobody will make some.
                let left = state.change { state in
                    state.isStarved = true
                    return state.onDisk
                }
                guard left > 0 else { throw refusal }
                try state.wait { state -> Result<Void, any Error>? in
                    if let failure = state.failure { return .failure(failure) }
                    return state.onDisk < left ? .success(()) : nil
                }.get()
                continue
            }
            let part: Spool
            do throws(FileError) { part = try Spool(in: folder, files: files) } catch { throw error.failure }
            state.change { ($0.onDisk, $0.isStarved) = ($0.onDisk + 1, false) }
            return part
        }
    }

    private func shortage() throws -> Failure? {
        do throws(FileError) {
            let root = try files.openRoot(folder)
            defer { try? files.close(root) }
            return FreeSpace(keepFree: bounds.keepFree).verdict(
                space: try files.space(of: root), placed: 0, moreBytes: Int64(bounds.part), moreFiles: 1
            ).failure(target: folder)
        } catch { throw error.failure }
    }

    fileprivate func seal(_ part: Spool) { state.change { $0.ready.append(part) } }

    fileprivate var partBytes: Int { bounds.part }

    fileprivate func write(_ bytes: [UInt8], to part: Spool) throws {
        if let failure = state.with({ $0.failure }) { throw failure }
        try bytes.withUnsafeBytes { raw in
            do throws(FileError) { try part.append(raw) } catch { throw error.failure }
        }
    }

    fileprivate func finish() { state.change { $0.isFinished = true } }

    // MARK: Draining

    /// Gives all parts to the ring, in order: waits until half of the share is full, then gives what there is.
    func drain(into ring: BlockRing) throws {
        while try waitForBurst() {
            while let part = state.change({ $0.ready.isEmpty ? nil : $0.ready.removeFirst() }) {
                try give(part, to: ring)
                state.change { $0.onDisk -= 1 }
            }
        }
    }

    /// False when all is given.
    private func waitForBurst() throws -> Bool {
        let enough = max(1, bounds.parts / 2)
        return try state.wait { state -> Result<Bool, any Error>? in
            if let failure = state.failure { return .failure(failure) }
            if state.isFinished { return .success(!state.ready.isEmpty) }
            let isDue = state.ready.count >= enough || state.isStarved && !state.ready.isEmpty
            return isDue ? .success(true) : nil
        }.get()
    }

    private func give(_ part: Spool, to ring: BlockRing) throws {
        var at: Int64 = 0
        while at < part.bytes {
            let span = try ring.reserve(most: Int(min(part.bytes - at, 1 << 20)))
            let count: Int
            do throws(FileError) { count = try part.read(at: at, into: span) } catch { throw error.failure }
            guard count > 0 else { throw FormatFault.malformed("a part of the spool is cut off", offset: 0) }
            ring.commit(count)
            at += Int64(count)
        }
    }
}

/// Puts a stream into the parts of a spool. Belongs to the builder's thread.
struct StageSink: ByteSink {
    private let stage: StageSpool
    private var part: Spool?
    private var written = 0
    private var pending: [UInt8] = []

    init(_ stage: StageSpool) { self.stage = stage }

    mutating func put(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let room = stage.partBytes - written - pending.count
            let piece = rest.prefix(min(room, StageSink.piece - pending.count))
            pending += piece
            rest = rest.dropFirst(piece.count)
            if pending.count == StageSink.piece || written + pending.count == stage.partBytes { try flush() }
        }
    }

    /// The stream is whole.
    mutating func finish() throws {
        try flush()
        if let part { stage.seal(part) }
        part = nil
        stage.finish()
    }

    private mutating func flush() throws {
        guard !pending.isEmpty else { return }
        let target = try part ?? stage.begin()
        part = target
        try stage.write(pending, to: target)
        written += pending.count
        pending.removeAll(keepingCapacity: true)
        guard written == stage.partBytes else { return }
        stage.seal(target)
        (part, written) = (nil, 0)
    }

    private static let piece = 1 << 20
}
