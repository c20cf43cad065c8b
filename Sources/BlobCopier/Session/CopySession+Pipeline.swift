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
            // A cancelled task is a stop (B28).
            if Task.isCancelled { control.stop() }
            let room = queue.with { books in
                self.plan().room(outstanding: books.outstanding.count, bytes: books.outstandingBytes)
            }
            guard let room, !control.isPaused else {
                await queue.feed.wait()
                continue
            }
            do throws(Trouble) {
                let listing = self.listing
                switch try await claim(after: after, limit: min(room.limit, left), bytes: room.bytes, queue) {
                case .page(let page):
                    after = page.last?.id
                    left -= page.count
                    start(page, queue)
                    // Many small claims while the listing comes in would cost a transaction each.
                    if listing == .goesOn, page.count < room.limit / 2 { await queue.feed.wait() }
                case .later: await queue.feed.wait()
                // Asked before the claim: what was listed in between is not overlooked.
                case .none where listing == .goesOn: await queue.feed.wait()
                case .none: left = 0
                }
            } catch { halt(queue, error) }
        }
        queue.endIntake()
    }

    private enum Claim {
        /// Claimed, and there is room for it.
        case page([BlobRecord])
        /// Nothing is waiting.
        case none
        /// What is under way must be settled before it is known whether more fits.
        case later
    }

    private func claim(
        after: BlobID?, limit: Int, bytes: Int64, _ queue: CopyQueue
    ) async throws(Trouble) -> Claim {
        do throws(Failure) {
            let page =
                Failpoint.omits("claim")
                ? try await index.remaining(volume: volume, after: after, limit: limit)
                : try await index.claim(run: run, volume: volume, after: after, limit: limit, bytes: bytes)
            Failpoint.hit("K1")
            if page.isEmpty { return .none }
            let underWay = queue.with { Amount(count: $0.outstanding.count, bytes: $0.outstandingBytes) }
            let fit: (count: Int, refusal: Failure?)
            do throws(Failure) { fit = try await fitting(page, beside: underWay) } catch {
                try await settle(page.map { BlobOutcome(id: $0.id, state: .pending) })
                throw error
            }
            let rest = page[fit.count...]
            if !rest.isEmpty { try await settle(rest.map { BlobOutcome(id: $0.id, state: .pending) }) }
            if fit.count > 0 { return .page(Array(page[..<fit.count])) }
            if underWay.count > 0 { return .later }
            throw fit.refusal ?? .interrupted("space")
        } catch {
            throw error.code == "DESTINATION_FULL" || error.code == "DESTINATION_OVER_BUDGET"
                ? .full(error) : error.side == .destination ? .of(error) : .fatal(error)
        }
    }

    /// How many blobs of a page fit beside what is under way, and why not all (A6).
    private func fitting(
        _ page: [BlobRecord], beside underWay: Amount
    ) async throws(Failure) -> (count: Int, refusal: Failure?) {
        let target = self.target
        let space = try await blockingThrowing("space") { () throws(Failure) -> VolumeSpace in
            do throws(FileError) { return try target.files.space(of: target.gate.root) } catch { throw error.failure }
        }
        gauges.set {
            $0.volume.free = space.free
            $0.volume.capacity = space.capacity
        }
        let placed = gauges.read().now.safe.bytes
        let rule = FreeSpace(keepFree: settings.keepFree, sizeBudget: settings.sizeBudget)
        var sum = underWay
        for (number, record) in page.enumerated() {
            sum += Amount(count: 1, bytes: record.size)
            let verdict = rule.verdict(
                space: space, placed: placed, moreBytes: sum.bytes, moreFiles: Int64(sum.count))
            if let refusal = verdict.failure(target: PathBytes(settings.target)) { return (number, refusal) }
        }
        return (page.count, nil)
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
        gauges.commit.enter(.commit, at: time.monotonic())
        defer { gauges.commit.enter(nil, at: time.monotonic()) }
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
            if let outcome = readBack(blob, target, bench) {
                answers.set(number, outcome)
            } else {
                owesProof(BlobRecord(id: blob.id, size: blob.size, state: .placed))
            }
        }
        return answers.all
    }

    /// Nil: it stays `placed`, and the proof is owed.
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
