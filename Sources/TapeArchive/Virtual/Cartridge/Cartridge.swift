import BackupModel
import Glibc
import WorkerKit

/// A virtual cartridge: a folder with `medium.json`, `index` and one plain file of bytes for each tape file.
///
/// Belongs to the drive that holds the lock. The order of writing makes that a kill or a power cut at any byte cuts the
/// tail and never shows bytes that were not written: data first, then its line in the index; a cut is durable in the
/// index before the bytes behind it change; `sync` is appended after the data are on the disk.
struct Cartridge: Sendable {
    let files: any FileCalls
    let folder: Descriptor
    var medium: MediumRecord
    private(set) var layout = TapeLayout()
    /// What stands before this block survives a power cut.
    private(set) var durableEnd: Int64 = 0

    private var log = IndexLog()
    private var logBytes: Int64 = 0
    private var logLines = 0
    private var index: Descriptor
    private var data: DataFile?
    /// Tape files with bytes that may be in the page cache only.
    private var unsynced: Set<Int> = []

    private struct DataFile {
        var file: Int
        var descriptor: Descriptor
        var isWritable: Bool
    }

    /// Bytes written that a power cut may take.
    var unsyncedBytes: Int64 { layout.usedBytes - layout.usedBytes(before: durableEnd) }
}

// MARK: Opening

extension Cartridge {
    static let mediumName: PathBytes = "medium.json"
    static let indexName: PathBytes = "index"
    private static let newIndexName: PathBytes = "index.new"

    /// Makes the folder of a blank cartridge; EEXIST when there is one.
    static func create(_ medium: MediumRecord, in cartridges: Descriptor, files: any FileCalls) throws(FileError) {
        let name = PathBytes(medium.barcode)
        try files.makeDirectory(name, beneath: cartridges, mode: 0o755)
        let folder = try files.open(name, beneath: cartridges, .directory)
        defer { try? files.close(folder) }
        try SmallFile(name: indexName, folder: folder, files: files).write(IndexLog.blank)
        try SmallFile(name: mediumName, folder: folder, files: files).write(json: medium)
        try files.sync(cartridges)
    }

    static func readMedium(
        _ barcode: String, in cartridges: Descriptor, files: any FileCalls
    ) throws(FileError) -> MediumRecord {
        let folder = try files.open(PathBytes(barcode), beneath: cartridges, .directory)
        defer { try? files.close(folder) }
        return try SmallFile(name: mediumName, folder: folder, files: files).read(MediumRecord.self)
    }

    /// Takes the cartridge into a drive: reads the index, cuts a torn tail and makes the rest durable.
    init(_ barcode: String, in cartridges: Descriptor, files: any FileCalls) throws(FileError) {
        let folder = try files.open(PathBytes(barcode), beneath: cartridges, .directory)
        do throws(FileError) {
            medium = try SmallFile(name: Self.mediumName, folder: folder, files: files).read(MediumRecord.self)
            index = try files.open(Self.indexName, beneath: folder, .readWrite(mode: 0o644))
        } catch {
            try? files.close(folder)
            throw error
        }
        self.files = files
        self.folder = folder
        do throws(FileError) { try recover() } catch {
            close()
            throw error
        }
    }

    mutating func close() {
        if let data { try? files.close(data.descriptor) }
        data = nil
        try? files.close(index)
        try? files.close(folder)
    }

    func saveMedium() throws(FileError) {
        try SmallFile(name: Self.mediumName, folder: folder, files: files).write(json: medium)
    }

    private mutating func recover() throws(FileError) {
        let size = try files.status(of: index).size
        let bytes = try files.readAll(index, limit: 1 << 30)
        guard let found = IndexLog.decode(bytes) else {
            // A foreign or lost index: nothing can be told from the bytes alone, and nothing may be written over them.
            throw FileError(side: files.side, operation: "read index", errno: EUCLEAN, path: Self.indexName)
        }
        let hashes = replay(found.entries)
        let sound = try firstUnsound(hashes)
        layout.cut(at: sound)
        durableEnd = min(durableEnd, sound)
        let isClean = sound == durableEnd && found.length == size && found.entries.last == .sync
        log = found.log
        logBytes = Int64(found.length)
        logLines = found.entries.count
        if isClean { return }
        unsynced = Set(layout.file(at: durableEnd)...layout.lastFile)
        try syncData()
        try compact()
        try removeBehindEnd()
    }

