package import BackupModel
import Foundation

/// When the daily report is due: once for each day's hour, also when the engine was down at it.
package struct DigestClock: Sendable {
    private let minuteOfDay: Int
    private let calendar: Calendar

    /// Nil when hour or zone are not understood.
    package init?(_ settings: DigestSettings) {
        guard let minute = settings.minuteOfDay else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        if !settings.zone.isEmpty {
            guard let zone = TimeZone(identifier: settings.zone) else { return nil }
            calendar.timeZone = zone
        }
        minuteOfDay = minute
        self.calendar = calendar
    }

    /// The newest hour at or before a time. On a day without that hour: the next minute there is.
    package func latest(before now: WallTime) -> WallTime? {
        let date = Date(timeIntervalSince1970: Double(now.milliseconds) / 1000)
        for back in [0, -1] {
            guard let day = calendar.date(byAdding: .day, value: back, to: date) else { return nil }
            let hour = calendar.date(
                bySettingHour: minuteOfDay / 60, minute: minuteOfDay % 60, second: 0, of: day,
                matchingPolicy: .nextTime, repeatedTimePolicy: .first)
            guard let hour else { return nil }
            let time = WallTime(milliseconds: Int64((hour.timeIntervalSince1970 * 1000).rounded()))
            if time <= now { return time }
        }
        return nil
    }

    /// The hour for which a report is due, or nil. Before the first report ever only hours since the start count.
    package func due(now: WallTime, last: WallTime?, startedAt: WallTime) -> WallTime? {
        guard let hour = latest(before: now), hour > (last ?? startedAt.adding(seconds: -1)) else { return nil }
        return hour
    }

    /// `2026-10-04` in the report's zone, for its id.
    package func day(of hour: WallTime) -> String {
        let date = Date(timeIntervalSince1970: Double(hour.milliseconds) / 1000)
        let parts = calendar.dateComponents([.year, .month, .day], from: date)
        func two(_ number: Int?) -> String { String((number ?? 0) + 100).suffix(2).description }
        return "\(parts.year ?? 0)-\(two(parts.month))-\(two(parts.day))"
    }
}
