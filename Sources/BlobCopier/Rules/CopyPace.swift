/// How often and how long things are waited for; tests go faster.
package struct CopyPace: Hashable, Sendable {
    /// Seconds before the first retry of a transient error.
    package var retryBase: Double = 0.2
    /// Seconds between looks for a lost volume.
    package var lostCheck: Double = 3
    /// Seconds between looks whether the volume is still the same (A12).
    package var guardCheck: Double = 60
    /// Seconds without progress before a worker counts as stalled (A24).
    package var stall: Double = 15
    /// Seconds that a stop waits for the blobs in hand (B29).
    package var stop: Double = 10
    /// Seconds a batch stays open.
    package var batch: Double = 10
    /// Seconds between looks at all of these.
    package var tick: Double = 0.25

    package init() {}
    package static let standard = CopyPace()
}
