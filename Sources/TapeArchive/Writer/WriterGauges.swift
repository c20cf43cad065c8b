package import BackupModel
import Synchronization

/// What a writer is at, for whoever draws; sampled with `FlowGauges`, never asked of the actor.
package final class WriterGauges: Sendable {
    private let state = Mutex(WriterReading())

    package init() {}

    package func read() -> WriterReading { state.withLock { $0 } }

    func set(_ change: (inout WriterReading) -> Void) { state.withLock { change(&$0) } }
}

/// A writer at one moment.
package struct WriterReading: Hashable, Sendable {
    package enum Phase: String, Hashable, Sendable {
        case idle, mounting, archive, index
        /// Waits for a tape, the buffer kept.
        case parked
    }

    package var phase = Phase.idle
    /// Label of the volume, or empty.
    package var volume = ""
    package var archive = ""
    package var part = 0
    /// The tape file, and the logical block that comes next.
    package var file = 0
    package var block: Int64 = 0
    /// As the drive said at the last tape file's end: retries and alerts since the load.
    package var health = DriveHealth()

    package init() {}
}
