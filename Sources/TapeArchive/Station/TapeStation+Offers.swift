import BackupCatalog
import BackupModel
import Synchronization
import WorkerKit

/// What a supply does with drive, robot and catalog, in the station's hand.
extension TapeStation {
    typealias Found = (KnownVolume, VolumeOffer)

    var shelfChanges: Int { roster.withLock { $0.changes } }

    /// The tape that lies in the drive already, where it is the next; else nil. Looks at one that nobody has looked at.
    func offerLoaded(
        _ bay: DriveBay, _ pool: Pool, tried: Set<String>, _ claim: DriveClaim
    ) async throws -> Found? {
        guard let status = try? await bay.use({ drive in try drive.status() }), status.hasMedium else { return nil }
        guard let sighting = try? await sight(bay) else { return nil }
        let choice = try choice(pool, drive: bay, tried: tried)
        guard case .use(let known) = TapeFit(sighting, pool: pool, drive: bay.generation, choice: choice, name: nil),
            choice.next?.volume.nonce == known.volume.nonce
        else {
            return nil
        }
        return (known, try await offer(known, in: bay, claim))
    }

    /// Loads that volume, by the robot where it is not in the drive, and looks whether it is what the catalog says.
    func offer(
        _ volume: Volume, to bay: DriveBay, _ pool: Pool, tried: Set<String>, _ claim: DriveClaim
    ) async throws -> Taken {
        if volume.place != .drive(bay.name) {
            promised[volume.key] = bay.name
            defer { promised[volume.key] = nil }
            guard let known = try everyVolume().first(where: { $0.volume.key == volume.key }) else {
                return Taken(words: "\(volume.name) is gone from the catalog")
            }
            claim.line("TAPE_LOADING", "\(volume.name) into drive \(bay.name)")
            try await bring(known, into: bay)
        }
        return try await take(bay, pool, tried: tried, name: nil, claim)
    }

    /// What became of a cartridge that lies in a drive.
    struct Taken: Sendable {
        var found: Found?
        /// Why it does not do.
        var words = ""
        /// Of the volume that does not do, or empty.
        var key = ""
    }

    /// Judges what lies in the drive; labels it where that is right. What does not do comes out again, but for a blank
    /// one that wants a name.
    func take(
        _ bay: DriveBay, _ pool: Pool, tried: Set<String>, name: String?, _ claim: DriveClaim
    ) async throws -> Taken {
        guard try await bay.use({ drive in try drive.status() }).hasMedium else {
            return Taken(words: await emptied(bay, claim))
        }
        let sighting: Sighting
        do { sighting = try await sight(bay) } catch let fault as TapeFault {
            let words = Words.of(fault)
            await giveBack(bay)
            refused(bay, words, claim)
            return Taken(words: words)
        }
        let choice = try choice(pool, drive: bay, tried: tried)
        switch TapeFit(sighting, pool: pool, drive: bay.generation, choice: choice, name: name) {
        case .use(let known): return Taken(found: (known, try await offer(known, in: bay, claim)))
        case .label(let label, let reading):
            let known = try await write(label: label, pool: pool, over: reading, sighting, in: bay, by: claim.job)
            return Taken(found: (known, try await offer(known, in: bay, claim)))
        case .nameless(let words): return Taken(words: words)
        case .unfit(let words):
            refused(bay, words, claim)
            await giveBack(bay)
            return Taken(words: words, key: sighting.known?.volume.key ?? "")
        }
    }

    /// No medium: a cleaning cartridge that has done its work may stand in the drive's mouth.
    private func emptied(_ bay: DriveBay, _ claim: DriveClaim) async -> String {
        guard let library = bay.library?.name, let map = try? await inventory(library, rescan: false),
            let element = map.drive(bay.name), element.isFull
        else { return "no tape is in drive \(bay.name)" }
        let words =
            Barcode(element.barcode).isCleaning
            ? "\(printable(element.barcode.utf8)) is a cleaning cartridge"
            : "the tape in drive \(bay.name) is not loaded"
        refused(bay, words, claim)
        await giveBack(bay)
        return words
    }

    func giveBack(_ bay: DriveBay) async {
        do { try await putBack(bay) } catch {
            tell(.warn, "TAPE_ERROR", StationFailure.of(error, "drive \(bay.name)").message)
        }
    }

