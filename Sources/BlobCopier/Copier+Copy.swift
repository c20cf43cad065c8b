import BackupModel
import WorkerKit

extension Copier {
    /// The body of a run: settle what was left, scan, then copy until nothing is wanted.
    func copy(
        _ session: CopySession, _ volume: IndexedVolume, limit: Int?
    ) async throws(Failure) -> SessionEnd {
        if let end = await settleThePast(session, volume) { return end }
        // With nothing known, nothing can be missing (A3): copying need not wait for the end of the listing.
        guard session.before.total.count == 0 else {
            try await scan(session.source, session.volume, session.pool, full: false)
            try await stampGeneration(volume, session.target)
            try await preflight(session)
            return await copyThrough(session, volume, limit: limit)
        }
        try await stampGeneration(volume, session.target)
        session.setListing(.goesOn)
        let listing = Task { await self.list(session) }
        let end = await copyThrough(session, volume, limit: limit)
        // A run that ended early does not need the rest of the list.
        if end.result == .failed { control.stop() }
        if let failure = await listing.value, end.result != .failed {
            let result: RunResult = failure.code == "INTERRUPTED" ? .interrupted : .failed
            return SessionEnd(result: result, failure: failure, hasHungWorkers: end.hasHungWorkers)
        }
        return end
    }

    /// The first listing, beside the copying; why it failed, or nil.
    private func list(_ session: CopySession) async -> Failure? {
        do throws(Failure) {
            // Half of the workers list, so that the others copy meanwhile.
            try await scan(
                session.source, session.volume, session.pool, full: true, lanes: max(1, control.limits.workers / 2)
            ) { session.feed.signal() }
            session.setListing(.ended)
            try await preflight(session)
            return nil
        } catch {
            session.setListing(.failed)
            return error
        }
    }

    private func settleThePast(_ session: CopySession, _ volume: IndexedVolume) async -> SessionEnd? {
        gauges.phase = .reconciling
        while true {
            do throws(Trouble) {
                let settled = try await session.reconcileDeadRuns()
                if settled > 0 { report(.info, "RECONCILED", "\(Quantity.count(settled)) blobs of dead runs settled") }
                try await session.checkSizesAfterCrash()
                return control.isStopping ? SessionEnd(result: .interrupted) : nil
            } catch {
                guard case .lost(let failure) = error else {
                    return SessionEnd(result: .failed, failure: error.failure)
                }
                if let end = await waitForVolume(session, volume, failure) { return end }
                gauges.phase = .reconciling
            }
        }
    }

    /// Says at the start when it will not all fit; what fits is copied (A6).
    private func preflight(_ session: CopySession) async throws(Failure) {
        let target = session.target
        let wanted = try await index.tally(volume: session.volume).remaining
        let space = try await blocking("space") {
            Result { () throws(FileError) in try target.files.space(of: target.gate.root) }
        }
        guard case .success(let space) = space else { return }
        gauges.set {
            $0.volume.free = space.free
            $0.volume.capacity = space.capacity
        }
        let verdict = FreeSpace(keepFree: settings.keepFree, sizeBudget: nil).verdict(
            space: space, placed: 0, moreBytes: wanted.bytes, moreFiles: Int64(wanted.count))
        if let failure = verdict.failure(target: PathBytes(settings.target)) {
            report(.warn, "SPACE_SHORT", failure.message + " for all that is wanted", failure)
        }
    }

    /// Copies, and after trouble that passes goes on.
    private func copyThrough(_ session: CopySession, _ volume: IndexedVolume, limit: Int?) async -> SessionEnd {
        var failedBarriers = 0
        var pass = 1
        // Stays until it is settled: nobody claims it before.
        var uncertain: [BlobRecord] = []
        while true {
            let damage = session.done.foundDamage
            let end = await onePass(session, limit: limit)
            if end.isAbandoned { return SessionEnd(result: .interrupted, failure: .hung, hasHungWorkers: true) }
            uncertain += end.uncertain
            let wasCertain = uncertain.isEmpty
            switch await settle(&uncertain, after: end.trouble, session, volume) {
            case .ends(let end): return end
            case .troubled(.barrier(let failure)):
                failedBarriers += 1
                report(.error, "BARRIER_FAILED", "\(failure.message): what it covered is copied again", failure)
                if failedBarriers == 3 { return SessionEnd(result: .failed, failure: failure) }
            case .troubled(let trouble):
                return SessionEnd(result: .failed, failure: await withNeed(trouble.failure, session))
            case .recovered: break
            case .settled:
                if control.isStopping { return SessionEnd(result: .interrupted) }
                // What had to be given up, or came back wrong, is copied once or twice more.
                let isProved: Bool
                do throws(Failure) { isProved = try await session.payOwedProofs() } catch {
                    return SessionEnd(result: .failed, failure: error)
                }
                let isDone = isProved && wasCertain && session.done.foundDamage == damage
                if isDone || pass == 3 { return await ended(session, isProved: isProved, limit: limit) }
                pass += 1
            }
        }
    }

