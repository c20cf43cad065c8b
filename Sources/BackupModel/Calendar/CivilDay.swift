/// A day as its number since 1970-01-01, and its place in the Gregorian calendar.
struct CivilDay: Hashable, Sendable {
    static let microseconds = 86_400_000_000

    private(set) var number: Int
    private(set) var year: Int
    private(set) var month: Int
    private(set) var day: Int

    init(number: Int) {
        self.number = number
        let civil = WallTime(milliseconds: Int64(number) * 86_400_000).civil
        (year, month, day) = (civil.year, civil.month, civil.day)
    }

    /// Monday is 0.
    var weekday: Int { ((number + 3) % 7 + 7) % 7 }

    var monthLength: Int { Self.length(ofMonth: month, year: year) }

    mutating func advance() {
        number += 1
        day += 1
        if day > monthLength { startNextMonth() }
    }

    /// Moves to the first day of the month after.
    mutating func advanceMonth() {
        number += monthLength - day + 1
        startNextMonth()
    }

    private mutating func startNextMonth() {
        day = 1
        month += 1
        if month > 12 { (year, month) = (year + 1, 1) }
    }

    static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
