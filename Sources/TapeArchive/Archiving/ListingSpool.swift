import BackupModel
import WorkerKit

/// The index of an archive as it is read from tape, its listing on disk: ten million rows need no memory.
final class ListingSpool: Sendable {
    let facts: IndexFacts
    private let file: Descriptor
    private let files: any FileCalls

    /// Reads the index and checks the listing's hash. Throws `FormatFault.malformed` where it is damaged, and what
    /// `TapeReader.read` throws. `folder`: of our own, existing.
    static func read(
        _ parts: [StoredPart], with reader: TapeReader, in folder: PathBytes, files: any FileCalls
    ) async throws -> ListingSpool {
        let sink = try IndexSink(in: folder, files: files)
        let store = sink.store
        let read = try await reader.read(parts, into: sink)
        guard read.damage.isEmpty, !read.sink.hasTrouble, let facts = IndexFacts.read(read.sink.text),
            facts.listing.compression == .none, facts.listing.name.utf8.elementsEqual(read.sink.listing),
            try store.hash() == facts.listing.sha256
        else { throw FormatFault.malformed("the index is damaged", offset: 0) }
        return ListingSpool(facts, store)
    }

    private let store: FileStore

    fileprivate init(_ facts: IndexFacts, _ store: FileStore) {
        self.facts = facts
        self.store = store
        file = store.file
        files = store.files
    }

    /// Its rows from the first on. One at a time.
    func rows() throws -> ListingRows {
        do throws(FileError) { try files.seek(file, to: 0) } catch { throw error.failure }
        return ListingRows(files, file)
    }
}

/// Rows of a listing on disk, in order.
struct ListingRows {
    private let files: any FileCalls
    private let file: Descriptor
    private var lines = IndexLines()
    private var rows: ArraySlice<IndexRow> = []
    private var isEnd = false

    fileprivate init(_ files: any FileCalls, _ file: Descriptor) {
        self.files = files
        self.file = file
    }

    /// Nil at the end. Throws `FormatFault.malformed` at what is no row.
    mutating func next() throws -> IndexRow? {
        while rows.isEmpty, !isEnd {
            var piece = [UInt8](repeating: 0, count: 64 << 10)
            let count = try piece.withUnsafeMutableBytes { space in
                do throws(FileError) { return try files.read(file, into: space) } catch { throw error.failure }
            }
            isEnd = count == 0
            rows = piece[..<count].withUnsafeBytes { lines.take($0) }[...]
            guard lines.badLines == 0, !isEnd || lines.isWhole else {
                throw FormatFault.malformed("the listing is damaged", offset: 0)
            }
        }
        return rows.popFirst()
    }
}

/// A file without a name that is written and hashed, then read.
private final class FileStore: Sendable {
    let file: Descriptor
    let files: any FileCalls

    init(in folder: PathBytes, files: any FileCalls) throws {
        self.files = files
        file = try files.openNameless(in: folder)
    }

    deinit { try? files.close(file) }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        do throws(FileError) { try files.writeAll(bytes, to: file) } catch { throw error.failure }
    }

    /// SHA-256 of what was written, in hex.
    func hash() throws -> String {
        let hasher = try BlobHasher(.sha256)
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        do throws(FileError) { try files.seek(file, to: 0) } catch { throw error.failure }
        while true {
            let count = try piece.withUnsafeMutableBytes { space in
                do throws(FileError) { return try files.read(file, into: space) } catch { throw error.failure }
            }
            if count == 0 { return try hasher.finish().description }
            piece[..<count].withUnsafeBytes { hasher.update($0) }
        }
    }
}

/// Takes the two members of an index: the facts into memory, the listing onto disk.
private struct IndexSink: ArchiveSink, Sendable {
    let store: FileStore
    private(set) var text: [UInt8] = []
    private(set) var listing: [UInt8] = []
    private(set) var hasTrouble = false
    private var isFacts = false

    init(in folder: PathBytes, files: any FileCalls) throws { store = try FileStore(in: folder, files: files) }

    mutating func begin(_ entry: ArchiveEntry, at place: MemberPlace) {
        isFacts = entry.name.elementsEqual(IndexFacts.fileName.utf8)
        if !isFacts {
            hasTrouble = hasTrouble || !listing.isEmpty
            listing = entry.name
        }
    }

    mutating func data(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        guard isFacts else { return try store.write(bytes) }
        // Its parts and frames, for the largest archive there can be, are less.
        guard text.count + bytes.count <= 64 << 20 else { return hasTrouble = true }
        text.append(contentsOf: bytes)
    }

    mutating func end(isWhole: Bool) { hasTrouble = hasTrouble || !isWhole }
    mutating func trouble(_ trouble: ArchiveTrouble) { hasTrouble = true }
}