    private struct PassEnd {
        var trouble: Trouble?
        var uncertain: [BlobRecord]
        var isAbandoned: Bool
    }

    private func onePass(_ session: CopySession, limit: Int?) async -> PassEnd {
        let queue = CopyQueue(feed: session.feed)
        gauges.phase = .copying
        let left = limit.map { $0 - session.done.placed.count - session.done.failed.count }
        let watch = Task { await self.watch(session, queue) }
        let trouble = await session.copyAll(queue, limit: left)
        watch.cancel()
        await watch.value
        control.unhalt()
        let (uncertain, isAbandoned) = queue.with { ($0.stranded, $0.isAbandoned) }
        return PassEnd(trouble: trouble, uncertain: uncertain, isAbandoned: isAbandoned)
    }

    private enum Settlement {
        case settled
        /// The volume was away and is back.
        case recovered
        case troubled(Trouble)
        case ends(SessionEnd)
    }

    /// Finds out what became of blobs whose fate is not certain, waiting for the volume where it is away. Those that
    /// are settled are no more among them.
    private func settle(
        _ uncertain: inout [BlobRecord], after trouble: Trouble?, _ session: CopySession, _ volume: IndexedVolume
    ) async -> Settlement {
        var lost: Failure? = if case .lost(let failure) = trouble { failure } else { nil }
        var hasWaited = false
        while true {
            if let failure = lost {
                if let end = await waitForVolume(session, volume, failure) { return .ends(end) }
                hasWaited = true
                lost = nil
            }
            do throws(Trouble) {
                _ = try await session.reconcile(uncertain)
                uncertain = []
                if hasWaited { return .recovered }
                return trouble.map { .troubled($0) } ?? .settled
            } catch {
                guard case .lost(let failure) = error else { return .troubled(hasWaited ? error : trouble ?? error) }
                lost = failure
            }
        }
    }

    private func withNeed(_ failure: Failure, _ session: CopySession) async -> Failure {
        guard failure.code == "DESTINATION_FULL", failure.operation != "space",
            let tally = try? await index.tally(volume: session.volume)
        else { return failure }
        var failure = failure
        let need = FreeSpace.cost(bytes: tally.remaining.bytes, files: Int64(tally.remaining.count))
        failure.message += "; needs \(Quantity.bytes(need + settings.keepFree)) free for the rest"
        return failure
    }

    /// Ok only when everything that the source has is safe (I5).
    private func ended(_ session: CopySession, isProved: Bool, limit: Int?) async -> SessionEnd {
        let tally: Tally
        do throws(Failure) { tally = try await index.tally(volume: session.volume) } catch {
            return SessionEnd(result: .failed, failure: error)
        }
        let isLimited = limit.map { session.done.placed.count + session.done.failed.count >= $0 } ?? false
        let isComplete = isProved && tally.failed.count == 0 && session.done.postponed == 0
        return SessionEnd(result: isComplete && (isLimited || tally.remaining.count == 0) ? .ok : .okWithWarnings)
    }

    // MARK: A volume that went away (A10)

    /// One event, then patience: nil when the same volume is back and held again.
    func waitForVolume(_ session: CopySession, _ volume: IndexedVolume, _ failure: Failure) async -> SessionEnd? {
        report(.error, "DESTINATION_LOST", failure.message, failure)
        gauges.phase = .waiting(reason: "the volume is not there")
        gauges.set { $0.volume.isPresent = false }
        let lost = session.target
        _ = try? await blocking("volume") {
            lost.close()
            lost.gate.close()
        }
        var told = failure.code
        while true {
            if await nap(pace.lostCheck) { return SessionEnd(result: .interrupted, failure: failure) }
            do throws(Failure) {
                let expected = try await index.volume(session.volume) ?? volume
                session.replace(try await open(expected, as: .current(command: command, time: time)))
                break
            } catch {
                // Another drive at its place is worth a word; an empty place is not.
                if error.code != told, error.code != "VOLUME_NOT_MOUNTED", error.code != "DESTINATION_LOST" {
                    report(.warn, error.code, error.message, error)
                    told = error.code
                }
            }
        }
        control.unhalt()
        gauges.set { $0.volume.isPresent = true }
        gauges.phase = .copying
        report(.info, "DESTINATION_RETURNED", "the same volume is back; going on")
        return nil
    }

    /// Sleeps; true when the run is to end.
    private func nap(_ seconds: Double) async -> Bool {
        let end = time.monotonic() + Int64(seconds * 1e9)
        while time.monotonic() < end {
            if Task.isCancelled { control.stop() }
            if control.isStopping { return true }
            try? await Task.sleep(for: .seconds(min(0.05, seconds)))
        }
        return control.isStopping
    }
}

extension Failure {
    static var hung: Failure {
        Failure(
            code: "WORKER_HUNG", side: .destination, message: "a call to the disk did not return after the stop",
            operation: "stop", hint: "Read dmesg; the volume stays taken until the kernel answers.")
    }
}
