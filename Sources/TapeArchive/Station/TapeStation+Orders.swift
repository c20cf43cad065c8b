import BackupCatalog
package import BackupModel
import WorkerKit

/// What people order.
extension TapeStation {
    /// Carries an order out, or begins it; the words say what was done. Throws what a person must know.
    ///
    /// One that takes longer than `StationPace.order` goes on by itself: the drive's state shows it, an event its end.
    package func carryOut(_ order: TapeOrder, by person: Person) async throws(Failure) -> String {
        if isClosed { throw StationFailure.cancelled }
        if let words = try atOnce(order) { return words }
        let who = person.user
        guard let seconds = pace.order else { return try await done(order, who) }
        let task = Task { () -> Result<String, Failure> in
            do throws(Failure) { return .success(try await done(order, who)) } catch { return .failure(error) }
        }
        let result: Result<String, Failure>?
        do { result = try await limited(seconds) { await task.value } } catch { throw StationFailure.of(error, "tape") }
        if let result { return try result.get() }
        Task {
            switch await task.value {
            case .success(let words): tell(.info, "TAPE_ORDER", words)
            case .failure(let failure): tell(.error, "TAPE_ERROR", failure.message, failure)
            }
        }
        return "begun; it goes on by itself"
    }

    /// What needs no drive to itself.
    private func atOnce(_ order: TapeOrder) throws(Failure) -> String? {
        switch order {
        case .holdAfterTape(let name, let isOn):
            try bay(name).board.change { $0.state.holdsAfterTape = isOn }
            return isOn ? "drive \(name) stops after this tape" : "drive \(name) goes on"
        case .setFlow(let name, let rule):
            guard let flow = try bay(name).board.now.lease?.stream?.flow else {
                throw StationFailure.refused("DRIVE_IDLE", name, "nothing is written by drive \(name) now")
            }
            flow.rule = rule
            return "drive \(name): \(rule)"
        case .cancel(let name): return try cancel(name)
        case .markOffsite(let name, let place): return try markOffsite(name, place)
        case .retire(let name, let reason): return try retire(name, reason)
        default: return nil
        }
    }

    private func cancel(_ name: String) throws(Failure) -> String {
        let bay = try bay(name)
        guard let control = bay.board.now.lease?.control else {
            throw StationFailure.refused("DRIVE_IDLE", name, "nothing goes on in drive \(name) that could be cancelled")
        }
        control.cancel()
        return "\(bay.board.now.user) is cancelled"
    }

    /// Whole sequences with a drive, or a library, to themselves.
    private func done(_ order: TapeOrder, _ who: String) async throws(Failure) -> String {
        switch order {
        case .load(let volume, let drive): return try await load(volume, drive)
        case .unload(let drive):
            return try await with(drive, for: "unload") { bay in
                try await putBack(bay)
                return "drive \(drive) is empty"
            }
        case .eject(let drive):
            return try await with(drive, for: "eject") { bay in
                try await eject(bay)
                return "the tape is out of drive \(drive)"
            }
        case .rewind(let drive):
            return try await with(drive, for: "rewind") { bay in
                try await bay.use(as: .winding) { drive in try drive.rewind() }
                return "the tape in drive \(drive) is at its beginning"
            }
        case .retension(let drive):
            return try await with(drive, for: "retension") { bay in
                try await bay.use(as: .winding) { drive in try drive.retension() }
                return "the tape in drive \(drive) was wound to its end and back"
            }
        case .clean(let drive): return try await with(drive, for: "cleaning") { bay in try await clean(bay) }
        case .label(let drive, let label, let pool, let typed):
            let pool = try self.pool(pool)
            return try await with(drive, for: "label") { bay in
                try await self.label(bay, label, pool: pool, overwriting: typed, by: who)
            }
        case .erase(let drive, let typed, let isLong):
            return try await with(drive, for: "erase") { bay in try await erase(bay, typed: typed, isLong: isLong) }
        case .labelAll(let library, let pool): return try await labelAll(library, try self.pool(pool), who)
        case .inventory(let library):
            let map = try await inventory(library, rescan: true)
            let full = map.elements.count { $0.isFull }
            return "library \(library): \(full) cartridge\(full == 1 ? "" : "s") in \(map.elements.count - 1) places"
        case .move(let library, let from, let to): return try await move(library, from, to)
        case .importMedium(let library): return try await importMedium(library)
        case .exportMedium(let volume): return try await exportMedium(volume)
        case .motion(let drive, let motion): return try await move(motion, in: drive)
        case .tune(let drive): return try await tune(drive)
        case .addCartridge(let library, let barcode, let capacity):
            return try await add(barcode, to: library, capacity: capacity)
        case .archive, .verify, .cancel, .holdAfterTape, .setFlow, .markOffsite, .retire:
            throw StationFailure.refused("ORDER_UNFIT", "", "that is a run, begun by `archive` and `verify`")
        }
    }

    // MARK: Loading and moving

    private func load(_ name: String, _ drive: String?) async throws(Failure) -> String {
        let known = try find(name)
        let chosen: String
        if let drive { chosen = drive } else { chosen = try freeDrive(for: known.volume) }
        return try await with(chosen, for: "load") { bay in
            if known.volume.place != .drive(chosen) { try await bring(known, into: bay) }
            let sighting = try await sight(bay)
            if let label = sighting.probe.label, label.nonce != known.volume.nonce, !known.volume.nonce.isEmpty {
                return "in drive \(chosen) is \(sighting.name), not \(known.volume.name): the label counts"
            }
            return "\(known.volume.name) is in drive \(chosen)"
        }
    }

