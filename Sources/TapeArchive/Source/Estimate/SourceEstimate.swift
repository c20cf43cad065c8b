package import BackupModel
package import WorkerKit

/// What a backup would take, told without reading a file.
package struct SourceEstimate: Hashable, Sendable {
    package var tally = SourceTally()
    /// Of the archive, headers included; attributes are not looked at, and holes count as far as they take no room.
    package var archiveBytes: Int64 = 0
    /// The first warnings; `tally.warnings` counts all.
    package var warnings: [Failure] = []
    package static let mostWarnings = 100

    package init() {}

    /// Walks the sources on the calling thread, which it blocks. `isStopped` is asked at each entry.
    package init(
        walking plan: SourcePlan, files: any FileCalls, former: (any FormerListing)? = nil,
        isStopped: @escaping () -> Bool = { false }
    ) throws {
        let roots = try OpenRoot.open(plan, files: files)
        var bytes: Int64 = 1024
        var warnings: [Failure] = []
        var warned = 0
        var walk = try TreeWalk(plan, files: files, former: former) { step in
            if isStopped() { throw CancellationError() }
            switch step {
            case .found(let found): bytes += Self.archived(found)
            case .deleted: break
            case .warning(let failure):
                warned += 1
                if warnings.count < Self.mostWarnings { warnings.append(failure) }
            }
        }
        try walk.run(roots)
        tally = walk.tally
        tally.warnings = warned
        archiveBytes = bytes
        self.warnings = warnings
    }

    private static func archived(_ found: FoundNode) -> Int64 {
        var entry = found.entry
        let data = entry.kind == .file ? min(entry.size, max(found.node.allocated, 0)) : 0
        // What a link says comes with reading; its length is the node's size.
        if entry.kind == .symlink {
            entry.linkTarget = [UInt8](repeating: 97, count: max(1, Int(clamping: min(found.node.size, 4096))))
        }
        let head = (try? MemberHead(entry))?.bytes.count ?? 512
        return Int64(head) + data + Int64(Tar.padding(data))
    }

    /// Time and volumes at a rate in bytes a second. `free`: bytes left on the volumes in the order of their use.
    package func needs(rate: Double, free: [Int64]) -> VolumeNeeds {
        var left = archiveBytes
        var used = 0
        for room in free where left > 0 {
            used += 1
            left -= min(left, max(0, room))
        }
        return VolumeNeeds(
            seconds: rate > 0 ? Double(archiveBytes) / rate : nil, volumes: used, missing: left,
            lastFree: left > 0 || used == 0 ? 0 : free.prefix(used).reduce(0, +) - archiveBytes)
    }
}

/// Whether an archive fits the volumes there are.
package struct VolumeNeeds: Hashable, Sendable {
    /// Nil while no rate is known.
    package var seconds: Double?
    /// Volumes written to.
    package var volumes: Int
    /// Bytes for which there is no room.
    package var missing: Int64
    /// Bytes left on the last one.
    package var lastFree: Int64
}