    /// The layout by the index, and the hashes of the blocks behind the last `sync`, by their number.
    private mutating func replay(_ entries: [IndexLog.Entry]) -> [(block: Int64, hash: UInt64?)] {
        var hashes: [(block: Int64, hash: UInt64?)] = []
        for entry in entries {
            switch entry {
            case .blocks(let size, let count, let hash):
                hashes.append((layout.end, count == 1 ? hash : nil))
                layout.appendBlocks(size: size, count: count)
            case .filemarks(let count): layout.appendFilemarks(count)
            case .sync:
                hashes = []
                durableEnd = layout.end
            case .cut(let block):
                layout.cut(at: block)
                durableEnd = min(durableEnd, block)
                while let last = hashes.last, last.block >= layout.end { hashes.removeLast() }
            }
        }
        return hashes
    }

    /// The first block behind the last `sync` whose bytes are not those that were written.
    private mutating func firstUnsound(_ hashes: [(block: Int64, hash: UInt64?)]) throws(FileError) -> Int64 {
        guard !hashes.isEmpty else { return layout.end }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: IndexLog.largestBlock, alignment: 4096)
        defer { buffer.deallocate() }
        for (block, hash) in hashes {
            guard let hash, case .block(let file, let offset, let size) = layout.item(at: block) else { return block }
            let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[..<size])
            let count = try readData(file: file, offset: offset, into: bytes)
            if count < size || Self.hash(UnsafeRawBufferPointer(bytes)) != hash { return block }
        }
        return layout.end
    }
}

// MARK: Reading and writing

