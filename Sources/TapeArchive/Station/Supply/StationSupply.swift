import BackupCatalog
import BackupModel
import Synchronization

/// Finds the tapes for one lease: in the drive, by the robot, by asking a person.
final class StationSupply: VolumeSupply, VolumeFinder {
    let station: TapeStation
    let bay: DriveBay
    let claim: DriveClaim
    private let state = Mutex(State())

    private struct State {
        /// Nonces, or barcodes of blanks, that did not do.
        var tried: Set<String> = []
        /// The robot did not bring these; a person may.
        var unreachable: Set<String> = []
        var offered: KnownVolume?
        var part = 1
    }

    init(_ station: TapeStation, _ bay: DriveBay, _ claim: DriveClaim) {
        self.station = station
        self.bay = bay
        self.claim = claim
    }

    // MARK: To write

    func next(_ need: VolumeNeed) async throws -> VolumeOffer? {
        guard case .write(let name) = claim.purpose else { return nil }
        let pool = try await station.pool(name)
        return try await untilCancelled {
            try await self.settle(need)
            return try await self.search(pool, why: need.words)
        }
    }

    /// What became of the volume that was offered last.
    private func settle(_ need: VolumeNeed) async throws {
        let offered = state.withLock { state in
            state.part = need.part
            return state.offered
        }
        switch need.reason {
        case .begins: return
        case .refused(.otherEnd) where await station.toSettle(offered): return
        case .full(let label):
            await station.tell(.info, "TAPE_FULL", "\(printable(label.utf8)) is full", job: claim.job)
        case .failed(let label, let words):
            await station.failed(bay, "\(printable(label.utf8)) is written no more: \(words)", claim)
        case .refused(let refusal): await station.refused(bay, refusal.message, claim)
        case .fault(let fault): await station.failed(bay, Words.of(fault), claim)
        }
        reject(offered)
        // The drive is free for whoever brings the next.
        await station.giveBack(bay)
        if case .full = need.reason { try await station.waitWhileHeld(bay, claim) }
    }

    private func reject(_ known: KnownVolume?) {
        guard let known else { return }
        state.withLock { state in
            state.tried.insert(known.volume.key)
            state.offered = nil
        }
    }

    private func search(_ pool: Pool, why first: String) async throws -> VolumeOffer? {
        var why = first
        if let offer = try await station.offerLoaded(bay, pool, tried: tried, claim) { return keep(offer) }
        while true {
            try Task.checkCancellation()
            let choice = try await station.choice(pool, drive: bay, tried: tried)
            guard let fit = choice.fits.first(where: { $0.isInReach && !unreachable.contains($0.volume.key) }) else {
                guard let answer = try await ask(question(choice, pool, why), pool) else { return nil }
                switch answer {
                case .offer(let offer): return keep(offer)
                case .again(let words): why = words
                }
                continue
            }
            do {
                let taken = try await station.offer(fit.volume, to: bay, pool, tried: tried, claim)
                if let found = taken.found { return keep(found) }
                why = taken.words
                state.withLock { _ = $0.tried.insert(fit.volume.key) }
            } catch {
                let failure = try known(error)
                why = failure.message
                state.withLock { state in
                    let isReach = failure.code.hasPrefix("ROBOT") || failure.code == "NOT_OURS"
                    if isReach { state.unreachable.insert(fit.volume.key) } else { state.tried.insert(fit.volume.key) }
                }
                await station.refused(bay, failure.message, claim)
            }
        }
    }

    private var tried: Set<String> { state.withLock { $0.tried } }
    private var unreachable: Set<String> { state.withLock { $0.unreachable } }

    private func keep(_ found: (KnownVolume, VolumeOffer)) -> VolumeOffer {
        state.withLock { $0.offered = found.0 }
        return found.1
    }

