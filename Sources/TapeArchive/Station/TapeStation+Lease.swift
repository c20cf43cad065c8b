package import BackupModel
import WorkerKit

/// Lending drives.
extension TapeStation {
    package func lease(_ claim: DriveClaim) async throws(Failure) -> DriveLease {
        var told = ""
        while true {
            if claim.control.isCancelled || isClosed || Task.isCancelled { throw StationFailure.cancelled }
            var reasons: [String] = []
            for bay in try fitting(claim) {
                do throws(Failure) { return try await lend(bay, claim) } catch {
                    guard error.isTransient else { throw error }
                    reasons.append(error.message)
                }
            }
            let words = "waits for a drive: " + reasons.joined(separator: "; ")
            if words != told {
                told = words
                claim.line("DRIVE_WAIT", words)
            }
            try? await Task.sleep(for: .seconds(min(pace.retry, 1)))
        }
    }

    /// Drives that can do it, free or not, those that hold a tape of the pool first. Throws what no wait will change.
    private func fitting(_ claim: DriveClaim) throws(Failure) -> [DriveBay] {
        var pool: Pool?
        if case .write(let name) = claim.purpose { pool = try self.pool(name) }
        if let name = claim.drive { return [try bay(name)] }
        let fit = bays.filter { bay in
            guard let pool, !pool.media.isEmpty, let generation = bay.generation else { return true }
            return pool.media.contains { generation.fit($0) == .writes }
        }
        guard !fit.isEmpty else {
            throw StationFailure.refused(
                bays.isEmpty ? "DRIVE_UNKNOWN" : "DRIVE_UNFIT", claim.job,
                bays.isEmpty ? "no drive is configured" : "no drive writes the media of pool \(pool?.name ?? "")",
                hint: "Look at [drive.NAME] and at `media` of the pool.")
        }
        return fit.filter { $0.holds(pool) } + fit.filter { !$0.holds(pool) }
    }

    /// Opens the drive too: one that another program has is waited for, not failed over.
    private func lend(_ bay: DriveBay, _ claim: DriveClaim) async throws(Failure) -> DriveLease {
        let bay = try reserve(bay.name, for: claim.job)
        do {
            // Another program may have moved the tape, or switched the drive off, since the last look.
            try await bay.use { _ in }
            if let library = bay.library?.name, robots[library]?.sight.lookedAt == nil {
                // A robot in trouble is the supply's to tell.
                _ = try? await inventory(library, rescan: false)
            }
        } catch {
            release(bay)
            tellTrouble(bay)
            var failure = StationFailure.of(error, "drive \(bay.name)")
            // A device that rewinds (F15), or a drive that keeps no options, is for the settings to put right.
            failure.isTransient = (error as? TapeFault)?.kind != .optionRefused
            throw failure
        }
        let supply = StationSupply(self, bay, claim)
        let lease = DriveLease(
            name: bay.name, settings: bay.settings, identity: bay.board.now.state.identity, generation: bay.generation,
            feed: bay.feed, supply: supply, finder: supply, control: claim.control
        ) { [weak self] in await self?.takeBack(bay) }
        bay.board.change { $0.lease = lease }
        return lease
    }

    /// After an archive: cleaning where it is wanted (F5), then the drive is free.
    private func takeBack(_ bay: DriveBay) async {
        bay.board.change { $0.lease = nil }
        try? await bay.use { drive in try? drive.lockDoor(false) }
        tellAlerts(bay)
        if bay.wantsCleaning, !isClosed {
            bay.board.change { $0.user = "cleaning" }
            do { _ = try await clean(bay) } catch {
                let failure = StationFailure.of(error, "drive \(bay.name)")
                tell(.warn, "TAPE_ALERT", "drive \(bay.name) wants to be cleaned: \(failure.message)", failure)
            }
        }
        release(bay)
        if isClosed { await bay.close() }
    }

    // MARK: Cleaning

    /// With the library's cleaning cartridge; what is in the drive goes back first.
    func clean(_ bay: DriveBay) async throws -> String {
        guard let library = bay.library, let robot = robots[library.name] else {
            throw StationFailure.refused(
                "CLEANING_MISSING", bay.name, "drive \(bay.name) has no robot: put a cleaning cartridge in by hand")
        }
        try await inventory(library.name, rescan: false)
        guard let cartridge = robot.sight.map.cleaning else {
            throw StationFailure.refused(
                "CLEANING_MISSING", bay.name, "library \(library.name) has no cleaning cartridge",
                hint: "Import one; its barcode begins with CLN.")
        }
        try await putBack(bay)
        let (name, barcode) = (bay.name, cartridge.barcode)
        _ = try await robot.move(
            at: time.wall(), from: { $0.holding(barcode) }, to: { $0.drive(name) })
        try await cleaned(bay)
        _ = try await robot.move(
            at: time.wall(), from: { $0.drive(name) }, to: { map in map.drive(name).flatMap(map.home) })
        try await inventory(library.name, rescan: false)
        if bay.board.now.state.health.alerts.contains(22) {
            throw StationFailure.refused(
                "CLEANING_EXPIRED", bay.name, "cleaning cartridge \(printable(barcode.utf8)) is used up",
                hint: "Export it and import a new one.")
        }
        tell(.info, "DRIVE_CLEANED", "drive \(bay.name) was cleaned with \(printable(barcode.utf8))")
        return "drive \(bay.name) was cleaned"
    }

    /// The drive cleans by itself, and gives the cartridge out when it is done.
    private func cleaned(_ bay: DriveBay) async throws {
        let start = time.monotonic()
        bay.board.stand(.cleaning)
        while true {
            let status = try? await bay.use(as: .cleaning) { drive in try drive.status() }
            if let status, !status.hasMedium { return }
            if Double(time.monotonic() - start) / 1e9 > 15 * 60 {
                throw StationFailure.refused(
                    "CLEANING_FAILED", bay.name,
                    "drive \(bay.name) did not give the cleaning cartridge out within 15 min",
                    hint: "Look at the drive.")
            }
            bay.board.stand(.cleaning)
            try await Task.sleep(for: .seconds(pace.watch))
        }
    }
}

extension DriveBay {
    nonisolated var wantsCleaning: Bool {
        let face = board.now
        return face.isDirty || TapeAlert.all(face.state.health.alerts).contains(where: \.wantsCleaning)
    }

    nonisolated func holds(_ pool: Pool?) -> Bool { pool != nil && board.now.label?.pool == pool?.name }
}
