import BackupModel
import Synchronization
package import WorkerKit

/// Gets each row of an index as it comes, on the source's thread: the catalog does.
package protocol RowTaker: AnyObject, Sendable {
    func take(_ row: IndexRow) throws
    /// There are no more.
    func end() throws
}

/// The rows of one archive's index while it is written, in a file without a name: ten million need no memory, and a
/// process that is killed leaves nothing behind.
///
/// Filled by the source's thread; read when that is done.
package final class RowSpool: Sendable {
    private struct State {
        var pending: [UInt8] = []
        var entries: Int64 = 0
        var deletions: Int64 = 0
    }

    private let files: any FileCalls
    private let file: Descriptor
    private let taker: (any RowTaker)?
    private let state = Mutex(State())

    /// Throws `Failure`. `folder`: absolute, of our own, with room for 300 bytes a file.
    package init(in folder: PathBytes, files: any FileCalls, taker: (any RowTaker)? = nil) throws {
        self.files = files
        self.taker = taker
        file = try files.openNameless(in: folder)
    }

    deinit { try? files.close(file) }

    package var entries: Int64 { state.withLock { $0.entries } }
    package var deletions: Int64 { state.withLock { $0.deletions } }

    func append(_ row: IndexRow) throws {
        let line = row.line.dropLast(2)
        let full: [UInt8]? = state.withLock { state in
            var start: Int64 = -1
            if case .entry(let entry) = row.subject {
                start = entry.place.start
                state.entries += 1
            } else {
                state.deletions += 1
            }
            withUnsafeBytes(of: UInt32(line.count)) { state.pending += $0 }
            withUnsafeBytes(of: start) { state.pending += $0 }
            state.pending += line
            guard state.pending.count >= RowSpool.piece else { return nil }
            defer { state.pending.removeAll(keepingCapacity: true) }
            return state.pending
        }
        if let full { try write(full) }
        try taker?.take(row)
    }

    /// There are no more rows.
    func end() throws {
        let rest = state.withLock { state in
            defer { state.pending = [] }
            return state.pending
        }
        try write(rest)
        try taker?.end()
    }

    /// The listing as it goes to tape, line by line, each entry with its place on the parts of `facts`.
    func lines(_ facts: IndexFacts, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        var reader = try SpoolReader(files, file)
        while let (start, text) = try reader.next() {
            let line = start < 0 ? text + [UInt8(ascii: "}"), 10] : text + facts.suffix(of: start)
            try line.withUnsafeBytes(body)
        }
    }

    /// Name, length and hash of the listing.
    func listing(_ facts: IndexFacts) throws -> IndexFacts.Listing {
        let hasher = try BlobHasher(.sha256)
        var bytes: Int64 = 0
        try lines(facts) { line in
            hasher.update(line)
            bytes += Int64(line.count)
        }
        return IndexFacts.Listing(bytes: bytes, sha256: try hasher.finish().description)
    }

    private func write(_ bytes: [UInt8]) throws {
        do throws(FileError) { try files.writeAll(bytes, to: file) } catch { throw error.failure }
    }

    private static let piece = 256 << 10
}

extension FileCalls {
    /// A file for reading and writing that nobody can find: it goes with its descriptor. Throws `Failure`.
    func openNameless(in folder: PathBytes) throws -> Descriptor {
        do throws(FileError) {
            let root = try openRoot(folder)
            defer { try? close(root) }
            let name = PathBytes(".spool-" + SystemTime.live.randomHex(digits: 16))
            let file = try open(name, beneath: root, .readWrite(mode: 0o600))
            do throws(FileError) { try unlink(name, in: root) } catch {
                try? close(file)
                throw error
            }
            return file
        } catch { throw error.failure }
    }
}

/// Reads the records of a spool from its beginning.
private struct SpoolReader {
    private let files: any FileCalls
    private let file: Descriptor
    private var buffer: [UInt8] = []
    private var at = 0

    init(_ files: any FileCalls, _ file: Descriptor) throws {
        self.files = files
        self.file = file
        do throws(FileError) { try files.seek(file, to: 0) } catch { throw error.failure }
    }

    mutating func next() throws -> (start: Int64, line: [UInt8])? {
        guard try has(12) else { return nil }
        let (count, start) = buffer.withUnsafeBytes {
            (
                $0.loadUnaligned(fromByteOffset: at, as: UInt32.self),
                $0.loadUnaligned(fromByteOffset: at + 4, as: Int64.self)
            )
        }
        guard try has(12 + Int(count)) else { throw FormatFault.malformed("the spool of rows is cut off", offset: 0) }
        defer { at += 12 + Int(count) }
        return (start, Array(buffer[at + 12..<at + 12 + Int(count)]))
    }

    private mutating func has(_ count: Int) throws -> Bool {
        guard buffer.count - at < count else { return true }
        var more = [UInt8](repeating: 0, count: max(count, 256 << 10))
        let got = try more.withUnsafeMutableBytes { space in
            do throws(FileError) { return try files.readFull(file, into: space, enough: space.count) } catch {
                throw error.failure
            }
        }
        buffer = Array(buffer[at...] + more[..<got])
        at = 0
        return buffer.count >= count
    }
}

extension IndexFacts {
    /// The end of an entry's line: where its first header is, if that can be told.
    fileprivate func suffix(of start: Int64) -> [UInt8] {
        guard let place = place(of: start) else { return [UInt8(ascii: "}"), 10] }
        var out = LineWriter()
        out.put("volume", bytes: Array(place.volume.utf8))
        out.put("file", Int64(place.file))
        out.put("block", place.block)
        return [UInt8(ascii: ",")] + out.end().dropFirst()
    }
}
