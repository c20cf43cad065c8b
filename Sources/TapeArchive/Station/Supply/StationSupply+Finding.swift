import BackupCatalog
import BackupModel

/// The tapes to read.
extension StationSupply {
    package func find(label: String, nonce: String, refused: MountRefusal?) async throws -> (any TapeDrive)? {
        try await untilCancelled {
            let wanted = Wanted(label: printable(label.utf8), nonce: nonce)
            if refused == nil, let drive = try await self.station.readable(wanted, self.bay, self.claim, isFirst: true)
            {
                return drive
            }
            return try await self.ask(wanted, why: refused?.message ?? "\(wanted.label) is to be read")
        }
    }

    struct Wanted: Sendable {
        var label: String
        var nonce: String
    }

    private func ask(_ wanted: Wanted, why: String) async throws -> (any TapeDrive)? {
        var question = TapeQuestion(drive: bay.name, job: claim.job, why: why, pool: "")
        question.wanted = [.init(name: wanted.label, place: try await station.placeWords(wanted.nonce))]
        (question.run, question.isScheduled) = (claim.run, claim.isScheduled)
        question.generation = bay.generation?.rawValue ?? ""
        let asking = Asking(station, bay, claim) { await self.station.isInReach(wanted.nonce, self.bay) }
        defer { asking.end() }
        await station.wanted(question, claim)
        while true {
            switch try await asking.ask(question) {
            case .reply(.cancel): return nil
            case .reply(.expired):
                await station.expired(bay, claim)
                return nil
            case .shelf, .medium, .reply:
                do {
                    if let drive = try await station.readable(wanted, bay, claim, isFirst: false) { return drive }
                    question.why = "\(wanted.label) is not in drive \(bay.name)"
                } catch {
                    if error is CancellationError { throw error }
                    question.why = StationFailure.of(error, "drive \(bay.name)").message
                }
            }
        }
    }
}

extension TapeStation {
    /// The drive with that volume in it, by the robot where it is in reach; nil where somebody must bring it. Throws
    /// why what is in the drive will not do.
    func readable(
        _ wanted: StationSupply.Wanted, _ bay: DriveBay, _ claim: DriveClaim, isFirst: Bool
    ) async throws -> (any TapeDrive)? {
        if try await bay.use({ drive in try drive.status() }).hasMedium {
            if bay.board.now.label?.nonce == wanted.nonce { return try bay.handle.drive() }
            let sighting = try await sight(bay)
            if sighting.probe.label?.nonce == wanted.nonce { return try bay.handle.drive() }
            try await putBack(bay)
            if !isFirst, !isInReach(wanted.nonce, bay) {
                throw StationFailure.refused(
                    "TAPE_REFUSED", bay.name,
                    "the tape in drive \(bay.name) is \(sighting.name), wanted is \(wanted.label)")
            }
        }
        guard let known = try tapes.volume(nonce: wanted.nonce), isInReach(wanted.nonce, bay) else { return nil }
        claim.line("TAPE_LOADING", "\(known.volume.name) into drive \(bay.name)")
        try await bring(known, into: bay)
        let sighting = try await sight(bay)
        guard sighting.probe.label?.nonce == wanted.nonce else {
            throw StationFailure.refused(
                "TAPE_REFUSED", bay.name, "the tape in drive \(bay.name) is \(sighting.name), wanted is \(wanted.label)"
            )
        }
        return try bay.handle.drive()
    }

    func isInReach(_ nonce: String, _ bay: DriveBay) -> Bool {
        guard let library = bay.library?.name, let known = try? tapes.volume(nonce: nonce) else { return false }
        switch known.volume.place {
        case .slot(library, _): return robots[library]?.sight.map.holding(known.volume.barcode) != nil
        case .drive(let other):
            return bays.contains { $0.name == other && $0.library?.name == library && $0.board.now.user.isEmpty }
        default: return false
        }
    }

    func placeWords(_ nonce: String) throws(Failure) -> String {
        try tapes.volume(nonce: nonce)?.volume.place.description ?? ""
    }
}
