import BackupModel

/// How the volumes are sorted; `s` goes to the next.
enum VolumeSort: CaseIterable, Hashable, Sendable {
    case inReach, label, pool, state, fill, written, kept

    var next: VolumeSort { following(self) }

    var word: String {
        switch self {
        case .inReach: "in drives and slots first"
        case .label: "by label"
        case .pool: "by pool"
        case .state: "by state"
        case .fill: "fullest first"
        case .written: "last written first"
        case .kept: "first to expire first"
        }
    }

    func sorted(_ rows: [VolumeRow]) -> [VolumeRow] {
        // Each key is made once: there may be thousands of rows, four times a second.
        func by<K: Comparable>(_ key: (VolumeRow) -> K) -> [VolumeRow] {
            rows.enumerated().map { (key($0.element), $0.offset) }.sorted { $0 < $1 }.map { rows[$0.1] }
        }
        switch self {
        case .inReach: return rows
        case .label: return by(\.volume.name)
        case .pool: return by { Pair($0.volume.pool, $0.volume.name) }
        case .state: return by(\.volume.state.rank)
        case .fill: return by { -$0.fill }
        case .written: return by { ~($0.volume.lastWrittenAt?.milliseconds ?? .min) }
        case .kept: return by(\.expiryOrder)
        }
    }

    private struct Pair: Comparable {
        let first: String
        let second: String

        init(_ first: String, _ second: String) { (self.first, self.second) = (first, second) }

        static func < (a: Pair, b: Pair) -> Bool { (a.first, a.second) < (b.first, b.second) }
    }
}

extension VolumeRow {
    /// 0 to 1; 0 where the capacity is not known.
    var fill: Double {
        guard let capacity = volume.capacity, capacity > 0 else { return 0 }
        return min(1, max(0, Double(volume.used) / Double(capacity)))
    }

    fileprivate var expiryOrder: Int64 { isKeptForEver ? .max : keptUntil?.milliseconds ?? .max - 1 }
}

extension Volume.State {
    fileprivate var rank: Int { Volume.State.allCases.firstIndex(of: self) ?? 0 }
}

/// The volumes: those that matter now from the state, the rest asked for page by page.
struct VolumeList: Sendable {
    /// In the catalog's order.
    private var fetched: [VolumeRow] = []
    private var reachedEnd = false
    private var newest: [VolumeRow] = []
    private var tally = VolumeTally()
    private(set) var shown: [VolumeRow] = []
    private(set) var filter = ""
    private(set) var sort = VolumeSort.inReach
    var position = ListPosition<Int64>()

    static let page = 200
    static let limit = 10_000

    /// - Returns: true when the row under the cursor has become another one.
    mutating func absorb(_ tape: TapeState?) -> Bool {
        guard let tape, !tape.isEmpty else {
            self = VolumeList()
            return false
        }
        if tape.tally != tally {
            // Some came or went, so that the pages at hand may lack them.
            fetched = []
            reachedEnd = false
            tally = tape.tally
        } else if tape.volumes == newest {
            return false
        }
        newest = tape.volumes
        return refresh()
    }

    mutating func append(_ page: [VolumeRow], after: Int64?, limit: Int) {
        guard after == fetched.last?.id else { return }
        let known = Set(fetched.map(\.id))
        fetched += page.filter { !known.contains($0.id) }
        // A page that does not get on is the last one, whatever is in it.
        reachedEnd = page.count < limit || page.last?.id == after
        _ = refresh()
    }

    mutating func setFilter(_ text: String) {
        filter = text
        _ = refresh()
    }

    mutating func setSort(_ new: VolumeSort) {
        sort = new
        _ = refresh()
    }

    var ids: LazyMapCollection<[VolumeRow], Int64> { shown.lazy.map(\.id) }

    var selected: VolumeRow? { position.index(in: ids).map { shown[$0] } }

