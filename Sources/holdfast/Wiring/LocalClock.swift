import BackupModel
import Foundation
import Settings

extension ConsoleSettings {
    /// Seconds east of UTC at a time, with the changes of the year; nil where times are shown in UTC.
    var utcOffset: (@Sendable (WallTime) -> Int)? {
        guard clock == .local else { return nil }

        let zone = TimeZone.current
        return { zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double($0.milliseconds) / 1000)) }
    }
}
