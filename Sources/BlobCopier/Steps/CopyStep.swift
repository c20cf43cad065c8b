import BackupModel
import Glibc
import Synchronization
import WorkerKit

/// A blob whose bytes are all in a temporary on the volume and have the right hash; nothing is durable yet.
struct WrittenBlob: Sendable {
    var record: BlobRecord
    var size: Int64
}

/// How a worker's try at a blob ended.
enum CopyEnd: Sendable {
    case written(WrittenBlob)
    /// The volume has it under its name already, and its hash was right (A19).
    case present(WrittenBlob, proof: BlobProof)
    case failed(BlobOutcome)
    /// Not done, and nothing of it is on the volume.
    case givenBack
    /// Not done, and a temporary may be on the volume.
    case stranded
    case trouble(Trouble, mayHaveTemporary: Bool)
}

/// Copies one blob into a temporary next to its name. Runs on a worker's thread.
struct CopyStep: Sendable {
    let source: OpenSource
    let target: OpenTarget
    let run: RunID
    let control: CopyControl
    let retry: RetryPolicy
    let time: SystemTime
    /// The volume may hold blobs that the index does not know: look before reading the source.
    let isAdopting: Bool
    let report: @Sendable (Severity, String, String, Failure?) -> Void

    /// What the worker's time goes to from now on; returns now.
    @discardableResult
    private func spend(_ share: CallTimes.Share?, _ bench: Bench) -> Int64 {
        let now = time.monotonic()
        bench.slot.calls.enter(share, at: now)
        return now
    }

    /// What one try found.
    private enum Try {
        case end(CopyEnd)
        case again(Failure)
        /// The bytes read have another hash: `changed` when the file was being written meanwhile.
        case wrong(actual: BlobID, size: Int64, changed: Bool)
    }

    func copy(_ record: BlobRecord, _ bench: Bench) -> CopyEnd {
        var attempt = 1
        var wrongReads = 0
        while true {
            bench.slot.begin(.copying, blob: record.id, size: record.size, attempt: attempt)
            switch once(record, bench) {
            case .end(let end):
                if wrongReads > 0, case .written = end { reportUnstable(record) }
                return end
            case .again(let failure):
                attempt += 1
                guard let pause = retry.pause(before: attempt, random: time.random()) else {
                    return exhausted(record, failure)
                }
                bench.gauges.retries.add(1, ordering: .relaxed)
                bench.slot.change(.backoff)
                guard control.rest(seconds: pause) else { return .givenBack }
            case .wrong(let actual, let size, let changed):
                wrongReads += 1
                // A file in change gets three tries; bytes that are wrong twice are wrong.
                guard wrongReads < (changed ? 3 : 2) else {
                    return corrupt(record, actual: actual, size: size, changed: changed, bench)
                }
                attempt += 1
                bench.gauges.retries.add(1, ordering: .relaxed)
            }
        }
    }

    private func once(_ record: BlobRecord, _ bench: Bench) -> Try {
        spend(.targetWrite, bench)
        defer { spend(nil, bench) }
        do throws(FileError) {
            // Opened once for the look, the temporary and what becomes of it.
            return try target.inBucket(of: record.id) { folder throws(FileError) in
                if isAdopting, let end = try adopt(record, in: folder, bench) { return .end(end) }
                spend(.sourceRead, bench)
                let file = try source.open(record.id)
                // Only read: its close can lose nothing.
                defer { try? source.files.close(file) }
                return try copy(record, from: file, in: folder, bench)
            }
        } catch { return judged(error, record, mayHaveTemporary: false) }
    }

    private func copy(
        _ record: BlobRecord, from file: Descriptor, in folder: Descriptor, _ bench: Bench
    ) throws(FileError) -> Try {
        let before = try source.files.status(of: file)
        guard before.kind == .file else {
            return .end(.failed(BlobOutcome(id: record.id, state: .unreadable, failure: .notAFile(source, record.id))))
        }
        do throws(FileError) {
            spend(.targetWrite, bench)
            return try write(record, from: file, before, in: folder, bench)
        } catch {
            let isGone = target.removeTemporary(run, record.id, in: folder)
            return judged(error, record, mayHaveTemporary: !isGone)
        }
    }

