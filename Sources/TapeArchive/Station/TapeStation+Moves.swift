import BackupCatalog
import BackupModel
import WorkerKit

/// What robots and drives do with cartridges, and what the catalog says of their places afterwards.
extension TapeStation {
    /// Takes a library's inventory and brings the catalog up to it. Throws `Failure`.
    @discardableResult
    func inventory(_ library: String, rescan: Bool) async throws(Failure) -> LibraryMap {
        let robot = try robot(library)
        let (now, had) = (time.wall(), robot.sight.trouble)
        do {
            let map = try await robot.inventory(rescan: rescan, at: now)
            try settle(map)
            return map
        } catch {
            let failure = StationFailure.of(error, "library \(library)")
            if robot.sight.trouble != had { tell(.warn, "ROBOT_TROUBLE", failure.message, failure) }
            throw failure
        }
    }

    /// The catalog's places as the robot has them.
    func settle(_ map: LibraryMap) throws(Failure) {
        for change in InventoryRule(map: map, known: try everyVolume()).changes {
            switch change {
            case .place(let id, let place): try tapes.change(id) { $0.place = place }
            case .add(let volume):
                try tapes.add(volume)
                tell(.info, "TAPE_FOUND", "\(volume.name) is new, \(volume.place)")
            case .twin(let barcode, let place):
                let words = "a second cartridge with barcode \(printable(barcode.utf8)) lies in \(place)"
                if misfiled.updateValue(words, forKey: barcode) != words { tell(.warn, "TAPE_TWIN", words) }
            }
        }
        refresh()
    }

    /// That cartridge into the drive, by the robot; what is in the drive goes back first. The drive is the caller's.
    func bring(_ known: KnownVolume, into bay: DriveBay) async throws {
        guard let library = bay.library else {
            throw StationFailure.refused(
                "NO_ROBOT", bay.name, "drive \(bay.name) has no robot: put \(known.volume.name) in by hand")
        }
        if case .drive(let other) = known.volume.place, other != bay.name {
            // One that nobody uses gives it up; else this throws who does.
            let holder = try reserve(other, for: "gives \(known.volume.name) to drive \(bay.name)")
            defer { release(holder) }
            try await putBack(holder)
        }
        let robot = try robot(library.name)
        if robot.sight.lookedAt == nil { try await inventory(library.name, rescan: false) }
        let barcode = known.volume.barcode
        if robot.sight.map.drive(bay.name)?.isFull ?? true { try await putBack(bay) }
        bay.board.stand(.loading)
        do {
            let name = bay.name
            _ = try await robot.move(at: time.wall(), from: { $0.holding(barcode) }, to: { $0.drive(name) })
        } catch {
            bay.board.stand(.empty)
            _ = try? await inventory(library.name, rescan: false)
            throw error
        }
        try settle(robot.sight.map)
        tell(.info, "TAPE_LOADED", "\(known.volume.name) is in drive \(bay.name)")
    }

    /// What is in the drive back into a slot, or out into somebody's hand where there is no robot.
    func putBack(_ bay: DriveBay) async throws {
        let name = bay.name
        let robot = try bay.library.map { row throws(Failure) in try self.robot(row.name) }
        if let robot, let map = try? await robot.inventory(rescan: false, at: time.wall()), let drive = map.drive(name)
        {
            if !drive.isFull { return }
            if let home = map.home(of: drive), let refusal = map.refusal(from: drive, to: home) { throw refusal }
        }
        let medium = bay.board.now.state.medium
        try await eject(bay)
        if let robot {
            _ = try await robot.move(
                at: time.wall(), from: { $0.drive(name) },
                to: { map in map.drive(name).flatMap(map.home) })
            try settle(robot.sight.map)
        } else {
            for known in try everyVolume() where known.volume.place == .drive(name) {
                try tapes.change(known.id) { $0.place = .shelf("") }
            }
            refresh()
        }
        let called = medium.map { $0.label.isEmpty ? $0.barcode : $0.label } ?? ""
        tell(.info, "TAPE_UNLOADED", "\(called.isEmpty ? "the tape" : called) is out of drive \(name)")
    }

    private static let isOut: [TapeFault.Kind] = [.noMedium, .mediumChanged]

    /// A cartridge that is out already, or not there, is no error.
    func eject(_ bay: DriveBay) async throws {
        try await bay.use(as: .winding) { drive in
            try? drive.lockDoor(false)
            do { try drive.eject() } catch let fault as TapeFault where Self.isOut.contains(fault.kind) {}
        }
        bay.board.change { $0.forget() }
    }
}
