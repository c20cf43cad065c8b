import BackupCatalog
import BackupModel
import Foundation

/// Entries of archives into the catalog, in the order of a walk: directories of six files each, three levels deep.
struct CatalogBenchmark {
    var path: String
    var count: Int

    func measure() throws {
        let catalog = try Catalog(path: path)
        let tapes = TapeCatalog(catalog)
        var archive = ArchiveRecord(
            archive: "a1", job: "bench", pool: "p", startedAt: WallTime(milliseconds: 0), blockSize: 1 << 20)
        archive.id = try tapes.begin(archive)
        var recorder = tapes.recorder(for: archive.id)
        var batches: [[EntryRecord]] = []
        for start in stride(from: 0, to: count, by: 50_000) {
            batches.append((start..<min(start + 50_000, count)).map(entry))
        }
        let written = try Duration.of { for batch in batches { try recorder.append(batch) } }
        print("rows/s", Int(Double(count) / written.seconds))
        var part = PartRecord(
            part: 1, volume: try tapes.add(Volume(label: "V", nonce: "n", state: .empty)), tapeFile: 1, offset: 0,
            writtenAt: WallTime(milliseconds: 0))
        (part.length, archive.streamBytes) = (1, 1)
        try tapes.commit(archive, last: part, nil)
        var walk = FormerWalk(try FormerListing(tapes, asOf: archive.id))
        var read = 0
        let listed = try Duration.of { while try walk.next() != nil { read += 1 } }
        print("listed/s", Int(Double(read) / listed.seconds))
        catalog.close()
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        print("bytes/row", size / count)
    }

    private func entry(_ number: Int) -> EntryRecord {
        let directory = number / 6
        let text =
            "top/year-\(directory / 10_000)/month-\(directory / 100 % 100)/day-\(directory % 100)/clip-\(number).mov"
        var record = EntryRecord(.file, Array(text.utf8), size: Int64(number) * 77)
        record.modified = EntryTime(seconds: 1_700_000_000 + Int64(number), nanoseconds: 123_456_789)
        record.changed = record.modified
        record.inode = UInt64(number)
        (record.mode, record.owner, record.group) = (0o644, 1000, 1000)
        record.hash = BlobID(words: (UInt64(number) &* 0x9e37_79b9_7f4a_7c15, 1, 2, 3))
        record.start = Int64(number) << 10
        record.headBytes = 1024
        return record
    }
}
