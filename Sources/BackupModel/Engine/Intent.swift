/// Whatever changes the world, from a key, the command line or the schedule. The engine validates and logs each.
package enum Intent: Hashable, Codable, Sendable {
    case runMirror(name: String, overrides: RunOverrides)
    case scanMirror(name: String)
    case verifyMirror(name: String)
    case pauseMirror(name: String)
    case resumeMirror(name: String)
    /// Ends the run cleanly; what is placed stays, the rest stays pending.
    case stopMirror(name: String)
    case limitMirror(name: String, limits: CopyLimits)
    /// Failed blobs back to pending: all, or one.
    case requeue(name: String, blob: BlobID?)
    case acknowledge(alert: Int)
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
}

package enum Answer: Hashable, Codable, Sendable {
    case failures([BlobFailure])
    case log([Event])
    case runs([RunSummary])
    case refused(Failure)
}
