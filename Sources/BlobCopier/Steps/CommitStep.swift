import BackupModel
import Glibc
import WorkerKit

/// Proof that a blob's data, name and folder were made durable: only the second barrier gives it (B3, I1).
struct PlacedBlob: Sendable {
    let id: BlobID
    let size: Int64
    fileprivate init(id: BlobID, size: Int64) {
        self.id = id
        self.size = size
    }

    /// What the index may be told; `verified` when a reading from the medium was right.
    func outcome(verified: Bool) -> BlobOutcome {
        BlobOutcome(id: id, size: size, state: verified ? .verified : .placed)
    }
}

/// What became of a batch's names.
struct NamedBatch: Sendable {
    var placed: [PlacedBlob] = []
    var failed: [BlobOutcome] = []
    /// Not named, and the temporary is gone.
    var givenBack: [BlobRecord] = []
    /// What is on the volume is not certain.
    var stranded: [BlobRecord] = []
    var trouble: Trouble?
}

/// Makes a batch durable: data, names, folders. Blocks; runs on a thread of its own.
struct CommitStep: Sendable {
    let target: OpenTarget
    let run: RunID
    let report: @Sendable (Severity, String, String, Failure?) -> Void

    /// `present` blobs have their name already and only need the barriers.
    func commit(_ written: [WrittenBlob], present: [WrittenBlob], bench: Bench) -> NamedBatch {
        var batch = NamedBatch()
        Failpoint.hit("K4")
        if let trouble = guarded() ?? barrier("barrier1") {
            return abandoned(written + present, trouble)
        }
        Failpoint.hit("K5")
        var named: [WrittenBlob] = []
        for (index, blob) in written.enumerated() {
            if let trouble = name(blob, bench, into: &batch, named: &named) {
                // What has its name keeps it; the rest is cleaned up by its caller.
                batch.stranded += named.map(\.record) + written[index...].map(\.record)
                batch.givenBack += present.map(\.record)
                batch.trouble = trouble
                return batch
            }
        }
        Failpoint.hit("K6")
        if let trouble = barrier("barrier2") {
            batch.stranded += (named + present).map(\.record)
            batch.trouble = trouble
            return batch
        }
        Failpoint.hit("K7")
        batch.placed = (named + present).map { PlacedBlob(id: $0.record.id, size: $0.size) }
        return batch
    }

    /// A barrier for blobs found under their names: those of dead runs, and those of a failed barrier.
    func adopt(_ blobs: [(record: BlobRecord, proof: BlobProof)]) -> [PlacedBlob] {
        blobs.map { PlacedBlob(id: $0.record.id, size: $0.proof.size) }
    }

    /// Never retried: after an error the kernel may have dropped the data and say yes the next time (A16).
    func barrier(_ name: StaticString) -> Trouble? {
        if Failpoint.omits(name) { return nil }
        do throws(FileError) {
            try target.files.syncFileSystem(target.gate.root)
            return nil
        } catch {
            return Trouble.of(error, gate: target.gate) ?? .barrier(error.failure)
        }
    }

    private func guarded() -> Trouble? {
        do throws(Failure) {
            try target.gate.check()
            return nil
        } catch { return .of(error) }
    }

    private func abandoned(_ blobs: [WrittenBlob], _ trouble: Trouble) -> NamedBatch {
        var batch = NamedBatch()
        batch.stranded = blobs.map(\.record)
        batch.trouble = trouble
        return batch
    }
}

// MARK: Names

extension CommitStep {
    private func name(
        _ blob: WrittenBlob, _ bench: Bench, into batch: inout NamedBatch, named: inout [WrittenBlob]
    ) -> Trouble? {
        let id = blob.record.id
        for attempt in 1...3 {
            do throws(FileError) {
                try target.inBucket(of: id) { folder throws(FileError) in
                    try target.files.rename(OpenTarget.temporary(run, id), to: PathBytes(id.hex), in: folder)
                }
                named.append(blob)
                return nil
            } catch {
                if error.errno == EEXIST { return taken(blob, bench, into: &batch, named: &named) }
                if let trouble = Trouble.of(error, gate: target.gate) { return trouble }
                // It may have been renamed all the same: certain only after looking.
                if error.errno == ENOENT || attempt == 3 {
                    batch.stranded.append(blob.record)
                    return nil
                }
            }
        }
        return nil
    }

    /// The name is taken (A19): equal bytes are adopted, other bytes go to quarantine, nothing is overwritten.
    private func taken(
        _ blob: WrittenBlob, _ bench: Bench, into batch: inout NamedBatch, named: inout [WrittenBlob]
    ) -> Trouble? {
        let id = blob.record.id
        do throws(FileError) {
            let proof = try target.prove(id, bench: bench, keepGoing: { true })
            if proof?.verdict == .good {
                if target.removeTemporary(run, id) { named.append(blob) } else { batch.stranded.append(blob.record) }
                return nil
            }
            try target.quarantine(id)
            report(
                .warn, "TARGET_CORRUPT", "\(id.short) on the volume had other bytes: kept in quarantine, replaced",
                .targetCorrupt(target, id))
            try target.inBucket(of: id) { folder throws(FileError) in
                try target.files.rename(OpenTarget.temporary(run, id), to: PathBytes(id.hex), in: folder)
            }
            named.append(blob)
        } catch {
            if let trouble = Trouble.of(error, gate: target.gate) { return trouble }
            if ErrorClass(error) == .blob, target.removeTemporary(run, id) {
                batch.failed.append(BlobOutcome(id: id, state: .blocked, failure: error.failure))
            } else {
                batch.stranded.append(blob.record)
            }
        }
        return nil
    }
}

extension Failure {
    static func targetCorrupt(_ target: OpenTarget, _ blob: BlobID) -> Failure {
        Failure(
            code: "TARGET_CORRUPT", side: .destination,
            message: "\(target.path(of: blob)) does not have its name's hash; kept in .holdfast/quarantine",
            subject: target.path(of: blob).bytes, operation: "hash",
            hint: "It is copied again from the source; if more follow, check the drive with smartctl.")
    }

    static func targetMissing(_ target: OpenTarget, _ blob: BlobID) -> Failure {
        Failure(
            code: "TARGET_MISSING", side: .destination, message: "\(target.path(of: blob)) is not on the volume",
            subject: target.path(of: blob).bytes, operation: "verify",
            hint: "It is copied again from the source by the next run.")
    }
}
