import BackupModel

/// What a pool has to write to, without anybody going to the shelf for it, and in all.
struct PoolSupply: Hashable, Sendable {
    /// Bytes on volumes in drives and slots.
    var inReach: Int64 = 0
    /// Bytes on volumes outside.
    var outside: Int64 = 0
    /// Volumes whose capacity nobody knows; they may be enough.
    var unknown = 0
    /// Labels of those outside that would do, in order of label.
    var names: [String] = []

    /// By the name of the pool. Blanks and scratch that belong to none count for each that takes them.
    static func byPool(_ pools: [Pool], _ rows: [VolumeRow], drives: [DriveState]) -> [String: PoolSupply] {
        let generations = drives.compactMap { TapeGeneration(rawValue: $0.generation) }
        var supplies = Dictionary(pools.map { ($0.name, PoolSupply()) }) { $1 }
        for row in rows where row.volume.canBeWritten {
            let medium = row.volume.generation
            let fits = medium.map { medium in
                generations.isEmpty || generations.contains { $0.fit(medium) == .writes }
            }
            guard fits ?? true else { continue }
            for pool in pools where pool.takes(medium) && (row.volume.pool.isEmpty || row.volume.pool == pool.name) {
                supplies[pool.name]?.count(row.volume)
            }
        }
        return supplies
    }

    private mutating func count(_ volume: Volume) {
        let isInReach =
            switch volume.place {
            case .slot, .drive, .port: true
            case .shelf, .offsite: false
            }
        if !isInReach { names.append(volume.name) }
        guard let capacity = volume.capacity ?? volume.generation?.capacity else { return unknown += 1 }
        let free = max(0, capacity - volume.used)
        if isInReach { inReach += free } else { outside += free }
    }
}

/// Which tapes the planned starts of a day need and do not find; a rule, with everything passed in.
struct TapeNeeds {
    /// The line for a person, by job.
    static func lines(
        _ jobs: [JobSettings], states: [JobState], firings: [Firing], supplies: [String: PoolSupply], now: WallTime
    ) -> [String] {
        let day = now.adding(seconds: 86_400)
        var left = supplies
        var lines: [String] = []
        var seen: Set<String> = []
        for firing in firings where firing.at >= now && firing.at <= day && seen.insert(firing.job).inserted {
            guard let job = jobs.first(where: { $0.name == firing.job && $0.kind == .tapeArchive }),
                let state = states.first(where: { $0.name == job.name }), state.isEnabled,
                var supply = left[job.tape.pool]
            else { continue }
            // What it wrote when it was largest of late; a job that never ran needs a tape at least.
            let bytes = max(state.sizes.suffix(5).max() ?? 0, 1)
            defer { left[job.tape.pool] = supply }
            if supply.inReach >= bytes || supply.unknown > 0 {
                supply.inReach -= min(bytes, supply.inReach)
                continue
            }
            let short = bytes - supply.inReach
            supply.inReach = 0
            lines.append(line(job, firing, short: short, supply))
        }
        return lines
    }

    private static func line(_ job: JobSettings, _ firing: Firing, short: Int64, _ supply: PoolSupply) -> String {
        let pool = printable(job.tape.pool.utf8)
        let what = short > 1 ? "\(Quantity.bytes(short)) of tape short in pool \(pool)" : "no tape in pool \(pool)"
        let which =
            supply.names.isEmpty
            ? "a blank one" : supply.names.prefix(4).joined(separator: " or ")
        return "\(printable(job.name.utf8)) at \(firing.at.iso8601()): \(what); put in \(which)"
    }
}

extension Volume {
    fileprivate var canBeWritten: Bool {
        !isWorn && !isWORM && [.empty, .appendable, .unlabelled].contains(state)
    }
}
