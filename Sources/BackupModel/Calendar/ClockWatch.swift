/// Whether the wall clock can be believed, and so whether anything may be deleted (C1 to C3).
///
/// Feed it every minute or so, and before anything expires. It holds what it must remember over a restart: write it
/// out after every reading and give the next engine the same value.
package struct ClockWatch: Hashable, Codable, Sendable {
    /// Why deletions stand still.
    package struct Freeze: Hashable, Codable, Sendable {
        package var reason: Reason
        /// Seconds between the clock and where it was expected, ahead being positive; of the first jump.
        package var jump: Double
        /// What the clock showed when it was noticed.
        package var noticedAt: WallTime
    }

    package enum Reason: String, Hashable, Codable, Sendable {
        case jumpedAhead, jumpedBack, notSet, beforeLastSeen
    }

    package private(set) var freeze: Freeze?
    /// Jobs wait: the clock shows a time that cannot be, and no time service vouches for it.
    package private(set) var isImpossible = false
    private var last: Trusted?
    private var verified: Verified?

    /// The last reading that was believed, moved on by the monotonic clock while the wall clock is not.
    private struct Trusted: Hashable, Codable, Sendable {
        var wall: WallTime
        var monotonic: Double
        var boot: String
        /// Time may have passed that no clock counted: the machine was off.
        var isLowerBound = false
    }

    private struct Verified: Hashable, Codable, Sendable {
        var at: WallTime
        var period: Double
    }

    package init() {}

    package var mayDelete: Bool { freeze == nil && last != nil }
    package var mayStartJobs: Bool { !isImpossible }
    /// What the time should be as far as is known, for people who look at a frozen clock; nil before the first reading.
    package var expected: WallTime? { last?.wall }
}

extension ClockWatch {
    /// A difference between the clocks up to this many seconds is drift and correction, not a jump.
    package static let tolerance = 60.0
    /// Crystals are off by 100 parts in a million at worst; time services slew by 500.
    static let drift = 0.001
    /// A machine may be off for this long (seconds; 14 days) before its clock needs a witness.
    package static let longestOff = 14.0 * 86_400
    /// No clock that is set shows less: 2025-01-01, before the first release.
    package static let earliest = WallTime(milliseconds: 1_735_689_600_000)

    /// What the clock shows now.
    ///
    /// - Parameters:
    ///   - wall: the clock on the wall.
    ///   - monotonic: seconds of a clock that also counts in suspend (CLOCK_BOOTTIME).
    ///   - boot: the kernel's boot id; monotonic seconds compare only within one boot.
    ///   - isSynchronized: a time service says that the clock is right.
    package mutating func observe(
        wall: WallTime, monotonic: Double, boot: String, isSynchronized: Bool = false
    ) -> ClockVerdict {
        isImpossible = false
        guard let last else { return firstReading(Trusted(wall: wall, monotonic: monotonic, boot: boot)) }
        let isSameBoot = last.boot == boot && monotonic >= last.monotonic
        let passed = isSameBoot ? monotonic - last.monotonic : 0
        let isExact = isSameBoot && !last.isLowerBound
        let expected = Trusted(
            wall: last.wall.adding(seconds: passed), monotonic: monotonic, boot: boot, isLowerBound: !isExact)
        let jump = wall.seconds(since: expected.wall)
        let slack = Self.tolerance + passed * Self.drift
        let reading = Trusted(wall: wall, monotonic: monotonic, boot: boot)
        if wall >= Self.earliest, -slack <= jump, jump <= (isExact ? slack : Self.longestOff) {
            return believe(reading)
        }
        // The believed time goes on while the wall clock is not believed.
        self.last = expected
        if wall < Self.earliest { return refuse(.notSet, wall, by: jump) }
        // Without a monotonic witness a time before the last one seen is a clock that lost its battery, not a jump.
        if jump < 0, !isExact, !isSynchronized { return refuse(.beforeLastSeen, wall, by: jump) }
        if isBorneOut(wall) {
            _ = believe(reading)
        } else {
            noteFreeze(jump > 0 ? .jumpedAhead : .jumpedBack, wall, by: jump)
        }
        return .jumped(by: jump)
    }

    /// The first reading ever has nothing to disagree with.
    private mutating func firstReading(_ reading: Trusted) -> ClockVerdict {
        guard reading.wall >= Self.earliest else { return refuse(.notSet, reading.wall, by: 0) }
        return believe(reading)
    }

    /// The newest verified run is where it should be.
    private func isBorneOut(_ wall: WallTime) -> Bool {
        verified.map { abs(wall.seconds(since: $0.at)) <= 2 * $0.period } ?? false
    }

    private mutating func believe(_ reading: Trusted) -> ClockVerdict {
        last = reading
        freeze = nil
        return .steady
    }

    private mutating func refuse(_ reason: Reason, _ wall: WallTime, by jump: Double) -> ClockVerdict {
        isImpossible = true
        noteFreeze(reason, wall, by: jump)
        return .impossible(reason)
    }

    /// The latest reason counts; of several readings with the same one the first is told.
    private mutating func noteFreeze(_ reason: Reason, _ wall: WallTime, by jump: Double) {
        if freeze?.reason == reason { return }
        freeze = Freeze(reason: reason, jump: jump, noticedAt: wall)
    }

    /// The operator says that the clock is right as it is; false: nobody can mean a time before 2025.
    package mutating func accept(wall: WallTime, monotonic: Double, boot: String) -> Bool {
        guard wall >= Self.earliest else { return false }
        isImpossible = false
        // Runs verified by another reckoning bear nothing out any more.
        if !isBorneOut(wall) { verified = nil }
        _ = believe(Trusted(wall: wall, monotonic: monotonic, boot: boot))
        return true
    }

    /// A run was verified; `period` is its schedule's usual distance in seconds. Runs while the clock is frozen do not
    /// count: they would bear out the very time in doubt.
    package mutating func noteVerifiedRun(at time: WallTime, period: Double) {
        guard freeze == nil, period > 0, time > verified?.at ?? WallTime(milliseconds: .min) else { return }
        verified = Verified(at: time, period: period)
    }
}

/// What one reading of the clocks means.
package enum ClockVerdict: Hashable, Sendable {
    case steady
    /// Seconds between the clock and where it was expected, ahead being positive. Jobs run, nothing is deleted.
    case jumped(by: Double)
    /// Jobs wait too.
    case impossible(ClockWatch.Reason)
}
