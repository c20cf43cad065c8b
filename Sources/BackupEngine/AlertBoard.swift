package import BackupModel

/// The open alerts: raised by events, one per subject and code, until acknowledged or settled by a later event.
package struct AlertBoard: Hashable, Sendable {
    package private(set) var open: [Alert] = []
    private var lastID = 0

    package init() {}

    /// Raises, refreshes or settles alerts as an event asks.
    package mutating func note(_ event: Event) {
        if let settled = AlertBoard.settledBy[event.code] {
            open.removeAll { $0.subject == event.job && settled.contains($0.failure.code) }
        }
        guard event.severity >= .warn, let failure = event.failure, !AlertBoard.quiet.contains(event.code) else {
            return
        }
        guard !open.contains(where: { $0.subject == event.job && $0.failure.code == failure.code }) else { return }
        lastID += 1
        open.append(
            Alert(id: lastID, severity: event.severity, raisedAt: event.at, subject: event.job, failure: failure))
    }

    /// Takes an alert off the board; false when it is not there.
    package mutating func acknowledge(_ id: Int) -> Bool {
        let before = open.count
        open.removeAll { $0.id == id }
        return open.count < before
    }

    /// Codes of alerts that an event with this code puts right.
    private static let settledBy: [String: Set<String>] = [
        "DESTINATION_RETURNED": ["DESTINATION_LOST", "DESTINATION_STALLED"],
        "WORKER_RESUMED": ["WORKER_STALLED"],
        // The guard has let the run onto the volume.
        "RUN_STARTED": [
            "CATALOG_FULL", "DESTINATION_FULL", "DESTINATION_OVER_BUDGET", "DESTINATION_READONLY", "DESTINATION_LOST",
            "DESTINATION_FAILING", "VOLUME_NOT_MOUNTED", "VOLUME_NOT_ENROLLED", "VOLUME_WRONG", "VOLUME_CLONED",
            "VOLUME_CLONE_OR_ROLLBACK", "VOLUME_MARKER_MISSING", "VOLUME_MARKER_UNREADABLE", "VOLUME_ROOT_CHANGED",
            "BUSY",
        ],
        "SCAN_DONE": ["SOURCE_EMPTY", "SOURCE_SHRANK", "SOURCE_FAILING"],
    ]

    /// Per-blob retries are history, not alerts: the failure itself raises one.
    private static let quiet: Set<String> = ["BLOB_RETRY"]
}