    private func question(_ choice: TapeChoice, _ pool: Pool, _ why: String) -> TapeQuestion {
        var question = TapeQuestion(drive: bay.name, job: claim.job, why: why, pool: pool.name)
        question.run = claim.run
        question.wanted = choice.fits.prefix(8).map { .init(name: $0.volume.name, place: $0.volume.place.description) }
        question.takesScratch = true
        question.generation = bay.generation?.rawValue ?? ""
        question.part = state.withLock { $0.part }
        question.isScheduled = claim.isScheduled
        return question
    }

    /// The robot could bring one now.
    private func isInReach(_ pool: Pool) async -> Bool {
        guard let choice = try? await station.choice(pool, drive: bay, tried: tried) else { return false }
        return choice.fits.contains { $0.isInReach && !unreachable.contains($0.volume.key) }
    }

    // MARK: Asking

    private enum Answered {
        case offer((KnownVolume, VolumeOffer))
        /// It did not do, or something changed: look and ask again.
        case again(String)
    }

    private func ask(_ question: TapeQuestion, _ pool: Pool) async throws -> Answered? {
        var question = question
        let asking = Asking(station, bay, claim) { await self.isInReach(pool) }
        defer { asking.end() }
        await station.wanted(question, claim)
        while true {
            switch try await asking.ask(question) {
            case .shelf: return .again(question.why)
            case .medium, .reply(.loaded):
                switch try await look(pool, name: nil) {
                case .offer(let offer): return .offer(offer)
                case .again(let words): question.why = words
                }
            case .reply(.use(let name)):
                do {
                    let volume = try await station.find(name).volume
                    let taken = try await station.offer(volume, to: bay, pool, tried: tried, claim)
                    if let found = taken.found { return .offer(found) }
                    question.why = taken.words
                } catch { question.why = try known(error).message }
            case .reply(.blank(let label)):
                switch try await look(pool, name: label) {
                case .offer(let offer): return .offer(offer)
                case .again(let words): question.why = words
                }
            case .reply(.cancel): return nil
            case .reply(.expired):
                await station.expired(bay, claim)
                return nil
            }
        }
    }

    /// What somebody put into the drive.
    private func look(_ pool: Pool, name: String?) async throws -> Answered {
        do {
            let taken = try await station.take(bay, pool, tried: tried, name: name, claim)
            if !taken.key.isEmpty { state.withLock { _ = $0.tried.insert(taken.key) } }
            return taken.found.map { .offer($0) } ?? .again(taken.words)
        } catch {
            let failure = try known(error)
            await station.refused(bay, failure.message, claim)
            return .again(failure.message)
        }
    }

    /// What a person may help with; throws when it is a cancel.
    private func known(_ error: any Error) throws -> Failure {
        let failure = StationFailure.of(error, "drive \(bay.name)")
        if failure.code == StationFailure.cancelled.code || failure.side == .catalog && failure.code != "VOLUME_UNKNOWN"
        {
            throw error
        }
        return failure
    }

    /// Ends with nil when the run is cancelled.
    func untilCancelled<T: Sendable>(_ body: @escaping @Sendable () async throws -> T?) async throws -> T? {
        let task = Task { try await body() }
        claim.control.onCancel { task.cancel() }
        return try await withTaskCancellationHandler {
            do { return try await task.value } catch {
                if task.isCancelled || claim.control.isCancelled { return nil }
                throw error
            }
        } onCancel: {
            task.cancel()
        }
    }
}

extension Volume {
    /// As `TapeWish.tried` names it.
    var key: String { nonce.isEmpty ? barcode : nonce }
}

extension VolumeNeed {
    /// Why a tape is wanted.
    var words: String {
        switch reason {
        case .begins: "the archive begins"
        case .full(let label): "\(printable(label.utf8)) is full"
        case .failed(let label, let words): "\(printable(label.utf8)) failed: \(words)"
        case .refused(let refusal): refusal.message
        case .fault(let fault): Words.of(fault)
        }
    }
}
