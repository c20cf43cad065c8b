import Foundation

/// A time zone by its IANA name; its rules are those of the program's own zone data.
package struct CalendarZone: Hashable, Sendable {
    /// `Europe/Berlin`
    package let name: String
    private let zone: TimeZone

    /// nil: no such zone. Names are written as the zone data writes them.
    package init?(named name: String) {
        if name == "UTC" || name == "GMT" {
            self.init(name: "UTC", zone: .gmt)
            return
        }
        // The library also knows offsets (GMT+0230) and abbreviations, of which one (BST) is Bangladesh. Neither are zones.
        guard name.contains("/") || Self.plainNames.contains(name), let zone = TimeZone(identifier: name),
            zone.identifier == name
        else { return nil }
        self.init(name: name, zone: zone)
    }

    /// The zone data's names without a slash.
    private static let plainNames: Set<String> = [
        "CET", "CST6CDT", "Cuba", "EET", "EST", "EST5EDT", "Egypt", "Eire", "GB", "Greenwich", "HST", "Hongkong",
        "Iceland", "Iran", "Israel", "Jamaica", "Japan", "Kwajalein", "Libya", "MET", "MST", "MST7MDT", "NZ", "Navajo",
        "PRC", "PST8PDT", "Poland", "Portugal", "ROC", "ROK", "Singapore", "Turkey", "UCT", "Universal", "W-SU", "WET",
        "Zulu",
    ]

    private init(name: String, zone: TimeZone) {
        self.name = name
        self.zone = zone
    }

    package static let utc = CalendarZone(name: "UTC", zone: .gmt)

    /// The machine's zone as it is set at this moment; ask anew for every firing, since it may change (C6).
    package static var local: CalendarZone {
        NSTimeZone.resetSystemTimeZone()
        let zone = TimeZone.current
        return CalendarZone(name: zone.identifier, zone: zone)
    }

    package static func == (a: CalendarZone, b: CalendarZone) -> Bool { a.name == b.name }

    package func hash(into hasher: inout Hasher) { hasher.combine(name) }

    /// Seconds that the local clock is ahead of UTC.
    package func offset(at time: WallTime) -> Int {
        offset(at: Int(time.milliseconds).floorDivided(by: 1000))
    }

    func offset(at second: Int) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second)))
    }

    /// The first second in `after ... until` with another offset than `after` has, if the ends differ.
    ///
    /// No zone changes its clock twice within the few days that callers ask about.
    func change(after: Int, until: Int) -> Int? {
        let before = offset(at: after)
        guard offset(at: until) != before else { return nil }
        var (low, high) = (after, until)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if offset(at: middle) == before { low = middle } else { high = middle }
        }
        return high
    }
}
