import BackupModel
import Synchronization
import WorkerKit

/// What is under a blob's name when nobody knows.
private enum Found: Sendable {
    case nothing
    case file
    case proved(BlobProof)
    case failed(FileError)
    /// Its temporary could not be removed, or the run ended.
    case unknown
    /// Its folder does not open, and its temporary may lie there.
    case unreachable(FileError)
}

extension CopySession {
    /// Settles what dead runs left (K1 to K7): their temporaries are removed, what has its name is hashed and adopted
    /// or put into quarantine, the rest is wanted again. Returns how many blobs it settled.
    func reconcileDeadRuns() async throws(Trouble) -> Int {
        var settled = 0
        while !control.isStopping {
            let page: [AbandonedBlob]
            do throws(Failure) {
                page = try await index.abandoned(besides: run, volume: volume, limit: 2000)
            } catch { throw .fatal(error) }
            let fresh = try await reconcile(page)
            settled += fresh
            // A row that stays as it is would come again and again.
            if page.isEmpty || fresh == 0 { break }
        }
        return settled
    }

    /// The same for blobs of this run whose fate is not certain.
    func reconcile(_ records: [BlobRecord]) async throws(Trouble) -> Int {
        try await reconcile(records.map { AbandonedBlob(record: $0, run: run) })
    }

    private func reconcile(_ blobs: [AbandonedBlob]) async throws(Trouble) -> Int {
        guard !blobs.isEmpty else { return 0 }
        let target = self.target
        let found = await look(at: blobs, target)
        try check(found)
        // Neither a name seen after a kill nor the end of a temporary is durable yet; after this no row knows of them.
        let step = commitStep
        let trouble: Trouble?
        do throws(Failure) {
            trouble = try await blocking("barrier") { step.barrier("barrier2") }
        } catch { throw .fatal(error) }
        if let trouble { throw trouble }
        let proofs = await prove(blobs, found, target)
        try check(proofs)
        let outcomes = outcomes(blobs, proofs)
        do throws(Failure) { try await settle(outcomes) } catch { throw .fatal(error) }
        return outcomes.count
    }

    private func look(at blobs: [AbandonedBlob], _ target: OpenTarget) async -> [Found] {
        let shared = Answers([Found](repeating: .unknown, count: blobs.count))
        await pool.perform(blobs.count) { index, _ in
            let blob = blobs[index]
            var result = Found.unknown
            if target.removeTemporary(blob.run, blob.record.id) {
                do throws(FileError) {
                    result = try target.size(of: blob.record.id) == nil ? .nothing : .file
                } catch { result = .failed(error) }
            } else if let error = target.whyNotReachable(blob.record.id) {
                result = .unreachable(error)
            }
            shared.set(index, result)
        }
        return shared.all
    }

    private func prove(_ blobs: [AbandonedBlob], _ found: [Found], _ target: OpenTarget) async -> [Found] {
        let shared = Answers(found)
        await pool.perform(blobs.count) { [control] index, bench in
            guard case .file = found[index] else { return }
            let id = blobs[index].record.id
            bench.slot.begin(.readBack, blob: id, size: blobs[index].record.size, attempt: 1)
            do throws(FileError) {
                guard let proof = try target.prove(id, bench: bench, keepGoing: { control.mayGoOn(after: 0) }) else {
                    return shared.set(index, .unknown)
                }
                if proof.verdict != .good { try target.quarantine(id) }
                shared.set(index, .proved(proof))
            } catch { shared.set(index, .failed(error)) }
        }
        return shared.all
    }

    /// The first error that concerns the whole volume.
    private func check(_ found: [Found]) throws(Trouble) {
        for found in found {
            switch found {
            case .failed(let error), .unreachable(let error):
                if let trouble = Trouble.of(error, gate: target.gate) { throw trouble }
            case .nothing, .file, .proved, .unknown: break
            }
        }
    }

    private func outcomes(_ blobs: [AbandonedBlob], _ found: [Found]) -> [BlobOutcome] {
        var outcomes: [BlobOutcome] = []
        for (blob, found) in zip(blobs, found) {
            let id = blob.record.id
            switch found {
            case .nothing: outcomes.append(BlobOutcome(id: id, state: .pending))
            case .proved(let proof) where proof.verdict == .good:
                let verified = proof.isDirect && settings.readBack == .direct
                outcomes += commitStep.adopt([(blob.record, proof)]).map { $0.outcome(verified: verified) }
            case .proved:
                report(.warn, "TARGET_CORRUPT", "\(id.short) was left incomplete by a dead run: kept in quarantine")
                outcomes.append(BlobOutcome(id: id, state: .pending))
            case .failed(let error) where error.errno == 5:
                outcomes.append(BlobOutcome(id: id, state: .unreadable, failure: error.failure))
            case .failed(let error) where ErrorClass(error) == .blob:
                outcomes.append(BlobOutcome(id: id, state: .blocked, failure: error.failure))
            // The row alone knows of the temporary: it stays as it is, and the next run looks again.
            case .unreachable(let error):
                report(
                    .warn, "TEMPORARY_LEFT", "\(id.short) is looked at again by the next run: \(error.failure.message)")
            case .failed, .unknown, .file: break
            }
        }
        return outcomes
    }
}

extension OpenTarget {
    /// The error of looking at a blob's folder, or nil when it opens.
    func whyNotReachable(_ blob: BlobID) -> FileError? {
        do throws(FileError) {
            try inBucket(of: blob) { _ throws(FileError) in }
            return nil
        } catch { return error }
    }
}
