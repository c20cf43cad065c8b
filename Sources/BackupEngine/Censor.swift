package import BackupModel
import Synchronization

/// The one place where secrets are taken out of what is kept and shown: events and the logs of runs pass it.
///
/// A reload of the settings changes what it knows.
package final class Censor: Sendable {
    private let redaction: Mutex<Redaction>

    package init(_ redaction: Redaction = Redaction()) { self.redaction = Mutex(redaction) }

    package func obey(_ redaction: Redaction) { self.redaction.withLock { $0 = redaction } }

    package func clean(_ text: String) -> String { redaction.withLock { $0 }.clean(text) }

    package func clean(_ event: Event) -> Event { redaction.withLock { $0 }.clean(event) }
}