    /// By label or barcode.
    func row(named name: String) -> VolumeRow? {
        shown.first { $0.volume.label == name || $0.volume.barcode == name }
    }

    func wanted(height: Int) -> Query? {
        guard !reachedEnd, tally.all > newest.count, fetched.count < VolumeList.limit else { return nil }
        guard (position.index(in: ids) ?? 0) + height >= shown.count else { return nil }
        return .volumes(pool: nil, after: fetched.last?.id, limit: VolumeList.page)
    }

    private mutating func refresh() -> Bool {
        var known = Set<Int64>()
        let all = (newest + fetched).filter { known.insert($0.id).inserted }
        shown = sort.sorted(filter.isEmpty ? all : all.filter { matches($0) })
        return position.settle(in: ids)
    }

    private func matches(_ row: VolumeRow) -> Bool {
        contains(row.volume.label, filter) || contains(row.volume.barcode, filter) || contains(row.volume.pool, filter)
            || contains(row.volume.state.word, filter) || contains(row.volume.place.description, filter)
    }
}

/// A drive, or a slot of a library.
enum TapeSpot: Hashable, Sendable {
    case drive(DriveState)
    case slot(library: String, SlotState)

    enum ID: Hashable, Sendable {
        case drive(String)
        case slot(library: String, number: Int, isPort: Bool)
    }

    var id: ID {
        switch self {
        case .drive(let drive): .drive(drive.name)
        case .slot(let library, let slot): .slot(library: library, number: slot.number, isPort: slot.isPort)
        }
    }

    /// What lies there, by label or barcode; nil where nothing does.
    var volume: String? {
        switch self {
        case .drive(let drive): drive.medium?.name.nonEmpty
        case .slot(_, let slot): slot.isFull ? (slot.label.nonEmpty ?? slot.barcode.nonEmpty) : nil
        }
    }
}

extension String {
    var nonEmpty: String? { isEmpty ? nil : self }
}

extension Model {
    /// A drive is configured: there is a Tape screen.
    var hasTape: Bool { shown?.tape.map { !$0.isEmpty } ?? false }

    /// The screens there are, in the order of their digits.
    var screens: [Screen] { hasTape ? Screen.allCases : Screen.allCases.filter { $0 != .tape } }

    /// The drive that is shown.
    var drive: DriveState? {
        let all = shown?.tape?.drives ?? []
        return drives.index(in: all.map(\.name)).map { all[$0] }
    }

    var tapeSpots: [TapeSpot] {
        guard let tape = shown?.tape else { return [] }
        return tape.drives.map(TapeSpot.drive)
            + tape.libraries.flatMap { library in library.slots.map { .slot(library: library.name, $0) } }
    }

    var spot: TapeSpot? {
        let all = tapeSpots
        return spots.index(in: all.map(\.id)).map { all[$0] }
    }

    /// The library of the drive that is shown, or of the slot under the cursor.
    var library: LibraryState? {
        let all = shown?.tape?.libraries ?? []
        if focusedPane == .drives, case .slot(let name, _)? = spot { return all.first { $0.name == name } }
        guard let drive else { return all.first }
        return all.first { $0.name == drive.library }
    }

    /// What keys about one volume mean: what is under the cursor, else what lies in the drive that is shown.
    var volumeUnderCursor: String? {
        switch focusedPane {
        case .volumes: volumes.selected.flatMap { $0.volume.label.nonEmpty ?? $0.volume.barcode.nonEmpty }
        case .drives: spot?.volume
        default: drive?.medium?.name.nonEmpty
        }
    }

    /// The open request for a drive's tape: that of the drive shown, else the oldest.
    var tapeRequest: Request? {
        let open = (shown?.requests ?? []).filter { $0.isOpen && $0.kind == .changeTape }
        return open.first { $0.number == drive?.request || $0.subject == drive?.name } ?? open.first
    }

    static let mostTapeLines = 2000
}
