/// The clock on the wall of one zone, with its gaps and repeats. All times in microseconds.
struct LocalClock {
    private let zone: CalendarZone
    private static let second = 1_000_000
    private static let hour = 3600 * second
    /// No change moves a clock by more than a day (Samoa left one out in 2011).
    private static let reach = 26 * hour

    init(_ zone: CalendarZone) { self.zone = zone }

    /// The first moment at which a local time comes that the table holds: skipped ones at the end of the gap, repeated
    /// ones only the first time.
    func nextOnce(atOrAfter moment: Int, table: CalendarTable) -> Int? {
        var local = notYetShown(before: moment)
        // Local times inside a gap that ended before `moment` have had their turn.
        while let found = table.next(atOrAfter: local) {
            let shown = firstShown(found)
            if shown >= moment { return shown }
            local = max(found + 1, shown + offset(at: shown))
        }
        return nil
    }

    /// The first moment at which the clock shows a time that the table holds, in gaps none and in repeats both.
    func nextReal(atOrAfter moment: Int, table: CalendarTable) -> Int? {
        var from = moment
        while true {
            let offset = offset(at: from)
            let found = table.next(atOrAfter: from + offset).map { $0 - offset }
            if let change = change(after: from, until: from + 2 * Self.reach) {
                if let found, found < change { return found }
                from = change
            } else {
                guard let found else { return nil }
                if found <= from + 2 * Self.reach { return found }
                // Nothing fires before; the clock may change shortly before what was found.
                from = found - Self.reach
            }
        }
    }

    /// The lowest local time that the clock has not reached before a moment.
    private func notYetShown(before moment: Int) -> Int {
        let local = moment + offset(at: moment)
        guard let change = change(after: moment - Self.reach, until: moment) else { return local }
        let before = change + offset(at: moment - Self.reach)
        // At the very end of a gap what it skipped is still to come.
        return change == moment ? before : max(local, before)
    }

    /// The first moment at which the clock shows a local time or a later one.
    private func firstShown(_ local: Int) -> Int {
        let before = local - offset(at: local - Self.reach)
        guard let change = change(after: local - Self.reach, until: local + Self.reach) else { return before }
        return before < change ? before : max(change, local - offset(at: change))
    }

    private func offset(at moment: Int) -> Int {
        zone.offset(at: moment.floorDivided(by: Self.second)) * Self.second
    }

    private func change(after: Int, until: Int) -> Int? {
        zone.change(after: after.floorDivided(by: Self.second), until: until.floorDivided(by: Self.second))
            .map { $0 * Self.second }
    }
}
