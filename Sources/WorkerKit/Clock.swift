package import BackupModel
import CLinux
import Synchronization

/// Time and chance as parameters: what a worker may know of the clock on the wall, of time passed, and of dice.
package struct SystemTime: Sendable {
    /// For people and records; it may jump (I12).
    package var wall: @Sendable () -> WallTime
    /// Nanoseconds since boot, suspended time included (A28); for durations.
    package var monotonic: @Sendable () -> Int64
    package var random: @Sendable () -> UInt64

    package init(
        wall: @escaping @Sendable () -> WallTime, monotonic: @escaping @Sendable () -> Int64,
        random: @escaping @Sendable () -> UInt64
    ) {
        self.wall = wall
        self.monotonic = monotonic
        self.random = random
    }

    /// A time service keeps the clock on the wall.
    package static var isSynchronized: Bool { clinux_clock_is_synchronized() == 1 }

    package static let live = SystemTime(
        wall: { WallTime(milliseconds: clinux_wall_nanoseconds() / 1_000_000) },
        monotonic: { clinux_boot_nanoseconds() },
        random: {
            var bits: UInt64 = 0
            clinux_random(&bits, 8)
            return bits
        })

    /// Random lower-case hex digits, 16 for a nonce, 32 for an identity.
    package func randomHex(digits: Int) -> String {
        var text = ""
        while text.utf8.count < digits {
            let word = String(random(), radix: 16)
            text += String(repeating: "0", count: 16 - word.count) + word
        }
        return String(text.prefix(digits))
    }
}

/// A clock that only moves when told to, and dice that count; for tests.
package final class ManualTime: Sendable {
    private let state: Mutex<(wall: WallTime, monotonic: Int64, dice: UInt64)>

    package init(wall: WallTime = WallTime(milliseconds: 1_760_000_000_000)) {
        state = Mutex((wall, 0, 0))
    }

    package func advance(seconds: Double) {
        state.withLock {
            $0.wall = $0.wall.adding(seconds: seconds)
            $0.monotonic += Int64(seconds * 1e9)
        }
    }

    package var time: SystemTime {
        SystemTime(
            wall: { self.state.withLock { $0.wall } }, monotonic: { self.state.withLock { $0.monotonic } },
            random: {
                self.state.withLock {
                    $0.dice += 1
                    return $0.dice &* 0x9e37_79b9_7f4a_7c15
                }
            })
    }
}