    private func write(
        _ record: BlobRecord, from file: Descriptor, _ before: FileStatus, in folder: Descriptor, _ bench: Bench
    ) throws(FileError) -> Try {
        let temporary = try create(record, in: folder)
        Failpoint.hit("K2")
        let streamed: (actual: BlobID, size: Int64)?
        do throws(FileError) {
            // Small files are laid out well without being asked.
            if before.size > 8 << 20 { try reserve(temporary, before.size) }
            streamed = try stream(record, before.size, from: file, to: temporary, bench)
            if streamed != nil { try target.files.setModified(temporary, before.modified) }
        } catch {
            try? target.files.close(temporary)
            throw error
        }
        // A failing close is a failing write (A17).
        try target.files.close(temporary)
        guard let streamed else {
            return .end(target.removeTemporary(run, record.id, in: folder) ? .givenBack : .stranded)
        }
        source.files.dropCache(file)
        let verdict = BlobVerdict(expected: record.id, actual: streamed.actual, size: streamed.size)
        if case .wrong(let actual, let size) = verdict, !Failpoint.omits("hash") {
            let after = try source.files.status(of: file)
            guard target.removeTemporary(run, record.id, in: folder) else { return .end(.stranded) }
            let changed = after.size != before.size || after.modified != before.modified
            return .wrong(actual: actual, size: size, changed: changed || after.changed != before.changed)
        }
        return .end(.written(WrittenBlob(record: record, size: streamed.size)))
    }

    /// A temporary of our own that was left by a failed try gives way.
    private func create(_ record: BlobRecord, in folder: Descriptor) throws(FileError) -> Descriptor {
        let name = OpenTarget.temporary(run, record.id)
        do throws(FileError) {
            return try target.files.open(name, beneath: folder, .create(mode: 0o644))
        } catch {
            guard error.errno == EEXIST, target.removeTemporary(run, record.id, in: folder) else { throw error }
            return try target.files.open(name, beneath: folder, .create(mode: 0o644))
        }
    }

    private func reserve(_ file: Descriptor, _ bytes: Int64) throws(FileError) {
        do throws(FileError) { try target.files.allocate(file, bytes: bytes) } catch {
            // A convenience where it exists; a full volume is told the same way either time.
            guard [EOPNOTSUPP, ENOSYS, EINVAL].contains(error.errno) else { throw error }
        }
    }

    /// Nil when the run ended on the way.
    private func stream(
        _ record: BlobRecord, _ expected: Int64, from file: Descriptor, to temporary: Descriptor, _ bench: Bench
    ) throws(FileError) -> (actual: BlobID, size: Int64)? {
        bench.hasher.reset()
        var size: Int64 = 0
        var isFirst = true
        var writer = TemporaryWriter(files: target.files, file: temporary, size: expected)
        defer { spend(.targetWrite, bench) }
        while true {
            spend(.sourceRead, bench)
            let count = try source.files.read(file, into: bench.buffer)
            if count == 0 { break }
            spend(.hash, bench)
            let bytes = UnsafeRawBufferPointer(rebasing: bench.buffer[..<count])
            bench.hasher.update(bytes)
            spend(.targetWrite, bench)
            try writer.write(bytes)
            // A pause or the rate limit is nobody's slowness: it counts as idle.
            bench.slot.moved(count, at: spend(nil, bench))
            bench.gauges.bytesCopied.add(Int64(count), ordering: .relaxed)
            size += Int64(count)
            if isFirst {
                Failpoint.hit("K3")
                isFirst = false
            }
            guard control.mayGoOn(after: count) else { return nil }
        }
        do throws(Failure) { return (try bench.hasher.finish(), size) } catch {
            throw FileError(side: .engine, operation: "hash", errno: EIO, path: PathBytes(record.id.hex))
        }
    }
}

// MARK: What became of it

extension CopyStep {
    /// The good copy that the volume has already, or nil when the source must be read.
    private func adopt(_ record: BlobRecord, in folder: Descriptor, _ bench: Bench) throws(FileError) -> CopyEnd? {
        guard try target.has(record.id, in: folder) else { return nil }
        guard let proof = try target.prove(record.id, bench: bench, keepGoing: { control.mayGoOn(after: 0) }) else {
            return .givenBack
        }
        guard proof.verdict == .good else { return nil }
        return .present(WrittenBlob(record: record, size: proof.size), proof: proof)
    }

