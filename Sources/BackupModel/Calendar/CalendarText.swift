/// The same schedule in other words.
extension CalendarSchedule {
    /// One form for all spellings of a schedule, as `systemd-analyze calendar` prints it; cron's rule that one of two
    /// day fields is enough has no such form and stays cron.
    package var normalized: String {
        if fields.dayRule == .either, let cron = cronFields { return "cron: " + cron + zoneSuffix }
        return systemdLine(fields)
    }

    /// What to write after `OnCalendar=`, one unit line each; a firing that two lines name happens once.
    package var systemdLines: [String] {
        if fields.dayRule == .either {
            var byDay = fields
            byDay.dayRule = .both
            var byWeekday = byDay
            byDay.weekdays = .all
            byWeekday.days = []
            return [systemdLine(byDay), systemdLine(byWeekday)]
        }
        // systemd 252 refuses some lists of days from the month's end whose entries it takes one by one.
        guard fields.countsFromEnd else { return [systemdLine(fields)] }
        return fields.days.map { span in
            var one = fields
            one.days = [span]
            return systemdLine(one)
        }
    }

    /// The five fields of cron, without the zone; nil when cron cannot say it (seconds, years, days from the month's
    /// end, weekday and date together).
    package var cronFields: String? {
        guard fields.years.isEmpty, !fields.countsFromEnd, fields.seconds == [CalendarSpan(0)] else { return nil }
        let days = cronField(fields.days, 1...31)
        // A list that happens to name all values is a star too, but a star changes the rule of the day fields.
        let isEither = fields.dayRule == .either
        guard isEither || days == "*" || fields.weekdays == .all else { return nil }
        let weekdays = cronWeekdays
        return [
            cronField(fields.minutes, 0...59), cronField(fields.hours, 0...23),
            isEither && days == "*" ? "1-31" : days, cronField(fields.months, 1...12),
            isEither && weekdays == "*" ? "0-6" : weekdays,
        ].joined(separator: " ")
    }

    /// What a reader may not expect of the days: months that lack the day are skipped (C5); nil when there is nothing.
    package var caution: String? {
        guard fields.dayRule == .both, !fields.days.isEmpty, !fields.countsFromEnd else { return nil }
        let table = CalendarTable(fields)
        let months = CalendarTable.bits(fields.months, in: 1...12)
        let named = (1...12).filter { months >> UInt64($0) & 1 == 1 }
        func lacking(_ year: Int) -> [Int] {
            named.filter { table.dayBits(monthLength: CivilDay.length(ofMonth: $0, year: year)) == 0 }
        }
        let never = lacking(2000)
        if !never.isEmpty {
            let names = never.map { Self.monthNames[$0 - 1] }.joined(separator: ", ")
            return "no such day in \(names), so it does not run there; *-*~01 is the last day of every month"
        }
        return lacking(2001).isEmpty ? nil : "in February it runs in leap years only; *-02~01 is its last day"
    }

    private static let monthNames = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    private var zoneSuffix: String { fields.zone.map { " " + $0.name } ?? "" }
}

// MARK: systemd

extension CalendarSchedule {
    private func systemdLine(_ fields: CalendarFields) -> String {
        let week = fields.weekdays == .all ? "" : weekdayList(fields.weekdays) + " "
        let date =
            list(fields.years, width: 4) + "-" + list(fields.months) + (fields.countsFromEnd ? "~" : "-")
            + list(fields.days)
        let time = list(fields.hours) + ":" + list(fields.minutes) + ":" + secondList(fields.seconds)
        return week + date + " " + time + zoneSuffix
    }

    private func weekdayList(_ weekdays: Weekdays) -> String {
        var parts: [String] = []
        var day = 0
        while day < 7 {
            guard weekdays.contains(day) else {
                day += 1
                continue
            }
            let start = day
            while day < 7, weekdays.contains(day) { day += 1 }
            // Two neighbours are a list, three a range.
            if day - start > 2 {
                parts.append(Weekdays.names[start] + ".." + Weekdays.names[day - 1])
            } else {
                parts += Weekdays.names[start..<day]
            }
        }
        return parts.joined(separator: ",")
    }

    private func list(_ spans: [CalendarSpan], width: Int = 2) -> String {
        if spans.isEmpty { return "*" }
        return spans.map {
            spanText($0, unit: 1) {
                padded($0, width)
            } repetition: {
                String($0)
            }
        }
        .joined(separator: ",")
    }

    private func secondList(_ spans: [CalendarSpan]) -> String {
        let unit = CalendarFields.second
        if spans == [CalendarSpan(0, by: unit)] { return "*" }
        return spans.map { span in
            spanText(span, unit: unit) {
                padded($0 / unit, 2) + fraction($0)
            } repetition: {
                String($0 / unit) + fraction($0)
            }
        }.joined(separator: ",")
    }

    private func spanText(
        _ span: CalendarSpan, unit: Int, value: (Int) -> String, repetition: (Int) -> String
    ) -> String {
        var text = value(span.start)
        if let stop = span.stop { text += ".." + value(stop) }
        if span.step > 0, span.stop == nil || span.step != unit { text += "/" + repetition(span.step) }
        return text
    }

    private func fraction(_ micros: Int) -> String {
        let rest = micros % CalendarFields.second
        return rest == 0 ? "" : "." + padded(rest, 6)
    }

    private func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

// MARK: cron

extension CalendarSchedule {
    private var cronWeekdays: String {
        // Monday, bit 0 here, is 1 there; Sunday is 0.
        let spans = (0..<7).filter { fields.weekdays.contains($0) }.map { CalendarSpan(($0 + 1) % 7) }
        return cronField(spans, 0...6)
    }

    private func cronField(_ spans: [CalendarSpan], _ range: ClosedRange<Int>) -> String {
        let bits = CalendarTable.bits(spans, in: range)
        let values = range.filter { bits >> UInt64($0) & 1 == 1 }
        if values.count == range.count { return "*" }
        return steps(values, range) ?? runs(values)
    }

    /// `*/15` or `3-59/8`, for three values or more at one distance above 1.
    private func steps(_ values: [Int], _ range: ClosedRange<Int>) -> String? {
        guard values.count > 2, let first = values.first, let last = values.last else { return nil }
        let step = values[1] - first
        guard step > 1, zip(values, values.dropFirst()).allSatisfy({ $1 - $0 == step }) else { return nil }
        let isWhole = first == range.lowerBound && last + step > range.upperBound
        // A leading star in a day field would lift the rule that one of them is enough.
        return (isWhole && fields.dayRule == .both ? "*" : "\(first)-\(last)") + "/\(step)"
    }

    private func runs(_ values: [Int]) -> String {
        var parts: [String] = []
        var index = 0
        while index < values.count {
            var end = index
            while end + 1 < values.count, values[end + 1] == values[end] + 1 { end += 1 }
            if end - index > 1 {
                parts.append("\(values[index])-\(values[end])")
            } else {
                parts += values[index...end].map { String($0) }
            }
            index = end + 1
        }
        return parts.joined(separator: ",")
    }
}