    private func freeDrive(for volume: Volume) throws(Failure) -> String {
        let library: String? =
            switch volume.place {
            case .slot(let library, _), .port(let library, _): library
            default: nil
            }
        let near = bays.filter { $0.library?.name == library || library == nil }
        let free = near.filter { $0.board.now.user.isEmpty }
        guard let found = free.first(where: { $0.board.now.state.standing == .empty }) ?? free.first else {
            throw StationFailure.refused(
                "DRIVE_BUSY", volume.name, "no drive is free for \(volume.name), \(volume.place)", hint: "Wait for one."
            )
        }
        return found.name
    }

    private func move(_ library: String, _ from: String, _ to: String) async throws(Failure) -> String {
        guard let start = PlaceName(from), let end = PlaceName(to) else {
            throw StationFailure.refused(
                "PLACE_UNKNOWN", library, "\(printable((PlaceName(from) == nil ? from : to).utf8)) is no place",
                hint: "A place is `slot 3`, `port 1` or `drive NAME`.")
        }
        let robot = try robot(library)
        var reserved: [DriveBay] = []
        defer { for bay in reserved { release(bay) } }
        for case .drive(let name) in [start, end] { reserved.append(try reserve(name, for: "move")) }
        do {
            if case .drive = start, let bay = reserved.first { try await eject(bay) }
            let moved = try await robot.move(
                at: time.wall(), from: { $0.element(at: start) }, to: { $0.element(at: end) })
            try settle(robot.sight.map)
            if case .drive = end, let bay = reserved.last { _ = try? await sight(bay) }
            let barcode = moved.barcode.isEmpty ? "the cartridge" : printable(moved.barcode.utf8)
            return "\(barcode) is in \(robot.sight.map.words(moved))"
        } catch { throw StationFailure.of(error, "library \(library)") }
    }

    private func importMedium(_ library: String) async throws(Failure) -> String {
        let robot = try robot(library)
        try await inventory(library, rescan: false)
        return try await moved(library, robot) { map in
            map.elements.first { $0.kind == .importExport && $0.isFull && map.owns(barcode: $0.barcode) }
        } to: {
            $0.free(.slot)
        }
    }

    private func exportMedium(_ name: String) async throws(Failure) -> String {
        let known = try find(name)
        let library: String
        switch known.volume.place {
        case .slot(let place, _), .port(let place, _): library = place
        case .drive(let drive):
            let bay = try bay(drive)
            guard let row = bay.library else {
                throw StationFailure.refused("NO_ROBOT", name, "drive \(drive) has no robot: eject it")
            }
            library = row.name
            _ = try await with(drive, for: "export") { bay in try await putBack(bay) }
        case .shelf, .offsite:
            throw StationFailure.refused(
                "TAPE_OUTSIDE", name, "\(known.volume.name) is in no library: \(known.volume.place)")
        }
        let barcode = known.volume.barcode
        return try await moved(library, try robot(library)) {
            $0.holding(barcode)
        } to: {
            $0.free(.importExport)
        }
    }

    private func moved(
        _ library: String, _ robot: Robot, from: @escaping @Sendable (LibraryMap) -> LibraryElement?,
        to: @escaping @Sendable (LibraryMap) -> LibraryElement?
    ) async throws(Failure) -> String {
        do {
            let element = try await robot.move(at: time.wall(), from: from, to: to)
            try settle(robot.sight.map)
            return "\(printable(element.barcode.utf8)) is in \(robot.sight.map.words(element))"
        } catch { throw StationFailure.of(error, "library \(library)") }
    }

    private func labelAll(_ name: String, _ pool: Pool, _ who: String) async throws(Failure) -> String {
        guard let library = plan.libraries.first(where: { $0.name == name }) else {
            throw StationFailure.unknownLibrary(name)
        }
        let near = bays.filter { $0.library?.name == name }
        guard let free = near.first(where: { $0.board.now.user.isEmpty }) else {
            throw near.first.map { StationFailure.busy($0.name, $0.board.now.user) }
                ?? StationFailure.unknownDrive(name)
        }
        return try await with(free.name, for: "label all") { bay in
            try await labelAll(bay, library, pool: pool, by: who)
        }
    }

    // MARK: Volumes

    private func markOffsite(_ name: String, _ place: String) throws(Failure) -> String {
        let known = try find(name)
        switch known.volume.place {
        case .shelf, .offsite: break
        case .drive, .slot, .port:
            throw StationFailure.refused(
                "TAPE_INSIDE", name, "\(known.volume.name) is in \(known.volume.place)", hint: "Export it first.")
        }
        let volume = try tapes.change(known.id) { $0.place = place.isEmpty ? .shelf("") : .offsite(place) }.volume
        refresh()
        return "\(volume.name) is \(volume.place)"
    }

    private func retire(_ name: String, _ reason: String) throws(Failure) -> String {
        let known = try find(name)
        if let bay = bays.first(where: { known.volume.place == .drive($0.name) }), !bay.board.now.user.isEmpty {
            throw StationFailure.busy(bay.name, bay.board.now.user)
        }
        try tapes.change(known.id) { ($0.state, $0.reason) = (.retired, reason) }
        refresh()
        tell(.info, "TAPE_RETIRED", "\(known.volume.name): \(printable(reason.utf8))")
        return "\(known.volume.name) is retired: nothing is written to it any more"
    }

    /// Puts a blank cartridge into a virtual library, and into the catalog.
    package func add(_ medium: MediumRecord, to library: String) async throws(Failure) -> String {
        let folder = try virtualLibrary(library)
        do throws(TapeFault) { try folder.add(medium) } catch { throw error.failure("library \(library)") }
        try await inventory(library, rescan: false)
        return
            "\(medium.barcode), \(medium.generation.rawValue), \(Quantity.bytes(medium.capacity)), is in library \(library)"
    }
}
