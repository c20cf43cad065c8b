/// Reads systemd calendar syntax: `[weekdays] [date] [time] [zone]`.
struct CalendarReader {
    private var cursor: CalendarCursor
    private var fields = CalendarFields()

    static func read(_ text: String) throws(CalendarProblem) -> CalendarFields {
        var reader = CalendarReader(cursor: CalendarCursor(text))
        try reader.readAll()
        reader.fields.normalize()
        return reader.fields
    }

    private init(cursor: CalendarCursor) { self.cursor = cursor }

    private mutating func readAll() throws(CalendarProblem) {
        guard !cursor.isAtEnd else { throw cursor.problem("the expression is empty") }
        takeZone()
        if let shorthand = Self.shorthands[cursor.rest.lowercased()] {
            shorthand(&fields)
            return
        }
        let start = cursor.index
        try readWeekdays()
        guard cursor.index > start, cursor.isAtEnd else {
            if cursor.isNext("@") { return try readTimestamp() }
            try readDate()
            try readTime()
            return
        }
    }

    /// The last word, when it is a zone.
    private mutating func takeZone() {
        let words = cursor.bytes[cursor.index..<cursor.end]
        guard let blank = words.lastIndex(of: UInt8(ascii: " ")), blank > cursor.index else { return }
        let word = String(decoding: words[(blank + 1)...], as: UTF8.self)
        guard let zone = word.uppercased() == "UTC" ? .utc : CalendarZone(named: word) else { return }
        fields.zone = zone
        cursor.end = blank
    }

    private static let shorthands: [String: @Sendable (inout CalendarFields) -> Void] = {
        let yearly: @Sendable (inout CalendarFields) -> Void = {
            $0.months = [CalendarSpan(1)]
            $0.days = [CalendarSpan(1)]
        }
        let halfYearly: @Sendable (inout CalendarFields) -> Void = {
            $0.months = [1, 7].map { CalendarSpan($0) }
            $0.days = [CalendarSpan(1)]
        }
        return [
            "minutely": {
                $0.hours = []
                $0.minutes = []
            },
            "hourly": { $0.hours = [] }, "daily": { _ in }, "weekly": { $0.weekdays = Weekdays(bits: 1) },
            "monthly": { $0.days = [CalendarSpan(1)] },
            "quarterly": {
                $0.months = [1, 4, 7, 10].map { CalendarSpan($0) }
                $0.days = [CalendarSpan(1)]
            },
            "semiannually": halfYearly, "semi-annually": halfYearly, "biannually": halfYearly,
            "bi-annually": halfYearly, "yearly": yearly, "annually": yearly, "anually": yearly,
        ]
    }()

    // MARK: Weekdays

    private mutating func readWeekdays() throws(CalendarProblem) {
        guard let byte = cursor.next, (byte | 0x20) >= UInt8(ascii: "a"), (byte | 0x20) <= UInt8(ascii: "z") else {
            return
        }
        var days = Weekdays(bits: 0)
        repeat {
            let start = cursor.index
            let first = try readWeekday()
            // A single dash is how ranges were written once; systemd still reads it.
            if cursor.takeRange() || cursor.take("-") {
                let last = try readWeekday()
                guard first <= last else {
                    throw cursor.problem("a range of weekdays must run forward, Monday being first", at: start)
                }
                for day in first...last { days.insert(day) }
            } else {
                days.insert(first)
            }
        } while cursor.take(",") && !cursor.isAtEnd && !cursor.isNext(" ")
        guard cursor.isAtEnd || cursor.isNext(" ") else {
            throw cursor.problem("after the weekdays a blank, a comma or .. must follow")
        }
        cursor.skipBlanks()
        fields.weekdays = days
    }

    private mutating func readWeekday() throws(CalendarProblem) -> Int {
        let start = cursor.index
        let word = cursor.takeLetters()
        let day = Weekdays.longNames.firstIndex { $0 == word || $0.prefix(3) == word }
        guard let day else {
            throw cursor.problem("this is neither a weekday (Mon to Sun) nor a word like daily", at: start)
        }
        return day
    }

