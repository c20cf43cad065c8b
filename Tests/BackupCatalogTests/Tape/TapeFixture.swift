import BackupCatalog
import BackupModel
import Foundation
import GRDB

/// A catalog on a real file with one labelled volume.
final class TapeFixture {
    static let drive = DriveIdentity(vendor: "HPE", model: "Ultrium 9", serial: "SER1", firmware: "R3G3")

    let folder: TemporaryFolder
    let path: String
    let catalog: Catalog
    let tapes: TapeCatalog
    let volume: Int64

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("catalog.sqlite")
        catalog = try Catalog(path: path)
        tapes = TapeCatalog(catalog)
        volume = try tapes.add(Volume(label: "", barcode: "NX0001L9", state: .unlabelled))
        try tapes.intendLabel(volume, nonce: "n1")
        try tapes.confirmLabel(
            volume, label: "NX0001", nonce: "n1", pool: "archive", blockSize: 1 << 20, endBlock: 2, at: noon, by: "test"
        )
    }

    deinit { catalog.close() }

    /// The files as a process that is killed now leaves them, opened by the next one.
    func afterKill() throws -> (catalog: Catalog, tapes: TapeCatalog, folder: TemporaryFolder) {
        let copy = try TemporaryFolder()
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: copy.file("catalog.sqlite") + suffix)
        }
        let catalog = try Catalog(path: copy.file("catalog.sqlite"))
        return (catalog, TapeCatalog(catalog), copy)
    }

    func archive(_ name: String, base: Int64? = nil, expires: Double? = nil, startedAt: Double = 0) -> ArchiveRecord {
        var archive = ArchiveRecord(
            archive: name, job: "films", pool: "archive", startedAt: noon.adding(seconds: startedAt), blockSize: 1 << 20
        )
        archive.base = base
        archive.expiresAt = expires.map { noon.adding(seconds: $0) }
        return archive
    }

    func progress(files: Int, block: Int64, of volume: Int64? = nil, state: Volume.State = .appendable)
        -> VolumeProgress
    {
        VolumeProgress(
            volume: volume ?? self.volume, at: noon, tapeFiles: files, endBlock: block, used: block << 20, state: state,
            drive: Self.drive)
    }

    /// A whole archive in one part with these entries.
    @discardableResult
    func write(_ archive: ArchiveRecord, _ entries: [EntryRecord], file: Int = 1, volume: Int64? = nil) throws -> Int64
    {
        var archive = archive
        archive.id = try tapes.begin(archive)
        var part = PartRecord(part: 1, volume: volume ?? self.volume, tapeFile: file, offset: 0, writtenAt: noon)
        try tapes.beginPart(part, of: archive.id)
        var recorder = tapes.recorder(for: archive.id)
        try recorder.append(entries)
        part.length = 10 << 20
        part.headBytes = 2048
        archive.streamBytes = part.length
        archive.entries = Int64(entries.count)
        archive.finishedAt = noon
        try tapes.commit(archive, last: part, progress(files: file + 2, block: 100, of: volume))
        return archive.id
    }

    func sql(_ text: String) throws -> [Row] {
        try DatabaseQueue(path: path).read { try Row.fetchAll($0, sql: text) }
    }
}

func entry(_ path: String, _ kind: EntryKind = .file, size: Int64 = 5) -> EntryRecord {
    EntryRecord(kind, Array(path.utf8), size: kind == .file ? size : 0)
}

/// What a former backup holds, as a walk tells it.
func walked(_ tapes: TapeCatalog, asOf archive: Int64, page: Int = 1000) throws -> [EntryRecord] {
    var walk = FormerWalk(try FormerListing(tapes, asOf: archive), page: page)
    var found: [EntryRecord] = []
    while let next = try walk.next() { found.append(next) }
    return found
}

func paths(_ records: [EntryRecord]) -> [String] { records.map { String(decoding: $0.path, as: UTF8.self) } }
