import BackupModel
import Synchronization
import WorkerKit

/// The arm of one library, on a thread of its own. Each call is one whole sequence, so that two drives never want one
/// slot; what fails for a wrong idea of what lies where is tried once more after a look (F17).
actor Robot {
    private let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let open: @Sendable () throws(TapeFault) -> any TapeChanger
    private var changer: (any TapeChanger)?
    private var settings: LibrarySettings
    private let seen: Mutex<RobotSight>

    init(
        _ settings: LibrarySettings, open: @escaping @Sendable () throws(TapeFault) -> any TapeChanger
    ) throws(ThreadError) {
        executor = try ThreadExecutor(name: "tape robot")
        self.settings = settings
        self.open = open
        seen = Mutex(RobotSight(map: LibraryMap(settings)))
    }

    /// As it was seen last; asks nothing.
    nonisolated var sight: RobotSight { seen.withLock { $0 } }

    func take(_ settings: LibrarySettings) {
        self.settings = settings
        seen.withLock { $0.map = LibraryMap(settings, $0.map.elements) }
    }

    @discardableResult
    func inventory(rescan: Bool, at now: WallTime) throws(TapeFault) -> LibraryMap {
        try tracked { (changer) throws(TapeFault) in
            let map = LibraryMap(settings, try changer.inventory(rescan: rescan))
            seen.withLock { sight in
                (sight.map, sight.lookedAt, sight.trouble) = (map, now, "")
                sight.identity = changer.identity
            }
            return map
        }
    }

    /// Moves a cartridge from where `from` says to where `to` says, by the map of now. Throws `Failure`, `TapeFault`.
    func move(
        at now: WallTime, from: @Sendable (LibraryMap) -> LibraryElement?, to: @Sendable (LibraryMap) -> LibraryElement?
    ) throws -> LibraryElement {
        if sight.lookedAt == nil { try inventory(rescan: false, at: now) }
        do { return try move(from: from(sight.map), to: to(sight.map)) } catch {
            guard Self.isMistake(error) else { throw error }
        }
        let map = try inventory(rescan: false, at: now)
        return try move(from: from(map), to: to(map))
    }

    private func move(from start: LibraryElement?, to end: LibraryElement?) throws -> LibraryElement {
        guard let start, start.isFull else { throw missing("nothing lies where the cartridge should be") }
        guard let end, !end.isFull else {
            throw missing("there is no free place for \(printable(start.barcode.utf8))")
        }
        var map = sight.map
        if let refusal = map.refusal(from: start, to: end) { throw refusal }
        try tracked { (changer) throws(TapeFault) in try changer.move(from: start.address, to: end.address) }
        return arrived(&map, start, end)
    }

    /// What a look may put right (F17).
    private static func isMistake(_ error: any Error) -> Bool {
        if let fault = error as? TapeFault {
            return [.elementEmpty, .elementFull, .moveFailed, .notReady].contains(fault.kind)
        }
        return (error as? Failure)?.code == "ROBOT_TROUBLE"
    }

    func close() {
        changer?.close()
        changer = nil
    }

    private func arrived(_ map: inout LibraryMap, _ start: LibraryElement, _ end: LibraryElement) -> LibraryElement {
        map.moved(from: start.address, to: end.address)
        let after = map
        seen.withLock { ($0.map, $0.trouble) = (after, "") }
        return after.element(end.address) ?? end
    }

    private func missing(_ words: String) -> Failure {
        StationFailure.refused(
            "ROBOT_TROUBLE", settings.name, "library \(settings.name): \(words)",
            hint: "Look into the library, then take its inventory: `holdfast library inventory`.")
    }

    private func tracked<T>(_ body: (any TapeChanger) throws(TapeFault) -> T) throws(TapeFault) -> T {
        do throws(TapeFault) {
            if let changer { return try body(changer) }
            let opened = try open()
            changer = opened
            return try body(opened)
        } catch {
            seen.withLock { $0.trouble = Words.of(error) }
            if error.kind == .gone || error.kind == .busy { close() }
            throw error
        }
    }
}

/// A library as it was seen last.
struct RobotSight: Sendable {
    var map: LibraryMap
    var identity = DriveIdentity(vendor: "", model: "", serial: "", firmware: "")
    var lookedAt: WallTime?
    /// Why it cannot be used, or empty.
    var trouble = ""
}