    // MARK: Date

    private mutating func readDate() throws(CalendarProblem) {
        let start = cursor
        let first = try readList(Component.year)
        // A lone number or one before a colon is the hour.
        if cursor.isAtEnd || cursor.isNext(":") {
            cursor = start
            return
        }
        var fromEnd = try takeDateSeparator()
        let secondStart = cursor.index
        let second = try readList(fromEnd ? .dayFromEnd : .month)
        if cursor.isAtEnd || cursor.isNext(" ") {
            // Two parts are month and day.
            fields.months = try checked(first, as: .month, at: start.index)
            fields.days = try checked(second, as: fromEnd ? .dayFromEnd : .day, at: secondStart)
        } else {
            guard !fromEnd else { throw cursor.problem("nothing may follow a day counted from the month's end") }
            fromEnd = try takeDateSeparator()
            fields.years = try checked(first.map(Self.fullYear), as: .year, at: start.index)
            fields.months = try checked(second, as: .month, at: secondStart)
            let dayStart = cursor.index
            fields.days = try checked(
                readList(.day), as: fromEnd ? .dayFromEnd : .day, at: dayStart)
            guard cursor.isAtEnd || cursor.isNext(" ") else {
                throw cursor.problem("after the date a blank must follow")
            }
        }
        fields.countsFromEnd = fromEnd
        cursor.skipBlanks()
    }

    /// True for `~`.
    private mutating func takeDateSeparator() throws(CalendarProblem) -> Bool {
        if cursor.take("-") { return false }
        if cursor.take("~") { return true }
        throw cursor.problem("a date is written year-month-day or month-day, a time hour:minute")
    }

    /// Two digits mean 1970 to 2069.
    private static func fullYear(_ span: CalendarSpan) -> CalendarSpan {
        func full(_ year: Int) -> Int { year < 70 ? year + 2000 : year < 100 ? year + 1900 : year }
        return CalendarSpan(full(span.start), to: span.stop.map(full), by: span.step)
    }

    /// `@` and seconds since 1970: one moment, in UTC.
    private mutating func readTimestamp() throws(CalendarProblem) {
        let start = cursor.index
        _ = cursor.take("@")
        guard let seconds = try cursor.takeNumber(), cursor.isAtEnd else {
            throw cursor.problem("after @ the seconds since 1970 must follow, or the word of a cron shorthand")
        }
        guard seconds < 7_258_118_400 else { throw cursor.problem("this is after the year 2199", at: start) }
        let moment = WallTime(milliseconds: Int64(seconds) * 1000).civil
        fields.years = [CalendarSpan(moment.year)]
        fields.months = [CalendarSpan(moment.month)]
        fields.days = [CalendarSpan(moment.day)]
        fields.hours = [CalendarSpan(moment.hour)]
        fields.minutes = [CalendarSpan(moment.minute)]
        fields.seconds = [CalendarSpan(moment.second * CalendarFields.second)]
        fields.zone = .utc
    }

    // MARK: Time

    private mutating func readTime() throws(CalendarProblem) {
        if cursor.isAtEnd { return }
        var start = cursor.index
        fields.hours = try checked(readList(.hour), as: .hour, at: start)
        guard cursor.take(":") else { throw cursor.problem("a time needs hours and minutes: 02:00") }
        start = cursor.index
        fields.minutes = try checked(readList(.minute), as: .minute, at: start)
        if cursor.take(":") {
            start = cursor.index
            fields.seconds = try checked(readList(.second), as: .second, at: start)
        }
        guard cursor.isAtEnd else { throw cursor.problem("this is neither part of the time nor a known time zone") }
    }

    // MARK: Lists

