package import BackupCatalog
package import BackupModel

/// What the end of a mirror's run proves, as rows of evidence.
///
/// `hashed_in_flight` says that a copy of all that the source had was made; `read_back` that every copy was read from
/// the volume. Of both, `ok` is whole, `ok_with_warnings` is whole but for blobs that the source itself cannot give
/// (`failed` counts them: a copy cannot be better than its source), `interrupted` proves nothing either way, and
/// `failed` is a finding on the volume.
package enum MirrorProof {
    /// The rows of a run in the order in which they are kept; `tally` is the index at its end.
    package static func rows(
        of run: RunSummary, _ tally: Tally, mirror: String, volume: String, by: String
    ) -> [Evidence] {
        guard let endedAt = run.endedAt, run.result != nil else { return [] }
        func row(_ method: Evidence.Method, _ result: RunResult, _ failed: Amount) -> Evidence {
            Evidence(
                at: endedAt, job: mirror, volume: volume, run: run.run, method: method, result: result,
                proved: method == .readBack ? tally[.verified] : tally.safe, failed: failed, by: by)
        }
        let gaps = tally[.sourceCorrupt] + tally[.sourceMissing]
        let good: RunResult = gaps.count == 0 ? .ok : .okWithWarnings
        let isReadBack = tally[.placed].count == 0
        switch run.kind {
        case .scan: return []
        case .run:
            let hasEnded = run.result == .ok || run.result == .okWithWarnings
            guard hasEnded, tally.remaining.count == 0, tally.failed == gaps else {
                let isFinding = hasEnded && tally.failed != gaps
                return [row(.hashedInFlight, isFinding ? .failed : .interrupted, tally.failed)]
            }
            let made = row(.hashedInFlight, good, gaps)
            return isReadBack ? [made, row(.readBack, good, gaps)] : [made]
        case .verify:
            let findings = tally[.corrupt] + tally[.unreadable] + tally[.lost]
            if findings.count > 0 { return [row(.readBack, .failed, findings)] }
            let isWhole = run.result == .ok && isReadBack
            return [row(.readBack, isWhole ? good : .interrupted, isWhole ? gaps : run.failed)]
        }
    }
}

/// How a mirror's copy stands by its evidence.
package struct MirrorStanding: Hashable, Sendable {
    /// The end of the newest run that made a whole copy which was read back since; nil: there is none.
    package var provedAt: WallTime?
    /// Blobs that no copy can have, for the source has them damaged or not any more.
    package var flawedAtSource = 0
    /// What the copy is, or why there is none.
    package var words: String

    /// `evidence` is the newest first. Rows of the future are not believed (I12).
    package init(_ evidence: [Evidence], now: WallTime) {
        var readBack: Evidence?
        var unproved: Evidence?
        words = "no whole copy yet"
        for row in evidence where row.at <= now.adding(seconds: SetWatch.allowedSkew) {
            switch row.method {
            case .listed: continue
            case .readBack, .rehearsed:
                if row.isWhole { readBack = readBack ?? row }
                guard row.result == .failed, readBack == nil else { continue }
                // Older copies are this copy: what was found since is wrong with them too.
                words = "\(Quantity.count(row.failed.count)) damaged or lost on the volume, found \(row.at.iso8601())"
                return
            case .hashedInFlight:
                guard row.isWhole else { continue }
                guard let readBack else {
                    unproved = unproved ?? row
                    continue
                }
                provedAt = row.at
                flawedAtSource = row.failed.count
                words = Self.words(row, readBack)
                return
            }
        }
        if let unproved { words = "\(Self.made(unproved)), not verified yet" }
    }

    private static func words(_ made: Evidence, _ readBack: Evidence) -> String {
        var words = Self.made(made)
        if readBack.run != made.run { words += ", verified \(readBack.at.iso8601())" }
        guard made.failed.count > 0 else { return words }
        return words + "; ok but \(Quantity.count(made.failed.count)) corrupt or gone at the source"
    }

    private static func made(_ row: Evidence) -> String {
        "run \(row.run?.text ?? "?") of mirror \(row.job.tidied(100)), ended \(row.at.iso8601())"
    }
}

extension Evidence {
    fileprivate var isWhole: Bool { result == .ok || result == .okWithWarnings }
}
