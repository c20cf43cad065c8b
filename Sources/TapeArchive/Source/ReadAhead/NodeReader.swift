import BackupModel
import Glibc
import WorkerKit

/// Works off batches of the walk on one thread: reads, hashes, and notes what changed meanwhile.
struct NodeReader {
    let queue: ReadQueue
    let limits: ReadLimits
    let files: any FileCalls
    let hasher: BlobHasher
    /// Of the batch in hand.
    private var number = 0
    private var events: [SourceEvent] = []
    private var chunk: Chunk?
    private var used = 0

    init(_ queue: ReadQueue, _ limits: ReadLimits, _ files: any FileCalls) throws(Failure) {
        self.queue = queue
        self.limits = limits
        self.files = files
        hasher = try BlobHasher(.blake3)
    }

    /// Until there is no more, or all is stopped.
    mutating func run() {
        while let batch = queue.next() {
            number = batch.number
            for step in batch.steps {
                guard !queue.isStopped else { return }
                work(step)
            }
            queue.publish(events, of: number, isLast: true)
            events = []
            chunk = nil
            used = 0
        }
    }

    private mutating func work(_ step: WalkStep) {
        switch step {
        case .warning(let failure): events.append(.warning(failure))
        case .deleted(let entry): events.append(.deleted(entry))
        case .found(let found): read(found)
        }
    }

    private mutating func read(_ found: FoundNode) {
        guard found.entry.kind == .file else {
            readOther(found)
            return
        }
        do throws(FileError) {
            let file = try open(found)
            defer { try? files.close(file) }
            if found.imageSize == nil, found.node.size <= limits.smallFile {
                try readSmall(found, file)
            } else {
                try readLarge(found, file)
            }
        } catch { warn(error, found) }
    }

    private func open(_ found: FoundNode) throws(FileError) -> Descriptor {
        if found.imageSize != nil { return try files.openFile(found.name) }
        return try files.open(found.name, beneath: found.folder.descriptor, found.isAcross ? .readAcross : .read)
    }

    /// Links, folders and devices: what the walk did not ask yet.
    private mutating func readOther(_ found: FoundNode) {
        var entry = found.entry
        do throws(FileError) {
            if entry.kind == .symlink {
                entry.linkTarget = try files.linkTarget(found.name, in: found.folder.descriptor)
            }
        } catch {
            warn(error, found)
            return
        }
        if entry.kind != .hardLink { addAttributes(&entry, found, found.itself?.descriptor) }
        events.append(.entry(SourceEntry(entry: entry, identity: FileIdentity(found.node), content: .none)))
    }

    /// Without its attributes an entry is still worth archiving: a warning.
    private mutating func addAttributes(_ entry: inout ArchiveEntry, _ found: FoundNode, _ file: Descriptor?) {
        do throws(FileError) {
            let attributes =
                if let file {
                    try files.attributes(of: file)
                } else {
                    try files.attributes(at: found.name, in: found.folder.descriptor)
                }
            entry.attributes = attributes.map { ExtendedAttribute($0.name, $0.value) }
        } catch { warn(error, found) }
    }

    private mutating func warn(_ error: FileError, _ found: FoundNode) {
        var whole = error
        whole.path = PathBytes([47] + found.entry.name)
        events.append(.warning(whole.failure))
    }

    // MARK: Small files

    /// Reads the whole file, once more when it changed meanwhile.
    private mutating func readSmall(_ found: FoundNode, _ file: Descriptor) throws(FileError) {
        // One byte more than it should have shows whether it grew.
        let room = Int(found.node.size) + 1
        if chunk == nil || used + room > limits.chunk {
            chunk = queue.chunk(for: number)
            used = 0
        }
        guard let chunk else { return }
        let space = UnsafeMutableRawBufferPointer(rebasing: chunk.bytes[used..<used + room])
        var node = found.node
        var attempt = 1
        while true {
            let map = try sparseMap(file, node)
            let count = try fill(space, from: file, map, size: node.size, isFirst: attempt == 1)
            let after = try files.node(of: file)
            let wanted = map?.dataBytes ?? node.size
            let isSame = after.isUnchanged(since: node) && Int64(count) == wanted
            attempt += 1
            if !isSame, attempt <= ReadLimits.attempts, after.size < room {
                node = after
                continue
            }
            var entry = found.entry
            entry.takeOver(after)
            // What was read is what is promised, so a file that shrank needs no zeros.
            let kept = min(Int64(count), wanted)
            entry.sparse = kept == wanted ? map : nil
            entry.size = entry.sparse == nil ? kept : node.size
            let data = kept > 0 ? SourceData(chunk, used..<used + Int(kept)) : nil
            var end = ContentEnd(hash: hash(data))
            end.isChanged = !isSame
            end.grew = Int64(count) > kept || after.size > entry.size
            addAttributes(&entry, found, file)
            events.append(
                .entry(SourceEntry(entry: entry, identity: FileIdentity(after), content: .whole(data, end))))
            used += (Int(kept) + 63) & ~63
            return
        }
    }

    private func hash(_ data: SourceData?) -> BlobID? {
        guard let data else { return nil }
        data.withBytes { hasher.update($0) }
        return try? hasher.finish()
    }

