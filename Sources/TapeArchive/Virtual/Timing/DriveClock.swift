import Glibc
package import WorkerKit

/// How fast the virtual drive's time goes.
package enum TimeScale: String, Hashable, Codable, Sendable, CaseIterable {
    case real
    /// Ten times as fast.
    case x10
    /// The drive takes no time.
    case off
}

/// The drive's clock: what time it is on it, and how to wait for a time. Blocks.
package struct DriveClock: Sendable {
    /// Seconds; nil when the drive takes no time.
    package var now: @Sendable () -> Double?
    package var wait: @Sendable (_ until: Double) -> Void

    package init(now: @escaping @Sendable () -> Double?, wait: @escaping @Sendable (_ until: Double) -> Void) {
        self.now = now
        self.wait = wait
    }

    package static let off = DriveClock(now: { nil }, wait: { _ in })

    package static func scaled(_ scale: TimeScale, _ time: SystemTime = .live) -> DriveClock {
        let factor: Double
        switch scale {
        case .off: return .off
        case .real: factor = 1
        case .x10: factor = 10
        }
        let now: @Sendable () -> Double = { Double(time.monotonic()) / 1e9 * factor }
        return DriveClock(
            now: { now() },
            wait: { until in
                while true {
                    let seconds = (until - now()) / factor
                    // Less than a scheduler's grain: the next call waits for it too.
                    if seconds < 0.0005 { return }
                    let whole = seconds.rounded(.down)
                    var pause = timespec(tv_sec: Int(whole), tv_nsec: Int((seconds - whole) * 1e9))
                    nanosleep(&pause, nil)
                }
            })
    }

    /// A clock that jumps to whatever is waited for.
    package static func manual(_ time: ManualTime) -> DriveClock {
        let now: @Sendable () -> Double = { Double(time.time.monotonic()) / 1e9 }
        return DriveClock(now: { now() }, wait: { until in time.advance(seconds: max(0, until - now())) })
    }
}
