/// How long a pool keeps what is written to it: `30d`, `4w`, `6mo`, `7y`, `permanent`.
package enum Retention: Hashable, Sendable {
    package enum Unit: String, Hashable, Sendable, CaseIterable {
        case day = "d"
        case week = "w"
        case month = "mo"
        case year = "y"

        /// A hundred years.
        var most: Int {
            switch self {
            case .day: 36_525
            case .week: 5217
            case .month: 1200
            case .year: 100
            }
        }
    }

    case permanent
    case span(Int, Unit)

    /// Nil for anything but digits and one unit, for nothing, and for more than a hundred years.
    package init?(_ text: String) {
        if text == "permanent" {
            self = .permanent
            return
        }
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard (1...5).contains(digits.utf8.count), let count = Int(digits),
            let unit = Unit(rawValue: String(text.dropFirst(digits.count))), (1...unit.most).contains(count)
        else { return nil }
        self = .span(count, unit)
    }

    /// When something written then may be overwritten; nil: never. Months and years go by the calendar, and where a
    /// month has no such day, to the first of the next, so that nothing ends too early.
    package func expiry(ofWrittenAt written: WallTime) -> WallTime? {
        switch self {
        case .permanent: nil
        case .span(let count, .day): written.adding(seconds: Double(count) * 86_400)
        case .span(let count, .week): written.adding(seconds: Double(count) * 604_800)
        case .span(let count, .month): Self.adding(months: count, to: written)
        case .span(let count, .year): Self.adding(months: 12 * count, to: written)
        }
    }

    private static func adding(months: Int, to time: WallTime) -> WallTime {
        let length = Int64(86_400_000)
        let start = CivilDay(number: Int(time.milliseconds).floorDivided(by: Int(length)))
        var day = start
        for _ in 0..<months { day.advanceMonth() }
        let hasDay = start.day <= day.monthLength
        if !hasDay { day.advanceMonth() }
        let moved = day.number + (hasDay ? start.day - 1 : 0)
        return WallTime(milliseconds: time.milliseconds + Int64(moved - start.number) * length)
    }
}

extension Retention: CustomStringConvertible {
    /// The words that `init` reads.
    package var description: String {
        switch self {
        case .permanent: "permanent"
        case .span(let count, let unit): "\(count)\(unit.rawValue)"
        }
    }
}

extension Retention: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let read = Retention(text) else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "no retention: \(text)"))
        }
        self = read
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