    private func judged(_ error: FileError, _ record: BlobRecord, mayHaveTemporary: Bool) -> Try {
        if error.side == .destination {
            if let trouble = Trouble.of(error, gate: target.gate) {
                return .end(.trouble(trouble, mayHaveTemporary: mayHaveTemporary))
            }
            if mayHaveTemporary { return .end(.stranded) }
            // EIO with a volume that still answers: drop and copy again, like any failed write.
            if ErrorClass(error) != .blob { return .again(error.failure) }
            return .end(.failed(BlobOutcome(id: record.id, state: .blocked, failure: error.failure)))
        }
        if mayHaveTemporary { return .end(.stranded) }
        if error.side == .engine {
            return .end(.trouble(.fatal(.hashBroken), mayHaveTemporary: false))
        }
        if error.failure.isTransient { return .again(error.failure) }
        return .end(missing(error, record) ?? unreadable(error, record))
    }

    private func missing(_ error: FileError, _ record: BlobRecord) -> CopyEnd? {
        guard error.errno == ENOENT else { return nil }
        // One look more: a name may be away for a moment while it is replaced (A2).
        let isThere = Result { () throws(FileError) in try source.has(record.id) }
        if case .success(false) = isThere {
            return .failed(
                BlobOutcome(id: record.id, state: .sourceMissing, failure: .sourceMissing(source, record.id)))
        }
        return nil
    }

    private func unreadable(_ error: FileError, _ record: BlobRecord) -> CopyEnd {
        var failure = error.failure
        failure.subject = source.path(of: record.id).bytes
        return .failed(BlobOutcome(id: record.id, state: .unreadable, failure: failure))
    }

    /// Transient for too long: it stays wanted, with its reason; the next run tries it again.
    private func exhausted(_ record: BlobRecord, _ failure: Failure) -> CopyEnd {
        guard failure.side != .destination || failure.errno != EIO else {
            var failing = failure
            failing.code = "DESTINATION_FAILING"
            failing.hint = "The volume answers, but cannot write: check its disk with smartctl and dmesg."
            return .trouble(.fatal(failing), mayHaveTemporary: false)
        }
        return .failed(BlobOutcome(id: record.id, state: .pending, failure: failure))
    }

    private func corrupt(
        _ record: BlobRecord, actual: BlobID, size: Int64, changed: Bool, _ bench: Bench
    ) -> CopyEnd {
        var failure = Failure.sourceCorrupt(source, record, actual: actual, size: size, changed: changed)
        // A good copy from earlier days is kept and is what the source can be repaired from (A1).
        if let proof = try? target.prove(record.id, bench: bench, keepGoing: { true }), proof.verdict == .good {
            failure.hint =
                "The volume holds a good copy, \(OpenTarget.blobFolder)/\(target.path(of: record.id)): repair the "
                + "source from it."
        }
        return .failed(BlobOutcome(id: record.id, state: .sourceCorrupt, failure: failure))
    }

    private func reportUnstable(_ record: BlobRecord) {
        report(
            .warn, "SOURCE_UNSTABLE_READ",
            "\(record.id.short) was read wrong once and right then: check memory, cable and disk of the source", nil)
    }
}

extension Failure {
    static var hashBroken: Failure {
        Failure(code: "HASH_UNAVAILABLE", side: .engine, message: "the hash cannot be computed", operation: "hash")
    }

    static func notAFile(_ source: OpenSource, _ blob: BlobID) -> Failure {
        Failure(
            code: "SOURCE_NOT_A_FILE", side: .source, message: "\(source.path(of: blob)) is not a plain file",
            subject: source.path(of: blob).bytes, operation: "open", hint: "Look who put it into the store.")
    }

    static func sourceMissing(_ source: OpenSource, _ blob: BlobID) -> Failure {
        Failure(
            code: "SOURCE_MISSING", side: .source,
            message: "\(source.path(of: blob)) was listed and is not there any more",
            subject: source.path(of: blob).bytes, errno: ENOENT, operation: "open",
            hint: "Restore it to the source, then run again; a scan takes it up by itself.")
    }

    static func sourceCorrupt(
        _ source: OpenSource, _ record: BlobRecord, actual: BlobID, size: Int64, changed: Bool
    ) -> Failure {
        Failure(
            code: changed ? "SOURCE_CHANGED" : "SOURCE_CORRUPT", side: .source,
            message: changed
                ? "\(record.id.short) changed while it was read, three times"
                : "corrupt in the source: its hash is \(actual), not \(record.id), \(Quantity.bytes(size))",
            subject: source.path(of: record.id).bytes, operation: "hash",
            hint: "Replace it from a good copy in the source, then requeue it.")
    }
}
