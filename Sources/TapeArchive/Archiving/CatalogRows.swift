import BackupCatalog
import BackupModel
import Synchronization
import WorkerKit

/// Records an archive's rows in the catalog while they come, so that a complete one need not wait for them.
final class CatalogRows: RowTaker {
    private let state: Mutex<(recorder: EntryRecorder, batch: [EntryRecord])>

    init(_ recorder: EntryRecorder) { state = Mutex((recorder, [])) }

    func take(_ row: IndexRow) throws {
        try state.withLock { state in
            state.batch.append(EntryRecord(row))
            if state.batch.count >= CatalogRows.most { try Self.flush(&state) }
        }
    }

    func end() throws { try state.withLock { try Self.flush(&$0) } }

    private static func flush(_ state: inout (recorder: EntryRecorder, batch: [EntryRecord])) throws {
        try state.recorder.append(state.batch)
        state.batch.removeAll(keepingCapacity: true)
    }

    /// A durable transaction of some 50 ms, which the buffer covers.
    private static let most = 10_000
}

extension EntryRecord {
    /// A row of an index as the catalog keeps it.
    init(_ row: IndexRow) {
        switch row.subject {
        case .deleted(let name): self.init(.deleted, name)
        case .entry(let row): self.init(row)
        }
    }

    private init(_ row: IndexedEntry) {
        let entry = row.entry
        self.init(EntryKind(entry.kind), entry.name, size: entry.size)
        modified = BackupCatalog.EntryTime(seconds: entry.modified.seconds, nanoseconds: entry.modified.nanoseconds)
        if let identity = row.identity {
            let time = identity.changed
            changed = BackupCatalog.EntryTime(seconds: time.seconds, nanoseconds: time.nanoseconds)
            inode = identity.inode
        }
        (mode, owner, group) = (entry.mode, entry.owner, entry.group)
        hash = BlobID(hex: Array(row.hash.utf8))
        link = entry.linkTarget
        start = row.place.start
        headBytes = row.place.dataStart - row.place.start
        storedBytes = row.place.dataBytes
        switch row.verdict {
        case .asDeclared: flaw = .none
        case .grew: flaw = .grew
        case .shrank: flaw = .shrank
        }
    }
}

extension EntryKind {
    init(_ kind: ArchiveEntry.Kind) {
        switch kind {
        case .file: self = .file
        case .directory: self = .directory
        case .symlink: self = .symlink
        case .hardLink: self = .hardLink
        case .fifo: self = .fifo
        case .characterDevice: self = .characterDevice
        case .blockDevice: self = .blockDevice
        }
    }

    /// Nil for a name that is gone.
    var inArchive: ArchiveEntry.Kind? {
        switch self {
        case .file: .file
        case .directory: .directory
        case .symlink: .symlink
        case .hardLink: .hardLink
        case .fifo: .fifo
        case .characterDevice: .characterDevice
        case .blockDevice: .blockDevice
        case .deleted: nil
        }
    }
}

/// A job's former archive, with all that it builds on, as the base of an incremental.
struct CatalogFormer: TapeArchive.FormerListing {
    let base: String
    let began: FileStamp
    private var walk: FormerWalk

    init(_ tapes: TapeCatalog, _ archive: ArchiveRecord) throws(Failure) {
        base = archive.archive
        began = FileStamp(seconds: archive.startedAt.milliseconds / 1000)
        walk = FormerWalk(try BackupCatalog.FormerListing(tapes, asOf: archive.id))
    }

    mutating func next() throws -> FormerEntry? {
        while let record = try walk.next() {
            guard let kind = record.kind.inArchive else { continue }
            let changed = FileStamp(seconds: record.changed.seconds, nanoseconds: record.changed.nanoseconds)
            return FormerEntry(
                kind, record.path, size: record.size,
                modified: FileStamp(seconds: record.modified.seconds, nanoseconds: record.modified.nanoseconds),
                identity: FileIdentity(changed: changed, device: 0, inode: record.inode),
                isWhole: record.flaw == .none)
        }
        return nil
    }
}
