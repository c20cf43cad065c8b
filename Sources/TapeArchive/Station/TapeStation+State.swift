package import BackupModel
import Synchronization
import WorkerKit

/// The picture that consoles draw, and the rounds that keep it fresh.
extension TapeStation {
    /// As the publisher samples it, four times a second; asks no drive anything.
    package nonisolated func state() -> TapeState {
        let roster = roster.withLock { $0 }
        let shelf = roster.shelf
        var state = TapeState()
        state.drives = roster.boards.map { $0.draw() }
        state.libraries = roster.robots.map { $0.robot.sight.drawn($0.name, shelf) }
        (state.volumes, state.tally, state.pools) = (shelf.volumes, shelf.tally, shelf.pools)
        state.memoryLeft = roster.memoryLeft
        return state
    }

    /// Looks at drives that nobody uses and at libraries that were not seen yet, each on its own, and waits for none.
    func round() {
        if isClosed { return }
        let left = MemoryRoom.here.least / 100 * BufferSize.mostPercent
        roster.withLock { $0.memoryLeft = left }
        let now = time.monotonic() / 1_000_000
        for bay in bays {
            let face = bay.board.now
            guard face.user.isEmpty else {
                tellAlerts(bay)
                continue
            }
            let seconds = face.isTroubled ? pace.retry : pace.idle
            if face.lookedAt.map({ Double(now - $0) >= seconds * 1000 }) ?? true {
                Task {
                    await bay.look()
                    looked(bay)
                }
            }
        }
        for (name, robot) in robots {
            let sight = robot.sight
            if sight.lookedAt == nil || !sight.trouble.isEmpty {
                Task { _ = try? await inventory(name, rescan: false) }
            }
        }
        if bays.contains(where: { $0.board.now.lease != nil }) { refresh() }
    }

    /// One event for each change of a drive's standing that somebody should know.
    private func looked(_ bay: DriveBay) {
        tellTrouble(bay)
        tellAlerts(bay)
    }

    func tellTrouble(_ bay: DriveBay) {
        let words: String
        let code: String
        switch bay.board.now.state.standing {
        case .held(let holder):
            (code, words) = ("DRIVE_HELD", "drive \(bay.name) is in another program's use: \(holder)")
        case .trouble(let trouble): (code, words) = ("DRIVE_GONE", "drive \(bay.name): \(trouble)")
        default: (code, words) = ("", "")
        }
        let isNew = bay.board.change { face in
            defer { face.told = words }
            return face.told != words
        }
        if isNew, !words.isEmpty { tell(.warn, code, words) }
    }

    /// Each flag that has come to stand since the last look.
    func tellAlerts(_ bay: DriveBay) {
        let flags = Set(bay.board.draw().health.alerts)
        let new = bay.board.change { face in
            defer { face.flags = flags }
            return flags.subtracting(face.flags)
        }
        for alert in TapeAlert.all(Array(new)) {
            let severity: Severity =
                switch alert.severity {
                case .information: .info
                case .warning: .warn
                case .critical: .error
                }
            tell(severity, "TAPE_ALERT", "drive \(bay.name): \(alert.words) (TapeAlert \(alert.flag))")
        }
    }
}

extension DriveBoard.Face {
    fileprivate var isTroubled: Bool {
        switch state.standing {
        case .held, .trouble, .initialising, .loading: true
        default: false
        }
    }
}

extension RobotSight {
    fileprivate func drawn(_ name: String, _ shelf: ShelfSight) -> BackupModel.LibraryState {
        var state = BackupModel.LibraryState(name: name)
        (state.identity, state.lookedAt, state.trouble) = (identity, lookedAt, trouble)
        state.slots = map.elements.filter { $0.kind == .slot || $0.kind == .importExport }.map { element in
            var slot = SlotState(number: element.number, isPort: element.kind == .importExport)
            (slot.isFull, slot.barcode) = (element.isFull, printable(element.barcode.utf8))
            slot.note = element.trouble
            guard element.isFull else { return slot }
            if !map.owns(element) || !map.owns(barcode: element.barcode) {
                slot.state = "not ours"
            } else if let known = shelf.slots[element.barcode] {
                (slot.label, slot.state) = (known.label, known.state)
                if slot.note.isEmpty { slot.note = known.note }
            }
            return slot
        }
        return state
    }
}