extension Cartridge {
    /// Reads the block at a place in a tape file; fewer bytes when the file lacks them.
    mutating func readData(
        file: Int, offset: Int64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(FileError) -> Int {
        let descriptor: Descriptor
        do throws(FileError) { descriptor = try open(file, forWriting: false) } catch {
            if error.errno == ENOENT { return 0 }
            throw error
        }
        try seek(descriptor, offset)
        var count = 0
        while count < buffer.count {
            let more = try files.read(descriptor, into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
            if more == 0 { break }
            count += more
        }
        return count
    }

    /// Appends a block at the end of data. `corrupting` inverts its first byte on the medium (a planted fault).
    mutating func append(_ block: UnsafeRawBufferPointer, corrupting: Bool = false) throws(FileError) {
        let file = layout.lastFile
        let offset = layout.lastFileBytes
        let descriptor = try open(file, forWriting: true)
        unsynced.insert(file)
        do throws(FileError) {
            // What an older use of the folder may have left there.
            if offset == 0 { _ = ftruncate(descriptor.raw, 0) }
            try seek(descriptor, offset)
            if corrupting, let first = block.first {
                try files.writeAll([~first], to: descriptor)
                try files.writeAll(UnsafeRawBufferPointer(rebasing: block.dropFirst()), to: descriptor)
            } else {
                try files.writeAll(block, to: descriptor)
            }
            Failpoint.hit("cartridge.data")
            // A planted fault is not to be found by the cartridge itself.
            let hash = corrupting ? try Self.hashCorrupted(block) : Self.hash(block)
            try appendLine(.blocks(size: block.count, count: 1, hash: hash))
        } catch {
            // Not on the tape: the file ends where it ended.
            _ = ftruncate(descriptor.raw, Int(offset))
            throw error
        }
        layout.appendBlocks(size: block.count)
    }

    mutating func appendFilemarks(_ count: Int) throws(FileError) {
        try appendLine(.filemarks(Int64(count)))
        layout.appendFilemarks(Int64(count))
    }

    /// Takes away what stands at that block and behind it, durably, as a tape does when something is written there.
    mutating func cut(at block: Int64) throws(FileError) {
        guard block < layout.end else { return }
        try appendLine(.cut(block))
        try files.sync(index)
        let last = layout.lastFile
        layout.cut(at: block)
        durableEnd = min(durableEnd, block)
        try removeBehindEnd(upTo: last)
    }

    /// Makes everything before the end durable.
    mutating func sync() throws(FileError) {
        if durableEnd == layout.end && unsynced.isEmpty { return }
        try syncData()
        Failpoint.hit("cartridge.sync")
        try appendLine(.sync)
        try files.sync(index)
        durableEnd = layout.end
        if logLines > 4096 + layout.runs.count * 2 { try compact() }
    }

    private mutating func syncData() throws(FileError) {
        if unsynced.isEmpty { return }
        for file in unsynced.sorted() where file <= layout.lastFile {
            do throws(FileError) { try files.sync(try open(file, forWriting: false)) } catch
                where error.errno == ENOENT
            {}
        }
        try files.sync(folder)
        unsynced = []
    }

    private mutating func appendLine(_ entry: IndexLog.Entry) throws(FileError) {
        var next = log
        let line = next.encode(entry)
        do throws(FileError) {
            try seek(index, logBytes)
            try files.writeAll(line, to: index)
        } catch {
            _ = ftruncate(index.raw, Int(logBytes))
            throw error
        }
        log = next
        logBytes += Int64(line.count)
        logLines += 1
    }

    /// Writes the index anew, as short as it can be, and lets it take the old one's place. All of it is durable before.
    private mutating func compact() throws(FileError) {
        var next = IndexLog()
        var bytes = next.begin()
        for run in layout.runs {
            bytes += next.encode(
                run.size.map { .blocks(size: $0, count: run.count, hash: nil) } ?? .filemarks(run.count))
        }
        bytes += next.encode(.sync)
        try SmallFile(name: Self.indexName, folder: folder, files: files).write(bytes)
        let reopened = try files.open(Self.indexName, beneath: folder, .readWrite(mode: 0o644))
        try? files.close(index)
        index = reopened
        log = next
        logBytes = Int64(bytes.count)
        logLines = layout.runs.count + 1
        durableEnd = layout.end
    }

    /// Bytes behind the end of data go: the rest of the last tape file, and the files behind it.
    private mutating func removeBehindEnd(upTo highest: Int? = nil) throws(FileError) {
        let last = layout.lastFile
        if let data, data.file > last { forgetData() }
        var stale: [PathBytes] = []
        if let highest {
            stale = last < highest ? (last + 1...highest).map(Self.dataName) : []
        } else {
            let names = try dataFiles()
            stale = names.filter { $0.file > last }.map(\.name)
        }
        for name in stale {
            do throws(FileError) { try files.unlink(name, in: folder) } catch  where error.errno == ENOENT {}
        }
        if layout.lastFileBytes > 0 || (try? files.status(at: Self.dataName(last), beneath: folder)) != nil {
            let descriptor = try open(last, forWriting: true)
            if ftruncate(descriptor.raw, Int(layout.lastFileBytes)) != 0 {
                throw FileError(side: files.side, operation: "ftruncate", errno: errno, path: Self.dataName(last))
            }
        }
    }

    private func dataFiles() throws(FileError) -> [(file: Int, name: PathBytes)] {
        var found: [(file: Int, name: PathBytes)] = []
        try files.list(folder) { entry throws(FileError) in
            guard let file = Int(String(decoding: entry.name.bytes, as: UTF8.self)), Self.dataName(file) == entry.name
            else { return }
            found.append((file, entry.name))
        }
        return found
    }
}

// MARK: Files

extension Cartridge {
    /// `0000`, `0001` and so on; more digits from 10,000 on.
    static func dataName(_ file: Int) -> PathBytes {
        let text = String(file)
        return PathBytes(String(repeating: "0", count: max(0, 4 - text.utf8.count)) + text)
    }

    static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        // BLAKE3 is computed here and cannot be missing.
        guard let hasher = try? BlobHasher(.blake3) else { return 0 }
        hasher.update(bytes)
        return (try? hasher.finish())?.words.0 ?? 0
    }

    private static func hashCorrupted(_ block: UnsafeRawBufferPointer) throws(FileError) -> UInt64 {
        var copy = Array(block)
        copy[0] = ~copy[0]
        return copy.withUnsafeBytes { hash($0) }
    }

    private mutating func open(_ file: Int, forWriting: Bool) throws(FileError) -> Descriptor {
        if let data, data.file == file, data.isWritable || !forWriting { return data.descriptor }
        forgetData()
        let how: OpenHow = forWriting ? .readWrite(mode: 0o644) : .read
        let descriptor = try files.open(Self.dataName(file), beneath: folder, how)
        data = DataFile(file: file, descriptor: descriptor, isWritable: forWriting)
        return descriptor
    }

    private mutating func forgetData() {
        if let data { try? files.close(data.descriptor) }
        data = nil
    }

    private func seek(_ descriptor: Descriptor, _ offset: Int64) throws(FileError) {
        if lseek(descriptor.raw, Int(offset), SEEK_SET) < 0 {
            throw FileError(side: files.side, operation: "lseek", errno: errno, path: PathBytes([]))
        }
    }
}

extension IndexLog {
    /// The index of a blank cartridge.
    static var blank: [UInt8] {
        var log = IndexLog()
        return log.begin() + log.encode(.sync)
    }
}
