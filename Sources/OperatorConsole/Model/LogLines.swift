import BackupModel

/// The events the console has at hand, and which of them are shown.
struct LogLines: Sendable {
    /// Newest first.
    private(set) var events: [Event] = []
    /// Those that match level and filter.
    private(set) var shown: [Event] = []
    private(set) var level = Severity.info
    private(set) var filter = ""
    private(set) var reachedEnd = false
    /// A list without a selection follows the newest line.
    var position = ListPosition<Int64>()
    /// The newest event when the operator last left the screen.
    var lastSeen: (number: Int64, at: WallTime)?

    /// More lines than this are not kept; a narrower level or filter reaches further back.
    static let limit = 50_000
    static let page = 200

    var isFollowing: Bool { position.selected == nil }

    /// Takes the newest events of a state, oldest first.
    mutating func absorb(_ recent: [Event]) {
        guard let last = recent.last, let first = recent.first, last.number != events.first?.number else { return }
        if let newest = events.first, first.number > newest.number || last.number < newest.number {
            // A gap, or an engine that counts anew: what is missing is asked for again.
            events = []
            reachedEnd = false
        }
        let newest = events.first?.number ?? .min
        events.insert(contentsOf: recent.reversed().filter { $0.number > newest }, at: 0)
        if events.count > LogLines.limit { events.removeLast(events.count - LogLines.limit) }
        refresh()
    }

    /// Takes a page of older events, newest first.
    mutating func append(_ older: [Event], asked limit: Int) {
        let oldest = events.last?.number ?? .max
        events += older.filter { $0.number < oldest }
        reachedEnd = older.count < limit
        refresh()
    }

    mutating func setLevel(_ new: Severity) {
        if new < level {
            // The pages at hand were asked for without these levels.
            events = Array(events.prefix(200))
            reachedEnd = false
        }
        level = new
        refresh()
    }

    mutating func setFilter(_ text: String) {
        guard text != filter else { return }
        filter = text
        refresh()
    }

    private mutating func refresh() {
        shown = events.filter { event in
            event.severity >= level
                && (filter.isEmpty || contains(event.message, filter) || contains(event.component, filter)
                    || contains(event.code, filter) || contains(event.job, filter))
        }
        _ = position.settle(in: numbers, keepsFirst: false)
    }

    var numbers: LazyMapCollection<[Event], Int64> { shown.lazy.map(\.number) }

    /// The question for older lines, when the cursor is near the end of those at hand.
    func wanted(height: Int) -> Query? {
        guard !reachedEnd, events.count < LogLines.limit else { return nil }
        let index = position.index(in: numbers) ?? 0
        guard index + height >= shown.count else { return nil }
        return .log(before: events.last?.number, limit: LogLines.page, atLeast: level)
    }
}
