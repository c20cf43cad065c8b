import BackupModel
import Synchronization
import WorkerKit

extension CopySession {
    /// Copies what is wanted until nothing is left, the limit is reached, or trouble comes. All rows that were claimed
    /// are settled or back to `pending` when it returns, except those in `stranded`.
    func copyAll(_ queue: CopyQueue, limit: Int?) async -> Trouble? {
        async let fed: Void = feed(queue, limit: limit)
        async let committed: Void = commitBatches(queue)
        _ = await (fed, committed)
        return queue.with { $0.trouble }
    }

    private func plan() -> BatchPlan {
        var plan = BatchPlan(count: max(1, control.limits.batch))
        plan.age = Int64(pace.batch * 1e9)
        return plan
    }

    func halt(_ queue: CopyQueue, _ trouble: Trouble) {
        _ = queue.fail(trouble)
        if !trouble.allowsCommit { control.halt() }
    }

    // MARK: Feeding

    private func feed(_ queue: CopyQueue, limit: Int?) async {
        var after: BlobID?
        var left = limit ?? .max
        while left > 0, !control.isStopping, queue.with({ $0.trouble == nil }) {
            let room = queue.with { books in
                self.plan().room(outstanding: books.outstanding.count, bytes: books.outstandingBytes)
            }
            guard let room, !control.isPaused else {
                await queue.feed.wait()
                continue
            }
            do throws(Trouble) {
                let page = try await claim(after: after, limit: min(room.limit, left), bytes: room.bytes, queue)
                guard let last = page.last else { break }
                after = last.id
                left -= page.count
                start(page, queue)
            } catch { halt(queue, error) }
        }
        queue.endIntake()
    }

    private func claim(
        after: BlobID?, limit: Int, bytes: Int64, _ queue: CopyQueue
    ) async throws(Trouble) -> [BlobRecord] {
        let target = self.target
        let outstanding = queue.with { Amount(count: $0.outstanding.count, bytes: $0.outstandingBytes) }
        let page: [BlobRecord]
        let space: Result<VolumeSpace, FileError>
        do throws(Failure) {
            page =
                Failpoint.omits("claim")
                ? try await index.remaining(volume: volume, after: after, limit: limit)
                : try await index.claim(run: run, volume: volume, after: after, limit: limit, bytes: bytes)
            Failpoint.hit("K1")
            space = try await blocking("space") {
                Result { () throws(FileError) in try target.files.space(of: target.gate.root) }
            }
        } catch { throw .fatal(error) }
        if page.isEmpty { return [] }
        if let trouble = shortage(page, outstanding, space) {
            queue.claimed(page)
            queue.refused(page)
            throw trouble
        }
        return page
    }

    /// Room for this page beside what is under way already (A6).
    private func shortage(
        _ page: [BlobRecord], _ outstanding: Amount, _ space: Result<VolumeSpace, FileError>
    ) -> Trouble? {
        switch space {
        case .failure(let error): return Trouble.of(error, gate: target.gate)
        case .success(let space):
            gauges.set {
                $0.volume.free = space.free
                $0.volume.capacity = space.capacity
            }
            let bytes = page.reduce(outstanding.bytes) { $0 + $1.size }
            let placed = gauges.read().now.safe.bytes
            let verdict = FreeSpace(keepFree: settings.keepFree, sizeBudget: settings.sizeBudget).verdict(
                space: space, placed: placed, moreBytes: bytes, moreFiles: Int64(page.count + outstanding.count))
            return verdict.failure(target: PathBytes(settings.target)).map { .full($0) }
        }
    }

    private func start(_ page: [BlobRecord], _ queue: CopyQueue) {
        queue.claimed(page)
        let step = copyStep
        let jobs = page.map { record -> WorkerPool.Job in
            { [self] bench in
                let mayBegin = control.mayBegin() && queue.with { $0.trouble == nil }
                let end = mayBegin ? step.copy(record, bench) : .givenBack
                if let trouble = queue.ended(record, end, now: time.monotonic()) { halt(queue, trouble) }
            }
        }
        pool.add(jobs, urgent: false)
    }

    // MARK: Committing

    private func commitBatches(_ queue: CopyQueue) async {
        while true {
            while let batch = nextBatch(queue) {
                do throws(Failure) { try await commit(batch, queue) } catch { halt(queue, .fatal(error)) }
            }
            if queue.isDrained, !hasWork(queue) { return }
            await queue.commit.wait()
        }
    }

    private func hasWork(_ queue: CopyQueue) -> Bool {
        queue.with { !$0.written.isEmpty || !$0.present.isEmpty || !$0.failed.isEmpty || !$0.givenBack.isEmpty }
    }

