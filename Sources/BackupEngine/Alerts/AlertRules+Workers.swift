import BackupCatalog
package import BackupModel

// What workers register: alerts that come by events, and what ends them.
extension AlertRules {
    /// Codes of alerts that `judge` reads from the state; all others come by events.
    static let readFromState: Set<String> = [
        "JOB_FAILED", "JOB_OVERLAPS", "SPACE_LOW", "SET_LATE", "REQUEST_OPEN", "CLOCK_JUMPED", "STOP_FILE",
        "UNDELIVERED", "TAPE_ALERT", "TAPE_CLEANING", "TAPE_SHORT", "TAPE_UNDERRUN", "DRIVE_TROUBLE",
        "ROBOT_TROUBLE",
    ]

    /// Codes of alerts that an event with this code puts right.
    static let settledBy: [String: Set<String>] = [
        "DESTINATION_RETURNED": ["DESTINATION_LOST", "DESTINATION_STALLED"],
        "WORKER_RESUMED": ["WORKER_STALLED"],
        // The guard has let the run onto the volume.
        "RUN_STARTED": [
            "CATALOG_FULL", "DESTINATION_FULL", "DESTINATION_OVER_BUDGET", "DESTINATION_READONLY", "DESTINATION_LOST",
            "DESTINATION_FAILING", "VOLUME_NOT_MOUNTED", "VOLUME_NOT_ENROLLED", "VOLUME_WRONG", "VOLUME_CLONED",
            "VOLUME_CLONE_OR_ROLLBACK", "VOLUME_MARKER_MISSING", "VOLUME_MARKER_UNREADABLE", "VOLUME_ROOT_CHANGED",
            "BUSY", "WORKER_STALLED",
        ],
        "SCAN_DONE": ["SOURCE_EMPTY", "SOURCE_SHRANK", "SOURCE_FAILING"],
        // A run of the same job that ended well, whichever drive it used.
        "JOB_OK": ["TAPE_ERROR"], "RUN_OVER": ["TAPE_ERROR"],
    ]

    /// Per-blob retries are history, not alerts: the failure itself raises one.
    static let quiet: Set<String> = ["BLOB_RETRY"]

    /// Whether something other than a person can end it.
    static func hasCondition(_ kept: KeptAlert) -> Bool {
        if kept.origin.isEmpty || failedBlobs.contains(kept.origin) || untilGoodRun.contains(kept.origin) {
            return true
        }
        return settledBy.values.contains { $0.contains(kept.alert.failure.code) }
    }

    /// Whether the state shows that what an event told of is over.
    static func isOver(_ kept: KeptAlert, in state: EngineState) -> Bool {
        let subject = kept.alert.subject
        guard let copy = state.copies.first(where: { $0.name == subject }) else {
            // The mirror, job or drive is no more, so nothing else will ever end it.
            let isDrive = state.tape?.drives.contains { $0.name == subject } ?? false
            return hasCondition(kept) && !subject.isEmpty && !isDrive && !state.jobs.contains { $0.name == subject }
        }
        if failedBlobs.contains(kept.origin) {
            return copy.phase.isAtRest && blobs(of: kept.alert.failure.code, in: copy.progress.states).count == 0
                && isAfter(kept.alert, copy.lastRun)
        }
        return untilGoodRun.contains(kept.origin) && copy.lastRun?.kind == .run && copy.lastRun?.result == .ok
            && isAfter(kept.alert, copy.lastRun)
    }

    /// Events about blobs: over when no blob of that kind is left.
    private static let failedBlobs: Set<String> = ["BLOB_FAILED"]

    /// Events that a complete run puts right: it is ok only when everything that the source has is safe.
    private static let untilGoodRun: Set<String> = [
        "BLOB_POSTPONED", "BARRIER_FAILED", "SPACE_SHORT", "RUN_ENDED", "MIRROR_CLOSED",
    ]

    private static func blobs(of code: String, in states: Tally) -> Amount {
        switch code {
        case "SOURCE_MISSING": states[.sourceMissing]
        case "SOURCE_CORRUPT": states[.sourceCorrupt]
        default: states.failed
        }
    }

    private static func isAfter(_ alert: Alert, _ run: RunSummary?) -> Bool {
        guard let ended = run?.endedAt else { return false }
        return ended >= alert.raisedAt
    }
}

extension CopyPhase {
    fileprivate var isAtRest: Bool {
        switch self {
        case .idle, .finished: true
        case .scanning, .reconciling, .copying, .verifying, .paused, .waiting: false
        }
    }
}

/// The event of a start after a crash: `started` is when the engine began that never ended in order.
package func crashEvent(started: WallTime, at: WallTime) -> Event {
    Event(
        at: at, severity: .warn, component: "engine", code: "ENGINE_CRASHED", job: "engine",
        message: "the engine before this one did not end in order",
        failure: Failure(
            code: "ENGINE_CRASHED", side: .engine,
            message: "the engine started \(started.iso8601()) ended without a word",
            hint: "What was under way was taken up again. Look into the kernel log for the reason."))
}
