/// A drive that writes from its own buffer, in time: how fast the tape runs, when it stops, when the host must wait.
///
/// A pure value: time is passed in, in seconds on the drive's clock. The tape runs at one of a set of speeds, faster
/// as the buffer fills and slower as it empties; an empty buffer stops it, and starting again costs a back-hitch.
package struct Streaming: Hashable, Sendable {
    /// What a drive's log pages would count.
    package struct Counters: Hashable, Codable, Sendable {
        /// The buffer ran empty while the host had more to come.
        package var underRuns = 0
        /// The tape came to rest, for any reason.
        package var stops = 0
        /// It wound back to start again behind what it wrote.
        package var backHitches = 0
        package var secondsStopped = 0.0
        package var bytes: Int64 = 0

        package init() {}
    }

    private enum Motion: Hashable {
        /// At rest, and ready to start.
        case stopped
        /// Winding back until that time.
        case hitching(until: Double)
        case running
    }

    package let model: DriveModel
    package private(set) var counters = Counters()
    /// Bytes in the drive's buffer.
    package private(set) var fill = 0.0
    private var now = 0.0
    private var motion = Motion.stopped
    private var speedIndex = 0
    private var speedChanged = 0.0
    /// It wrote before and stands behind that: the next start winds back first.
    private var hasWritten = false

    package init(_ model: DriveModel) { self.model = model }

    /// Bytes in a second at which the tape runs now; 0 at rest.
    package var speed: Double { motion == .running ? model.speeds[speedIndex] : 0 }

    /// The host gives a block at `time`; the answer is when the drive has taken it, `time` itself or later.
    package mutating func take(_ bytes: Int, at time: Double) -> Double {
        advance(to: time)
        counters.bytes += Int64(bytes)
        let room = max(Double(model.buffer), Double(bytes))
        while fill + Double(bytes) > room {
            start()
            let missing = fill + Double(bytes) - room
            switch motion {
            case .running: advance(to: now + max(missing / speed, 1e-6))
            case .hitching(let until): advance(to: max(until, now))
            case .stopped: return now
            }
        }
        fill += Double(bytes)
        if fill >= model.startsAt * Double(model.buffer) { start() }
        return now
    }

    /// Everything in the buffer goes to the tape, which then rests; the answer is when that is done.
    package mutating func drain(at time: Double) -> Double {
        advance(to: time)
        while fill > 0 {
            start()
            switch motion {
            case .running:
                speedIndex = model.speeds.count - 1
                let done = now + fill / speed
                fill = 0
                now = done
            case .hitching(let until): advance(to: until)
            case .stopped: fill = 0
            }
        }
        if motion == .running {
            counters.stops += 1
            motion = .stopped
        }
        return now
    }

    /// The tape was wound elsewhere: no back-hitch before the next write.
    package mutating func wound(at time: Double) {
        advance(to: time)
        fill = 0
        motion = .stopped
        hasWritten = false
    }

    private mutating func start() {
        guard motion == .stopped else { return }
        if hasWritten {
            counters.backHitches += 1
            counters.secondsStopped += model.backHitch
            motion = .hitching(until: now + model.backHitch)
        } else {
            motion = .running
            hasWritten = true
            speedChanged = now
            speedIndex = fill > 0.75 * Double(model.buffer) ? model.speeds.count - 1 : 0
        }
    }

    /// Lets the tape run until `time`.
    private mutating func advance(to time: Double) {
        while now < time {
            switch motion {
            case .stopped: now = time
            case .hitching(let until):
                let step = min(time, until)
                now = max(now, step)
                if now >= until {
                    motion = .running
                    speedChanged = now
                }
            case .running:
                // Small steps, in which the speed stays.
                let step = min(time - now, Self.matching)
                let empty = fill / speed
                if empty <= step {
                    now += empty
                    fill = 0
                    counters.underRuns += 1
                    counters.stops += 1
                    motion = .stopped
                } else {
                    fill -= speed * step
                    now += step
                    match()
                }
            }
        }
    }

    /// One step faster when the buffer is more than half full, slower when it is less than a quarter full.
    private mutating func match() {
        guard now - speedChanged >= Self.matching else { return }
        let share = fill / Double(model.buffer)
        if share > 0.5, speedIndex < model.speeds.count - 1 {
            speedIndex += 1
        } else if share < 0.25, speedIndex > 0 {
            speedIndex -= 1
        } else {
            return
        }
        speedChanged = now
    }

    /// Seconds after which a drive may change its speed.
    private static let matching = 0.05
}
