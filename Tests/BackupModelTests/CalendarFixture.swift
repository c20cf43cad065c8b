import Foundation
import Testing

@testable import BackupModel

/// `2026-03-29T01:00:00Z` as a time.
func moment(_ text: String) throws -> WallTime {
    let date = try Date(text, strategy: .iso8601)
    return WallTime(milliseconds: Int64(date.timeIntervalSince1970) * 1000)
}

func zone(_ name: String) throws -> CalendarZone { try #require(CalendarZone(named: name)) }

/// The problem that a text has; nil: none.
func problem(_ text: String) -> CalendarProblem? {
    do throws(CalendarProblem) {
        _ = try CalendarSchedule(text)
        return nil
    } catch {
        return error
    }
}

/// A small generator of its own, so that every run draws the same numbers.
struct Draws: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}