    private mutating func readList(_ component: Component) throws(CalendarProblem) -> [CalendarSpan] {
        if cursor.take("*") {
            guard !cursor.isNext("/") else {
                throw cursor.problem("a star cannot repeat here; write the first value: 0/2")
            }
            return component == .second ? [CalendarSpan(0, by: CalendarFields.second)] : []
        }
        var spans: [CalendarSpan] = []
        repeat { spans.append(try readSpan(component)) } while cursor.take(",")
        return spans
    }

    private mutating func readSpan(_ component: Component) throws(CalendarProblem) -> CalendarSpan {
        let column = cursor.index
        var span = CalendarSpan(try readValue(component))
        if cursor.takeRange() {
            let stop = try readValue(component)
            guard stop >= span.start else { throw cursor.problem("this range runs backwards", at: column) }
            span.stop = stop
            span.step = component.unit
        }
        if cursor.take("/") {
            let column = cursor.index
            span.step = try readValue(component)
            guard span.step > 0 else { throw cursor.problem("a repetition of 0 never advances", at: column) }
        } else if let stop = span.stop, (1..<component.unit).contains(stop - span.start) {
            throw cursor.problem("this range is shorter than a second and names no step", at: column)
        }
        return span
    }

    private mutating func readValue(_ component: Component) throws(CalendarProblem) -> Int {
        guard let number = try cursor.takeNumber() else { throw cursor.problem("a number must stand here") }
        guard component == .second else { return number }
        guard number < 1_000_000_000 else { throw cursor.problem("this number is too large") }
        var micros = number * CalendarFields.second
        guard cursor.isNext("."), cursor.peek(1) != UInt8(ascii: ".") else { return micros }
        cursor.index += 1
        let start = cursor.index
        while let byte = cursor.next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { cursor.index += 1 }
        guard cursor.index > start else { throw cursor.problem("digits must follow the point") }
        // Six digits are kept, the seventh rounds.
        var unit = CalendarFields.second
        for byte in cursor.bytes[start..<cursor.index].prefix(7) {
            unit /= 10
            micros += unit > 0 ? Int(byte - 48) * unit : byte >= UInt8(ascii: "5") ? 1 : 0
        }
        return micros
    }

    private func checked(
        _ spans: [CalendarSpan], as component: Component, at column: Int
    ) throws(CalendarProblem) -> [CalendarSpan] {
        for span in spans {
            if let message = component.objection(to: span) { throw cursor.problem(message, at: column) }
        }
        return spans.map(\.trimmed)
    }
}

extension CalendarReader {
    /// The parts of an expression and what fits into each.
    fileprivate enum Component {
        case year, month, day, dayFromEnd, hour, minute, second

        var unit: Int { self == .second ? CalendarFields.second : 1 }

        private var range: ClosedRange<Int> {
            switch self {
            case .year: CalendarFields.yearRange
            case .month: 1...12
            case .day: 1...31
            // Every month has 28 days, so these exist in all of them.
            case .dayFromEnd: 1...28
            case .hour: 0...23
            case .minute: 0...59
            case .second: 0...(60 * CalendarFields.second - 1)
            }
        }

        private var words: String {
            switch self {
            case .year: "years are 1970 to 2199"
            case .month: "months are 1 to 12"
            case .day: "days are 1 to 31"
            case .dayFromEnd: "days from the month's end are 1 (the last) to 28"
            case .hour: "hours are 0 to 23"
            case .minute: "minutes are 0 to 59"
            case .second: "seconds are 0 to 59.999999"
            }
        }

        func objection(to span: CalendarSpan) -> String? {
            guard range.contains(span.start), span.stop.map(range.contains) ?? true else { return words }
            // Within a range a long step leaves the first value alone, which is no mistake.
            if span.stop != nil { return nil }
            let room = self == .dayFromEnd ? span.start - range.lowerBound : range.upperBound - span.start
            return span.step <= room ? nil : "this repetition has no second value; " + words
        }
    }
}
