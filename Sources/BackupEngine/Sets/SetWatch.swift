package import BackupModel

/// What is known of the copies that sets are judged by.
package struct SetFacts: Sendable {
    /// Ended runs, in any order; the newest good one of each job decides.
    package var runs: [JobRun]
    /// Jobs whose copies count only once they were verified: mirrors without read-back.
    package var needVerification: Set<String>
    /// When the mirror of a job was last verified without a finding, by job.
    package var verifiedAt: [String: WallTime]
    /// What was seen of watched artefacts, by set.
    package var sightings: [String: ArtefactSighting]

    package init(
        runs: [JobRun] = [], needVerification: Set<String> = [], verifiedAt: [String: WallTime] = [:],
        sightings: [String: ArtefactSighting] = [:]
    ) {
        self.runs = runs
        self.needVerification = needVerification
        self.verifiedAt = verifiedAt
        self.sightings = sightings
    }
}

/// How the sets stand, judged from what was made and proved, never from what is alive.
///
/// A set is as fresh as its stalest part: each of its jobs that makes copies, and its watched artefacts. Only `ok`
/// counts: failed, interrupted, partial and unproved copies never do (I3).
package enum SetWatch {
    package static func states(_ sets: [RecoverySetSettings], _ facts: SetFacts, now: WallTime) -> [RecoverySetState] {
        let copies = newestCopies(facts, now: now)
        return sets.map { state($0, copies, facts) }
    }

    private struct Copy {
        /// When it was proved; nil: there is none.
        var at: WallTime?
        var evidence: String
    }

    private static func state(
        _ set: RecoverySetSettings, _ copies: [String: Copy], _ facts: SetFacts
    ) -> RecoverySetState {
        var state = RecoverySetState(name: set.name, priority: set.priority, jobs: set.jobs)
        state.goal = set.newestVerifiedWithin
        state.restoreWithin = set.restoreWithin
        // A scan or a verification makes no copy; a job that has none yet may be one of these only if it ever ran.
        let makers = set.jobs.filter { !onlyLooks($0, facts) }
        var parts = makers.map { copies[$0] ?? Copy(at: nil, evidence: "\($0.tidied(100)): no good run yet") }
        if let watch = set.watch { parts.append(copy(of: watch, facts.sightings[set.name])) }
        guard let stalest = parts.min(by: { ($0.at?.milliseconds ?? .min) < ($1.at?.milliseconds ?? .min) }) else {
            state.evidence = "nothing makes copies for it"
            return state
        }
        state.newestVerifiedAt = stalest.at
        state.evidence = stalest.evidence
        return state
    }

    private static func onlyLooks(_ job: String, _ facts: SetFacts) -> Bool {
        guard let kind = facts.runs.first(where: { $0.job == job })?.kind else { return false }
        return kind == .mirrorScan || kind == .mirrorVerify
    }

    private static func newestCopies(_ facts: SetFacts, now: WallTime) -> [String: Copy] {
        var copies: [String: Copy] = [:]
        for run in facts.runs where run.result == .ok && run.kind != .mirrorScan && run.kind != .mirrorVerify {
            guard let copy = proved(run, facts, now: now) else { continue }
            if let known = copies[run.job]?.at, let at = copy.at, known >= at { continue }
            copies[run.job] = copy
        }
        return copies
    }

    /// The copy that a good run made, once it is proved. A run of the future is not believed (I12).
    private static func proved(_ run: JobRun, _ facts: SetFacts, now: WallTime) -> Copy? {
        guard let ended = run.endedAt, ended <= now.adding(seconds: allowedSkew) else { return nil }
        let words = "run \(run.run) of \(run.job.tidied(100)), begun \(run.startedAt.iso8601())"
        guard facts.needVerification.contains(run.job) else { return Copy(at: ended, evidence: words) }
        guard let verified = facts.verifiedAt[run.job], verified >= ended else { return nil }
        return Copy(at: ended, evidence: words + ", verified \(verified.iso8601())")
    }

    private static func copy(of watch: WatchedArtefacts, _ sighting: ArtefactSighting?) -> Copy {
        let glob = watch.glob.tidied(200)
        guard let sighting else { return Copy(at: nil, evidence: "\(glob): not looked at yet") }
        let problem = sighting.problem.isEmpty ? "" : "; " + sighting.problem
        guard let newest = sighting.newest else { return Copy(at: nil, evidence: "\(glob): nothing good\(problem)") }
        return Copy(at: newest.modified, evidence: "\(newest.path), \(Quantity.bytes(newest.size))\(problem)")
    }

    /// Seconds by which clocks of two machines may differ.
    static let allowedSkew = 300.0
}

/// What a look at watched artefacts found.
package struct ArtefactSighting: Hashable, Sendable {
    /// The newest that is large enough, not being written, of the past, and can be read.
    package var newest: Artefact?
    /// Why a newer one does not count, or why nothing could be looked at; empty: nothing to say. Escaped.
    package var problem: String

    package init(newest: Artefact? = nil, problem: String = "") {
        self.newest = newest
        self.problem = problem
    }
}

package struct Artefact: Hashable, Sendable {
    /// Escaped, for people.
    package var path: String
    package var size: Int64
    package var modified: WallTime

    package init(path: String, size: Int64, modified: WallTime) {
        self.path = path
        self.size = size
        self.modified = modified
    }
}
