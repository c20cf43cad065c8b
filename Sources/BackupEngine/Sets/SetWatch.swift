package import BackupCatalog
package import BackupModel

/// What is known of the copies that sets are judged by.
package struct SetFacts: Sendable {
    /// The settings of the jobs that sets name.
    package var jobs: [JobSettings]
    /// Ended runs, in any order; the newest good one decides for jobs that no evidence is kept of.
    package var runs: [JobRun]
    /// What was proved about mirrors, the newest first, by mirror; whoever ran them.
    package var evidence: [String: [Evidence]]
    /// What was seen of watched artefacts, by set.
    package var sightings: [String: ArtefactSighting]

    package init(
        jobs: [JobSettings] = [], runs: [JobRun] = [], evidence: [String: [Evidence]] = [:],
        sightings: [String: ArtefactSighting] = [:]
    ) {
        self.jobs = jobs
        self.runs = runs
        self.evidence = evidence
        self.sightings = sightings
    }
}

/// How the sets stand, judged from what was made and proved, never from what is alive.
///
/// A set is as fresh as its stalest part: the mirror of each of its `mirror.run` jobs, by evidence; the newest good run
/// of each command, which is all that is known of it; and its watched artefacts. Failed, interrupted, partial and
/// unproved copies never count (I3). What the source itself has damaged makes no copy late, and is told.
package enum SetWatch {
    package static func states(_ sets: [RecoverySetSettings], _ facts: SetFacts, now: WallTime) -> [RecoverySetState] {
        let jobs = Dictionary(facts.jobs.map { ($0.name, $0) }) { $1 }
        return sets.map { state($0, jobs, facts, now) }
    }

    private struct Copy {
        /// When it was made, once it is proved; nil: there is none.
        var at: WallTime?
        var evidence: String
        var flawed = 0
    }

    private static func state(
        _ set: RecoverySetSettings, _ jobs: [String: JobSettings], _ facts: SetFacts, _ now: WallTime
    ) -> RecoverySetState {
        var state = RecoverySetState(name: set.name, priority: set.priority, jobs: set.jobs)
        state.goal = set.newestVerifiedWithin
        state.restoreWithin = set.restoreWithin
        var parts = set.jobs.compactMap { copy(of: $0, jobs[$0], facts, now) }
        if let watch = set.watch { parts.append(copy(of: watch, facts.sightings[set.name])) }
        guard let stalest = parts.min(by: { ($0.at?.milliseconds ?? .min) < ($1.at?.milliseconds ?? .min) }) else {
            state.evidence = "nothing makes copies for it"
            return state
        }
        state.newestVerifiedAt = stalest.at
        state.evidence = stalest.evidence
        state.flawedAtSource = parts.reduce(0) { $0 + $1.flawed }
        return state
    }

    /// Nil for a scan or a verification, which makes no copy.
    private static func copy(of name: String, _ job: JobSettings?, _ facts: SetFacts, _ now: WallTime) -> Copy? {
        switch job?.kind {
        case .mirrorScan?, .mirrorVerify?, .tapeVerify?: return nil
        case .mirrorRun?:
            let standing = MirrorStanding(facts.evidence[job?.mirror ?? ""] ?? [], now: now)
            let words = standing.provedAt == nil ? "\(name.tidied(100)): \(standing.words)" : standing.words
            return Copy(at: standing.provedAt, evidence: words, flawed: standing.flawedAtSource)
        case .command?, .tapeArchive?, nil:
            // A run of the future is not believed (I12).
            let good = facts.runs.filter { run in
                run.job == name && run.result == .ok
                    && run.endedAt.map { $0 <= now.adding(seconds: allowedSkew) } == true
            }
            guard let newest = good.max(by: { $0.endedAt ?? $0.startedAt < $1.endedAt ?? $1.startedAt }) else {
                return Copy(at: nil, evidence: "\(name.tidied(100)): no good run yet")
            }
            return Copy(
                at: newest.endedAt,
                evidence: "run \(newest.run) of \(name.tidied(100)), begun \(newest.startedAt.iso8601())")
        }
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