    private func offer(_ found: KnownVolume, in bay: DriveBay, _ claim: DriveClaim) async throws -> VolumeOffer {
        let known = try await settled(found, in: bay, claim)
        guard let block = known.volume.endBlock else {
            throw StationFailure.refused(
                "TAPE_UNPROVED", bay.name, "where \(known.volume.name) ends is not known: scan it",
                hint: "`holdfast tape verify` reads it through.")
        }
        let handle = bay.handle
        return VolumeOffer(
            drive: try handle.drive(), label: known.volume.label, nonce: known.volume.nonce,
            end: TapeEnd(files: known.volume.tapeFiles, block: block), holdings: try holdings(of: known),
            reopen: { try handle.reopen() })
    }

    /// The volume after tape and catalog were made to agree, where an engine died while it was written (F23, F24).
    private func settled(_ known: KnownVolume, in bay: DriveBay, _ claim: DriveClaim) async throws -> KnownVolume {
        let isUnproved = unproved.remove(known.volume.nonce) != nil
        guard try VolumeSettling.isDue(known, tapes) || isUnproved else { return known }
        claim.line("TAPE_SETTLING", "\(known.volume.name): what an engine that died left on it is looked for")
        let drive = try bay.handle.drive()
        bay.board.stand(.reading)
        let settling = VolumeSettling(
            known, tapes, spool: PathBytes(plan.stateFolder), time: time, line: claim.line)
        _ = try await settling.settle(drive)
        let now = try tapes.volume(known.id) ?? known
        guard now.volume.state == .empty || now.volume.state == .appendable else {
            throw StationFailure.refused(
                "TAPE_REFUSED", bay.name, "\(now.volume.name) is \(now.volume.state.rawValue)")
        }
        return now
    }

    /// What lies on a volume, as its end mark tells it.
    private func holdings(of known: KnownVolume) throws(Failure) -> [VolumeEnd.Holding] {
        var holdings: [VolumeEnd.Holding] = []
        for (part, archive) in try tapes.archives(onVolume: known.id) where part.state == .complete {
            let stored = StoredPart(
                part: part.part, label: known.volume.label, nonce: known.volume.nonce, file: part.tapeFile,
                blocks: part.blocks, headBytes: Int(part.headBytes), offset: part.offset, length: part.length,
                firstBlock: part.firstBlock ?? -1)
            let isLast = archive.state == .complete && part.offset + part.length >= archive.streamBytes
            holdings.append(VolumeEnd.Holding(archive: archive.archive, part: stored, isLast: isLast))
        }
        return holdings
    }

    /// The volume's end is read and put right when it is offered again; once, not for ever.
    func toSettle(_ known: KnownVolume?) -> Bool {
        guard let nonce = known?.volume.nonce, settledOnce.insert(nonce).inserted else { return false }
        unproved.insert(nonce)
        return true
    }

    // MARK: Words of a supply

    /// Writing stops after the tape in hand, until somebody lets it go on.
    func waitWhileHeld(_ bay: DriveBay, _ claim: DriveClaim) async throws {
        guard bay.board.now.state.holdsAfterTape else { return }
        claim.line("DRIVE_HOLDS", "drive \(bay.name) stops after this tape, as it was told to; the buffer is kept")
        tell(.warn, "DRIVE_HOLDS", "drive \(bay.name) stops after this tape, as it was told to", job: claim.job)
        while bay.board.now.state.holdsAfterTape {
            bay.board.stand(.waiting)
            try await Task.sleep(for: .seconds(pace.watch))
        }
    }

    func wanted(_ question: TapeQuestion, _ claim: DriveClaim) {
        let names = question.wanted.map { "\($0.name) (\($0.place))" } + (question.takesScratch ? ["a blank tape"] : [])
        let words = "drive \(question.drive) wants a tape, \(question.why): load " + names.joined(separator: ", or ")
        claim.line("TAPE_WANTED", words)
        tell(.warn, "TAPE_WANTED", words, job: claim.job)
    }

    func refused(_ bay: DriveBay, _ words: String, _ claim: DriveClaim) {
        claim.line("TAPE_REFUSED", words)
        tell(.warn, "TAPE_REFUSED", "drive \(bay.name): \(words)", job: claim.job)
    }

    func failed(_ bay: DriveBay, _ words: String, _ claim: DriveClaim) {
        let now = time.wall()
        bay.board.change { $0.state.lastTrouble = DriveTrouble(at: now, words: words, wasRecovered: true) }
        claim.line("TAPE_ERROR", words)
        tell(.error, "TAPE_ERROR", "drive \(bay.name): \(words)", job: claim.job)
    }

    func expired(_ bay: DriveBay, _ claim: DriveClaim) {
        let words = "nobody put a tape into drive \(bay.name) in time"
        claim.line("TAPE_EXPIRED", words)
        tell(.error, "TAPE_EXPIRED", words, job: claim.job)
    }
}
