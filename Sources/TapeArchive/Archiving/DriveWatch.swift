import BackupCatalog
import BackupModel

/// What a drive's counters say of its work on one volume after another. A pure value but for the flow it samples.
struct DriveWatch {
    private struct Spell {
        var volume: KnownVolume
        var job: String
        var drive: DriveIdentity
        var base: DriveHealth
        var latest: DriveHealth
        var flow: FlowCounts
        var begunAt: WallTime
    }

    private let run: RunID?
    private let flow: FlowGauges
    private var spell: Spell?
    private var identity: DriveIdentity?

    init(run: RunID?, flow: FlowGauges) {
        self.run = run
        self.flow = flow
    }

    /// Serial and firmware of the drive that wrote last.
    var drive: (String, String) { (identity?.serial ?? "", identity?.firmware ?? "") }

    /// Errors to keep: alerts that stood before the first block.
    mutating func begins(_ part: BegunPart, on volume: KnownVolume, job: String, at now: WallTime) -> [TapeErrorRecord]
    {
        identity = part.drive
        guard spell?.volume.id != volume.id else { return [] }
        spell = Spell(
            volume: volume, job: job, drive: part.drive, base: part.health, latest: DriveHealth(), flow: flow.counts,
            begunAt: now)
        let found = alerts(part.health, on: volume, job: job, at: now)
        spell?.latest = part.health
        return found
    }

    /// Errors to keep: what was written again, and alerts that came up.
    mutating func wrote(_ file: WrittenFile, on volume: KnownVolume, job: String, at now: WallTime) -> [TapeErrorRecord]
    {
        guard let before = spell?.latest else { return [] }
        var found = alerts(file.health, on: volume, job: job, at: now)
        let retries = file.health.softWriteErrors - before.softWriteErrors
        if retries > 0 {
            found.append(
                error(
                    "write_retry", "write", "the drive wrote \(retries) blocks again on \(volume.volume.name)",
                    on: volume, job: job, at: now))
            found[found.count - 1].tapeFile = file.part.file
        }
        spell?.latest = file.health
        return found
    }

    private func alerts(
        _ health: DriveHealth, on volume: KnownVolume, job: String, at now: WallTime
    ) -> [TapeErrorRecord] {
        let new = health.alerts.filter { !(spell?.latest.alerts.contains($0) ?? false) }
        return TapeAlert.all(new).map {
            error("tape_alert", "alert \($0.flag)", $0.words, on: volume, job: job, at: now)
        }
    }

    func error(
        _ kind: String, _ operation: String, _ detail: String, on volume: KnownVolume, job: String, at now: WallTime
    ) -> TapeErrorRecord {
        TapeErrorRecord(
            at: now, drive: identity?.serial ?? "", volume: volume.id, job: job, run: run, kind: kind,
            operation: operation, detail: detail)
    }

    /// The spell that is over, and why its volume must not be written to again.
    mutating func end(at now: WallTime) -> (spell: DriveSpell, condemned: String?)? {
        guard let ended = spell else { return nil }
        spell = nil
        var done = DriveSpell.Flow()
        let counts = flow.counts
        done.stops = Int64(counts.stops - ended.flow.stops)
        done.underRuns = Int64(counts.underRuns - ended.flow.underRuns)
        done.backHitches = Int64(counts.backHitches - ended.flow.backHitches)
        done.longestGap = counts.longestGap
        done.seconds = Double(now.milliseconds - ended.begunAt.milliseconds) / 1000
        let condemned = TapeAlert.all(ended.latest.alerts).first { $0.condemnsMedium }
        return (
            DriveSpell(
                at: now, drive: ended.drive, volume: ended.volume.id, job: ended.job, run: run,
                health: ended.latest.since(ended.base), flow: done),
            condemned?.words
        )
    }
}

extension DriveHealth {
    /// Counters of the time between; those of a drive that began to count anew are its own.
    func since(_ base: DriveHealth) -> DriveHealth {
        var done = self
        func less(_ field: WritableKeyPath<DriveHealth, Int64>) {
            if done[keyPath: field] >= base[keyPath: field] { done[keyPath: field] -= base[keyPath: field] }
        }
        for field in [
            \DriveHealth.softWriteErrors, \.hardWriteErrors, \.softReadErrors, \.hardReadErrors, \.bytesWritten,
            \.bytesOnMedium,
        ] { less(field) }
        return done
    }
}
