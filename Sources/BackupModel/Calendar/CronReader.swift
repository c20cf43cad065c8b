/// Reads five-field cron and its `@` shorthands.
///
/// Steps, names and the rule for days are those of Vixie cron: when day of month and day of week are both restricted,
/// one of them is enough; a field that begins with a star is not restricted.
struct CronReader {
    private var cursor: CalendarCursor

    /// Five words are never systemd syntax, which has four at most; `cron:` says it outright.
    static func isCron(_ text: String) -> Bool {
        let words = text.split { $0.isWhitespace }
        guard let first = words.first else { return false }
        if first.lowercased().hasPrefix("cron:") || words.count >= 5 { return true }
        return first.utf8.first == UInt8(ascii: "@") && first.dropFirst().first?.isNumber != true
    }

    static func read(_ text: String) throws(CalendarProblem) -> CalendarFields {
        var reader = CronReader(cursor: CalendarCursor(text))
        return try reader.readAll()
    }

    private init(cursor: CalendarCursor) {
        self.cursor = cursor
        if cursor.rest.lowercased().hasPrefix("cron:") {
            self.cursor.index += 5
            self.cursor.skipBlanks()
        }
    }

    private mutating func readAll() throws(CalendarProblem) -> CalendarFields {
        if cursor.isNext("@") { return try readShorthand() }
        var fields = CalendarFields()
        fields.minutes = try readField(.minute)
        fields.hours = try readField(.hour)
        let dayIsFree = cursor.isNext("*")
        fields.days = try readField(.day)
        fields.months = try readField(.month)
        let weekdayIsFree = cursor.isNext("*")
        fields.weekdays = Self.weekdays(try readField(.weekday))
        fields.dayRule = dayIsFree || weekdayIsFree ? .both : .either
        try readZone(&fields)
        fields.normalize()
        return fields
    }

    private mutating func readShorthand() throws(CalendarProblem) -> CalendarFields {
        let start = cursor.index
        _ = cursor.take("@")
        let word = cursor.takeLetters()
        guard cursor.isAtEnd || cursor.isNext(" "), let long = Self.shorthands[word] else {
            let message = word == "reboot" || word == "every" ? "@\(word) is no time of a calendar" : Self.hint
            throw cursor.problem(message, at: start)
        }
        cursor.skipBlanks()
        var fields = try CronReader.read(long)
        try readZone(&fields)
        return fields
    }

    private static let hint = "the words of cron are @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually"

    private static let shorthands = [
        "hourly": "0 * * * *", "daily": "0 0 * * *", "midnight": "0 0 * * *", "weekly": "0 0 * * 0",
        "monthly": "0 0 1 * *", "yearly": "0 0 1 1 *", "annually": "0 0 1 1 *",
    ]

    private mutating func readZone(_ fields: inout CalendarFields) throws(CalendarProblem) {
        guard !cursor.isAtEnd else { return }
        guard let zone = CalendarZone(named: cursor.rest) else {
            throw cursor.problem("after the five fields of cron only a time zone may follow")
        }
        fields.zone = zone
    }

    /// Cron's Sunday is 0 or 7, the calendar's Monday is 0.
    private static func weekdays(_ spans: [CalendarSpan]) -> Weekdays {
        let bits = CalendarTable.bits(spans, in: 0...7)
        var days = Weekdays(bits: 0)
        for number in 0...7 where bits >> UInt64(number) & 1 == 1 { days.insert((number + 6) % 7) }
        return days
    }

    private mutating func readField(_ field: Field) throws(CalendarProblem) -> [CalendarSpan] {
        guard !cursor.isAtEnd else { throw cursor.problem("the \(field.rawValue) is missing; cron has five fields") }
        var spans: [CalendarSpan] = []
        var isAny = false
        repeat {
            if let span = try readSpan(field) { spans.append(span) } else { isAny = true }
        } while cursor.take(",")
        guard cursor.isAtEnd || isBlank else {
            throw cursor.problem("the \(field.rawValue) takes numbers with , - / and *")
        }
        cursor.skipBlanks()
        return isAny ? [] : spans
    }

    private var isBlank: Bool { cursor.next.map { $0 == 0x20 || (9...13).contains($0) } ?? false }

    /// nil: any value.
    private mutating func readSpan(_ field: Field) throws(CalendarProblem) -> CalendarSpan? {
        let column = cursor.index
        let range = field.range
        var span: CalendarSpan
        let isStar = cursor.take("*")
        if isStar {
            span = CalendarSpan(range.lowerBound, to: range.upperBound)
        } else {
            span = CalendarSpan(try readValue(field))
            if cursor.take("-") {
                var stop = try readValue(field)
                // A range up to Sunday ends in 7.
                if field == .weekday, stop == 0, span.start > 0 { stop = 7 }
                guard stop >= span.start else { throw cursor.problem("this range runs backwards", at: column) }
                (span.stop, span.step) = (stop, 1)
            }
        }
        if cursor.take("/") {
            let column = cursor.index
            guard let step = try cursor.takeNumber(), step > 0 else {
                throw cursor.problem("a step of at least 1 must stand here", at: column)
            }
            if isStar, step == 1 { return nil }
            // A single value with a step repeats to the end of the field.
            span.stop = span.stop ?? range.upperBound
            span.step = step
        } else if isStar {
            return nil
        }
        // Weekdays become bits, in which an open end would reach the second Sunday, 7.
        return field == .weekday ? span.trimmed : Self.openEnded(span.trimmed, range)
    }

    /// A repetition that ends because the field ends is written without its end.
    private static func openEnded(_ span: CalendarSpan, _ range: ClosedRange<Int>) -> CalendarSpan {
        guard let stop = span.stop, span.step > 1, stop + span.step > range.upperBound else { return span }
        return CalendarSpan(span.start, by: span.step)
    }

    private mutating func readValue(_ field: Field) throws(CalendarProblem) -> Int {
        let column = cursor.index
        if let number = try cursor.takeNumber() {
            guard field.range.contains(number) || field == .weekday && number == 7 else {
                throw cursor.problem(field.words, at: column)
            }
            return number
        }
        let word = cursor.takeLetters()
        guard let index = field.names.firstIndex(of: word) else { throw cursor.problem(field.words, at: column) }
        return index + field.range.lowerBound
    }
}

extension CronReader {
    fileprivate enum Field: String {
        case minute, hour
        case day = "day of the month"
        case month
        case weekday = "day of the week"

        var range: ClosedRange<Int> {
            switch self {
            case .minute: 0...59
            case .hour: 0...23
            case .day: 1...31
            case .month: 1...12
            case .weekday: 0...6
            }
        }

        var names: [String] {
            switch self {
            case .month: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
            case .weekday: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
            default: []
            }
        }

        var words: String {
            switch self {
            case .minute: "minutes are 0 to 59"
            case .hour: "hours are 0 to 23"
            case .day: "days of the month are 1 to 31"
            case .month: "months are 1 to 12 or jan to dec"
            case .weekday: "days of the week are 0 to 7 or sun to sat, Sunday being 0 and 7"
            }
        }
    }
}