    /// Bytes read: all data of the map, or of the file and one more if it has more.
    private func fill(
        _ space: UnsafeMutableRawBufferPointer, from file: Descriptor, _ map: SparseMap?, size: Int64, isFirst: Bool
    ) throws(FileError) -> Int {
        guard let map else {
            if !isFirst { try files.seek(file, to: 0) }
            let most = min(space.count, Int(size) + 1)
            return try files.readFull(
                file, into: UnsafeMutableRawBufferPointer(rebasing: space[..<most]), enough: Int(size))
        }
        var count = 0
        for region in map.regions {
            try files.seek(file, to: region.offset)
            let part = UnsafeMutableRawBufferPointer(rebasing: space[count..<count + Int(region.length)])
            let got = try files.readFull(file, into: part, enough: part.count)
            count += got
            if got < part.count { break }
        }
        return count
    }

    /// Asks for holes only where the file takes less room than it is long; moves the offset, and then back to 0.
    private func sparseMap(_ file: Descriptor, _ node: FileNode) throws(FileError) -> SparseMap? {
        guard node.allocated < node.size, node.size > 4096, node.kind == .file else { return nil }
        let map = try files.sparseMap(of: file, size: node.size)
        if map == nil { try files.seek(file, to: 0) }
        return map
    }

    // MARK: Large files

    private mutating func readLarge(_ found: FoundNode, _ file: Descriptor) throws(FileError) {
        var before = try files.node(of: file)
        if let size = found.imageSize { before.size = size }
        var entry = found.entry
        entry.takeOver(before)
        entry.sparse = try sparseMap(file, before)
        addAttributes(&entry, found, file)
        let header = SourceEntry(entry: entry, identity: FileIdentity(before), content: .stream)
        let regions = entry.sparse?.regions ?? [SparseMap.Region(offset: 0, length: before.size)]
        var end = ContentEnd()
        var sent: Int64 = 0
        var isBegun = false
        do throws(FileError) {
            for region in regions {
                if region.offset > 0 || entry.sparse != nil { try files.seek(file, to: region.offset) }
                var left = region.length
                while left > 0 {
                    guard let chunk = queue.chunk(for: number) else { return }
                    let most = Int(min(left, Int64(limits.chunk)))
                    let part = UnsafeMutableRawBufferPointer(rebasing: chunk.bytes[..<most])
                    let count = try files.readFull(file, into: part, enough: most)
                    if !isBegun { events.append(.entry(header)) }
                    isBegun = true
                    hasher.update(UnsafeRawBufferPointer(rebasing: part[..<count]))
                    if count > 0 { send(SourceData(chunk, 0..<count)) }
                    sent += Int64(count)
                    left -= Int64(count)
                    if count < most { break }
                }
                if left > 0 { break }
            }
            let after = try files.node(of: file)
            end.isChanged = found.imageSize == nil && !after.isUnchanged(since: before)
            end.grew = end.isChanged && after.size > before.size
        } catch {
            // Nothing of it is on its way yet: left out, like any file that cannot be opened.
            guard isBegun else {
                hasher.reset()
                throw error
            }
            var whole = error
            whole.path = PathBytes([47] + entry.name)
            end.failure = whole.failure
            events.append(.warning(whole.failure))
        }
        if !isBegun { events.append(.entry(header)) }
        finish(&end, sent: sent, of: entry.dataBytes)
    }

    private mutating func send(_ data: SourceData) {
        queue.publish(events + [.data(data)], of: number, isLast: false)
        events = []
    }

    private mutating func finish(_ end: inout ContentEnd, sent: Int64, of wanted: Int64) {
        end.missing = wanted - sent
        var left = end.missing
        let zeros = [UInt8](repeating: 0, count: 1 << 16)
        while left > 0, !queue.isStopped {
            let piece = Int(min(left, Int64(zeros.count)))
            zeros.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<piece])) }
            left -= Int64(piece)
        }
        let hash = try? hasher.finish()
        end.hash = wanted > 0 ? hash : nil
        events.append(.end(end))
    }
}

extension FileIdentity {
    init(_ node: FileNode) { self.init(changed: node.changed, device: node.device, inode: node.inode) }
}

extension FileNode {
    /// Access times aside, and what only tells of names.
    func isUnchanged(since before: FileNode) -> Bool {
        kind == before.kind && size == before.size && modified == before.modified && changed == before.changed
            && inode == before.inode && device == before.device
    }
}

extension ArchiveEntry {
    /// The state of the node that the content was read from.
    mutating func takeOver(_ node: FileNode) {
        mode = node.permissions
        modified = EntryTime(seconds: node.modified.seconds, nanoseconds: node.modified.nanoseconds)
        size = node.size
    }
}

extension FileCalls {
    /// Reads until the buffer is full or the file ends; `enough` bytes are not asked after again.
    func readFull(
        _ file: Descriptor, into buffer: UnsafeMutableRawBufferPointer, enough: Int
    ) throws(FileError) -> Int {
        var count = 0
        while count < buffer.count {
            let got = try read(file, into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
            count += got
            if got == 0 || count == enough { break }
        }
        return count
    }

    /// Regions of data, or nil where the file system does not tell or a plain file is no longer.
    func sparseMap(of file: Descriptor, size: Int64) throws(FileError) -> SparseMap? {
        var regions: [SparseMap.Region] = []
        var at: Int64 = 0
        do throws(FileError) {
            while at < size, let data = try nextData(in: file, from: at), data < size {
                // Beyond any map kept in memory the rest is data.
                let isLast = regions.count >= 2 * SparseMap.mostRegions
                let hole = isLast ? size : min(size, try nextHole(in: file, from: data))
                regions.append(SparseMap.Region(offset: data, length: hole - data))
                at = max(hole, data + 1)
            }
        } catch  where error.errno == EINVAL || error.errno == EOPNOTSUPP {
            return nil
        } catch { throw error }
        return SparseMap.worthStoring(regions, size: size)
    }
}