    /// Takes the batch when it closes, and everything when the run ends.
    private func nextBatch(_ queue: CopyQueue) -> Batch? {
        let now = time.monotonic()
        let plan = plan()
        return queue.with { books -> Batch? in
            let count = books.written.count + books.present.count + books.failed.count
            let isLast = books.intakeEnded && books.underWay.isEmpty
            let age = now - books.openedAt
            let rest = isLast && !books.givenBack.isEmpty
            guard rest || plan.closes(count: count, bytes: books.writtenBytes, age: age, isLast: isLast) else {
                return nil
            }
            var batch = Batch(failed: books.failed)
            if books.trouble?.allowsCommit ?? true {
                batch.written = books.written
                batch.present = books.present
            } else {
                books.stranded += books.written.map(\.record) + books.present.map(\.blob.record)
            }
            if isLast {
                batch.givenBack = books.givenBack
                books.givenBack = []
            }
            books.written = []
            books.writtenBytes = 0
            books.present = []
            books.failed = []
            books.openedAt = 0
            return batch
        }
    }

    private func commit(_ batch: Batch, _ queue: CopyQueue) async throws(Failure) {
        let started = time.monotonic()
        defer { gauges.commit.add(time.monotonic() - started, ordering: .relaxed) }
        var named = NamedBatch()
        if !batch.written.isEmpty || !batch.present.isEmpty {
            let step = commitStep
            let bench = try Bench(number: CopyGauges.mostWorkers, hash: settings.hash, gauges: gauges)
            let present = batch.present.map(\.blob)
            let box = Handed(bench)
            named = try await blocking("commit") { step.commit(batch.written, present: present, bench: box.value) }
        }
        if let trouble = named.trouble { halt(queue, trouble) }
        queue.with { $0.stranded += named.stranded }
        let alreadyProved = Set(batch.present.filter { $0.proof.isDirect }.map(\.blob.record.id))
        var outcomes = await proved(named.placed, already: alreadyProved)
        outcomes += batch.failed + named.failed
        outcomes += (batch.givenBack + named.givenBack).map { BlobOutcome(id: $0.id, state: .pending) }
        try await settle(outcomes)
        Failpoint.hit("K9")
        if outcomes.contains(where: { $0.state == .verified }) { Failpoint.hit("K11") }
        queue.settled(outcomes.map(\.id) + named.stranded.map(\.id))
    }

    /// Reads a batch back when the policy says so; outcomes of all of it.
    private func proved(_ placed: [PlacedBlob], already: Set<BlobID>) async -> [BlobOutcome] {
        guard control.limits.readBack == .direct else { return placed.map { $0.outcome(verified: false) } }
        if Failpoint.omits("readback") { return placed.map { $0.outcome(verified: true) } }
        let answers = Answers(placed.map { $0.outcome(verified: false) })
        let target = self.target
        await pool.perform(placed.count) { [self] number, bench in
            let blob = placed[number]
            guard !already.contains(blob.id) else { return answers.set(number, blob.outcome(verified: true)) }
            bench.slot.begin(.readBack, blob: blob.id, size: blob.size, attempt: 1)
            if number == placed.count / 2 { Failpoint.hit("K10") }
            if let outcome = readBack(blob, target, bench) { answers.set(number, outcome) }
        }
        return answers.all
    }

    /// Nil: it stays `placed`, to be proved another day.
    private func readBack(_ blob: PlacedBlob, _ target: OpenTarget, _ bench: Bench) -> BlobOutcome? {
        do throws(FileError) {
            let proof = try target.prove(blob.id, bench: bench) { !control.isHalted }
            guard let proof else { return nil }
            if proof.foundNoDirect {
                report(
                    .warn, "READBACK_BUFFERED",
                    "the volume has no O_DIRECT: read-back drops the cache first, which a bridge may undo")
            }
            if proof.verdict == .good { return blob.outcome(verified: true) }
            return try damaged(blob.id, target)
        } catch {
            if error.errno == 5, Trouble.of(error, gate: target.gate) == nil {
                return BlobOutcome(id: blob.id, size: blob.size, state: .unreadable, failure: error.failure)
            }
            return nil
        }
    }

    /// The volume gives other bytes than it was given: they are kept apart and the blob is copied again.
    private func damaged(_ id: BlobID, _ target: OpenTarget) throws(FileError) -> BlobOutcome {
        try target.quarantine(id)
        count { $0.foundDamage += 1 }
        return BlobOutcome(id: id, state: .lost, failure: .targetCorrupt(target, id))
    }
}

/// Blobs that are made durable together, and what else the index is told with them.
struct Batch: Sendable {
    var written: [WrittenBlob] = []
    var present: [(blob: WrittenBlob, proof: BlobProof)] = []
    var failed: [BlobOutcome]
    var givenBack: [BlobRecord] = []

    init(failed: [BlobOutcome]) { self.failed = failed }
}
