/// Whatever changes the world, from a key, the command line or the schedule. The engine validates and logs each.
package enum Intent: Hashable, Codable, Sendable {
    /// With `dryRun` nothing is copied; `Query.findings` tells what would be.
    case runMirror(name: String, overrides: RunOverrides)
    /// Makes the volume at the target this mirror's; `Query.findings` tells what came of it.
    case enrolMirror(name: String, fanOut: FanOut)
    case scanMirror(name: String)
    case verifyMirror(name: String)
    case pauseMirror(name: String)
    case resumeMirror(name: String)
    /// Ends the run cleanly; what is placed stays, the rest stays pending.
    case stopMirror(name: String)
    case limitMirror(name: String, limits: CopyLimits)
    /// Failed blobs back to pending: all, or one.
    case requeue(name: String, blob: BlobID?)
    case acknowledge(alert: Int, note: String)
    /// Silent for that many seconds.
    case snooze(alert: Int, seconds: Double)

    case tape(TapeOrder)

    case runJob(name: String)
    /// Ends in seconds; what is safe stays safe.
    case cancelJob(name: String)
    case pauseJob(name: String)
    case resumeJob(name: String)
    case enableJob(name: String, isEnabled: Bool)
    /// Leaves out the next planned start.
    case skipNext(job: String)

    case answer(request: Int, word: String)
    /// "I am on my way": ten minutes without reminders.
    case claim(request: Int)
    /// Moves the reminders; the deadline stays.
    case postpone(request: Int, seconds: Double)

    /// Holds jobs and mutes alerts until then; nil ends it.
    case maintenance(until: WallTime?)
    case drain(isOn: Bool)
    /// The operator says that the clock is right: deletions may go on.
    case acceptClock
    case reloadSettings
    case stopEngine
}

/// Settings changed for one run.
package struct RunOverrides: Hashable, Codable, Sendable {
    package var batch: Int?
    package var workers: Int?
    /// Stop after this many blobs.
    package var limit: Int?
    package var readBack: ReadBack?
    package var dryRun: Bool

    package init(
        batch: Int? = nil, workers: Int? = nil, limit: Int? = nil, readBack: ReadBack? = nil, dryRun: Bool = false
    ) {
        self.batch = batch
        self.workers = workers
        self.limit = limit
        self.readBack = readBack
        self.dryRun = dryRun
    }
}

/// The engine's answer to an intent.
package enum IntentResult: Hashable, Codable, Sendable {
    case accepted(String)
    case refused(Failure)
}

/// What can be large is asked for in pages.
package enum Query: Hashable, Codable, Sendable {
    /// Failed blobs of a mirror in order of name, after one.
    case failures(mirror: String, after: BlobID?, limit: Int)
    /// Events before a number, newest first.
    case log(before: Int64?, limit: Int, atLeast: Severity)
    /// Finished runs of a mirror, newest first.
    case runs(mirror: String, limit: Int)
    /// Finished runs of a job, or of all, newest first, begun before a time; a page holds its last millisecond whole.
    case jobRuns(job: String?, before: WallTime?, limit: Int)
    /// The kept log of one run from a byte on; a page of whole lines.
    case jobLog(run: RunID, offset: Int64)
    /// Planned starts within that many days.
    case firings(days: Int)
    /// Closed requests, newest first.
    case requestHistory(limit: Int)
    /// Audit entries before a number, newest first.
    case audit(before: Int64?, limit: Int)
    /// What the last enrolment or dry run of a mirror found.
    case findings(mirror: String)
    /// Events after a number, oldest first: what a console missed.
    case eventsSince(number: Int64, limit: Int)
    /// Volumes in order of label, of one pool or of all, after a row's number.
    case volumes(pool: String?, after: Int64?, limit: Int)
    /// Which tape of a pool comes next in a drive, and why no other does: a line each.
    case nextTape(pool: String, drive: String?)
    /// What lies on a volume, a line each, by the catalog.
    case volumeContents(volume: String)
    /// What the tape in a drive shows; refused while the drive is used.
    case tapeLook(drive: String, TapeLook)
    /// What an archive would take: bytes, time, tapes there and tapes missing; nothing is read or written.
    case tapeEstimate(TapeJobSettings, drive: String?)
}

package enum Answer: Hashable, Codable, Sendable {
    case failures([BlobFailure])
    case log([Event])
    case runs([RunSummary])
    case jobRuns([JobRun])
    case jobLog(JobLogPage)
    case firings([Firing])
    case requestHistory([Request])
    case audit([AuditEntry])
    case events([Event])
    case findings(MirrorFindings)
    case volumes([VolumeRow])
    case lines([String])
    case refused(Failure)
}

/// A page of a run's log.
package struct JobLogPage: Hashable, Codable, Sendable {
    /// Foreign bytes are escaped already.
    package var lines: [String]
    /// Where the next page begins.
    package var next: Int64
    /// The run has ended and this is its last page.
    package var isEnd: Bool

    package init(lines: [String], next: Int64, isEnd: Bool) {
        self.lines = lines
        self.next = next
        self.isEnd = isEnd
    }
}
