import BackupCatalog
package import BackupModel
import Synchronization
import WorkerKit

/// What the catalog says of volumes, for whoever draws them.
struct ShelfSight: Hashable, Sendable {
    var volumes: [VolumeRow] = []
    var tally = VolumeTally()
    var pools: [PoolRow] = []
    /// Label, state and note of a barcode.
    var slots: [String: SlotNote] = [:]

    struct SlotNote: Hashable, Sendable {
        var label: String
        var state: String
        var note: String
    }
}

extension TapeStation {
    /// Every volume of the catalog, in order of label. Blocks, on the station's thread.
    func everyVolume() throws(Failure) -> [KnownVolume] {
        var all: [KnownVolume] = []
        while true {
            let page = try tapes.volumes(after: all.last, limit: 500)
            all += page
            if page.count < 500 { return all }
        }
    }

    /// Reads the catalog again for `state`. What cannot be read stays as it was.
    func refresh() {
        guard let all = try? everyVolume() else { return }
        var sight = ShelfSight()
        for known in all { sight.tally.count(known.volume) }
        sight.volumes = (try? shown(all).map(row)) ?? []
        sight.pools = plan.pools.map { pool in
            var row = PoolRow(name: pool.name, retention: pool.retention.description)
            row.volumes = all.count { $0.volume.pool == pool.name }
            row.next =
                (try? choice(pool, drive: nil).lines.first).map { $0.trimmingPrefix("next: ") }.map(String.init) ?? ""
            return row
        }
        for known in all where !known.volume.barcode.isEmpty {
            let volume = known.volume
            if let former = sight.slots[volume.barcode], former.state != Volume.State.quarantined.rawValue { continue }
            sight.slots[volume.barcode] = ShelfSight.SlotNote(
                label: volume.label, state: volume.slotState,
                note: misfiled[volume.barcode] ?? printable(volume.reason.utf8))
        }
        for bay in bays { bay.board.change { $0.takeFill(from: all) } }
        roster.withLock { roster in
            if roster.shelf != sight { roster.changes += 1 }
            roster.shelf = sight
        }
    }

    /// Those in drives and slots first, then the last written.
    private func shown(_ all: [KnownVolume]) -> ArraySlice<KnownVolume> {
        all.sorted { one, other in
            let (a, b) = (one.volume, other.volume)
            if a.place.rank != b.place.rank { return a.place.rank < b.place.rank }
            let (x, y) = (a.lastWrittenAt?.milliseconds ?? 0, b.lastWrittenAt?.milliseconds ?? 0)
            return x != y ? x > y : (a.name, one.id) < (b.name, other.id)
        }.prefix(TapeState.mostVolumes)
    }

    func row(_ known: KnownVolume) throws(Failure) -> VolumeRow {
        var row = VolumeRow(id: known.id, volume: known.volume)
        let contents = try tapes.contents(of: known.id, at: time.wall())
        (row.archives, row.keptUntil) = (contents.archives, contents.lastExpiry)
        row.isKeptForEver = contents.archives > 0 && contents.lastExpiry == nil
        let archives = try tapes.archives(onVolume: known.id).map(\.archive).filter { $0.state == .complete }
        if !archives.isEmpty, archives.allSatisfy({ $0.verifiedAt != nil }) {
            row.verifiedAt = archives.compactMap(\.verifiedAt).min()
        }
        return row
    }

    // MARK: Questions

    /// In order of the catalog's numbers, from behind `after`.
    package func volumes(pool: String?, after: Int64?, limit: Int) async throws(Failure) -> [VolumeRow] {
        let all = try everyVolume().filter { pool == nil || $0.volume.pool == pool }.sorted { $0.id < $1.id }
        var rows: [VolumeRow] = []
        for known in all where known.id > after ?? .min {
            guard rows.count < limit else { break }
            rows.append(try row(known))
        }
        return rows
    }

    package func nextTape(pool: String, drive: String?) async throws(Failure) -> [String] {
        try choice(try self.pool(pool), drive: try drive.map { name throws(Failure) in try bay(name) }).lines
    }

    /// What lies on a volume, a line for each tape file.
    package func contents(of volume: String) async throws(Failure) -> [String] {
        let known = try find(volume)
        let volume = known.volume
        var lines = [
            "\(volume.name), \(volume.state.rawValue), pool \(printable(volume.pool.utf8)), \(volume.place)"
        ]
        for (part, archive) in try tapes.archives(onVolume: known.id) {
            let until = archive.expiresAt.map { "until " + $0.iso8601() } ?? "for ever"
            lines.append(
                "file \(part.tapeFile): \(printable(archive.job.utf8)), part \(part.part) of archive \(archive.archive), "
                    + "\(Quantity.bytes(part.length)), \(archive.startedAt.iso8601()), \(archive.state.rawValue), kept \(until)"
                    + (archive.verifiedAt.map { ", verified " + $0.iso8601() } ?? ""))
        }
        if lines.count == 1 { lines.append("no archives") }
        return lines
    }

    /// By label or barcode; a quarantined namesake only where there is no other. Throws `VOLUME_UNKNOWN`.
    func find(_ name: String) throws(Failure) -> KnownVolume {
        // No nonce is a question mark: all of that name.
        let found = try tapes.namesakes(label: name, barcode: name, otherThan: "?")
        let fit = found.filter { $0.volume.state != .quarantined }
        guard let known = fit.first(where: { $0.volume.label == name }) ?? fit.first ?? found.first else {
            throw StationFailure.unknownVolume(name)
        }
        return known
    }

    /// Which tape comes next for a pool; `drive` nil: of any drive.
    func choice(_ pool: Pool, drive bay: DriveBay?, tried: Set<String> = []) throws(Failure) -> TapeChoice {
        let wish = wish(pool, drive: bay ?? bays.first, tried: tried)
        return TapeChoice(wish, among: try tapes.candidates(pool: pool.name, at: time.wall()))
    }

    func wish(_ pool: Pool, drive bay: DriveBay?, tried: Set<String> = []) -> TapeWish {
        var wish = TapeWish(
            pool: pool, drive: bay?.name ?? "", library: bay?.library?.name, generation: bay?.generation)
        wish.ours = bay?.library?.barcodes ?? []
        wish.tried = tried.union(promised.filter { $0.value != bay?.name }.keys)
        return wish
    }
}

extension VolumePlace {
    fileprivate var rank: Int {
        switch self {
        case .drive: 0
        case .slot, .port: 1
        case .shelf, .offsite: 2
        }
    }
}

extension Volume {
    var slotState: String {
        switch state {
        case .empty, .unlabelled: "scratch"
        default: state.rawValue
        }
    }
}

extension VolumeTally {
    fileprivate mutating func count(_ volume: Volume) {
        switch volume.state {
        case .empty, .unlabelled: scratch += 1
        case .appendable: appendable += 1
        case .full: full += 1
        case .error, .foreign, .quarantined: suspect += 1
        case .retired: retired += 1
        case .cleaning: break
        }
    }
}
