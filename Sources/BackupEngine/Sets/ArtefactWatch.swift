package import BackupModel
import Glibc
package import WorkerKit

/// Looks at files that another program makes: newest, size, readable. Opens for reading only, never deletes.
///
/// It has a thread of its own: a share that hangs holds up nothing but the next look, and meanwhile the age of what
/// was seen last grows until the set is late.
package actor ArtefactWatch {
    private nonisolated let executor: ThreadExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let files: any FileCalls
    /// Size and time of each candidate at the last look, by path: what changes is being written.
    private var seen: [String: [PathBytes: Stamp]] = [:]

    struct Stamp: Hashable {
        var size: Int64
        var modified: FileTime
    }

    package init(files: any FileCalls) throws(Failure) {
        do throws(ThreadError) { executor = try ThreadExecutor(name: "artefacts") } catch { throw .noThread(error) }
        self.files = files
    }

    /// One look for each set that watches something, by its name.
    package func look(at sets: [RecoverySetSettings], now: WallTime) -> [String: ArtefactSighting] {
        var sightings: [String: ArtefactSighting] = [:]
        for set in sets {
            guard let watch = set.watch else { continue }
            var round = ArtefactRound(files: files, atLeast: watch.atLeast, before: seen[set.name] ?? [:], now: now)
            sightings[set.name] = round.look(watch.glob)
            seen[set.name] = round.stamps
        }
        return sightings
    }
}

/// One walk over a pattern.
struct ArtefactRound {
    let files: any FileCalls
    let atLeast: Int64
    /// What the last walk saw.
    let before: [PathBytes: ArtefactWatch.Stamp]
    let now: WallTime
    private(set) var stamps: [PathBytes: ArtefactWatch.Stamp] = [:]
    private var problem = ""
    private var entries = 0

    init(
        files: any FileCalls, atLeast: Int64, before: [PathBytes: ArtefactWatch.Stamp], now: WallTime
    ) {
        self.files = files
        self.atLeast = atLeast
        self.before = before
        self.now = now
    }

    mutating func look(_ text: String) -> ArtefactSighting {
        guard let glob = Glob(text) else { return ArtefactSighting(problem: "this is no absolute path of files") }
        walk(glob.root, glob.parts[...], isRoot: true)
        if entries > ArtefactRound.mostEntries { note("only \(ArtefactRound.mostEntries) names were looked at") }
        let newestFirst = stamps.sorted { $0.value.modified > $1.value.modified }
        for (path, stamp) in newestFirst.prefix(ArtefactRound.mostTried) {
            if let flaw = flaw(of: path, stamp) {
                note("\(path) does not count: \(flaw)")
                continue
            }
            return ArtefactSighting(
                newest: Artefact(path: path.description.tidied(500), size: stamp.size, modified: wall(stamp.modified)),
                problem: problem)
        }
        return ArtefactSighting(problem: problem)
    }

    // MARK: Walking

    private mutating func walk(_ folder: PathBytes, _ parts: ArraySlice<NamePattern>, isRoot: Bool = false) {
        guard let part = parts.first, entries <= ArtefactRound.mostEntries else { return }
        do throws(FileError) {
            let directory = try files.openRoot(folder)
            defer { try? files.close(directory) }
            for name in try names(in: directory, part) {
                let path = folder.bytes == [0x2f] ? PathBytes([0x2f] + name.bytes) : folder / name
                if parts.count > 1 { walk(path, parts.dropFirst()) } else { try stamp(name, path, directory) }
            }
        } catch {
            // A name that matches and is no folder, or went meanwhile; the first folder must be there (I7).
            if isRoot || (error.errno != ENOTDIR && error.errno != ENOENT) { note(error.failure.message) }
        }
    }

    private mutating func names(in directory: Descriptor, _ part: NamePattern) throws(FileError) -> [PathBytes] {
        if part.isPlain { return [part.plain] }
        var found: [PathBytes] = []
        var count = 0
        let limit = ArtefactRound.mostEntries - entries
        try files.list(directory) { entry in
            count += 1
            if count <= limit, part.matches(entry.name.bytes) { found.append(entry.name) }
        }
        entries += count
        return found
    }

    private mutating func stamp(_ name: PathBytes, _ path: PathBytes, _ directory: Descriptor) throws(FileError) {
        let status: FileStatus
        do throws(FileError) { status = try files.status(at: name, beneath: directory) } catch {
            if error.errno == ENOENT { return }
            throw error
        }
        guard status.kind == .file else { return }
        stamps[path] = ArtefactWatch.Stamp(size: status.size, modified: status.modified)
    }

    // MARK: Judging

    /// Why a candidate does not count; nil when it does.
    private func flaw(of path: PathBytes, _ stamp: ArtefactWatch.Stamp) -> String? {
        if stamp.size < atLeast { return "\(Quantity.bytes(stamp.size)) is less than \(Quantity.bytes(atLeast))" }
        let age = now.seconds(since: wall(stamp.modified))
        if age < -SetWatch.allowedSkew { return "its time is in the future" }
        if let earlier = before[path] {
            if earlier != stamp { return "it is being written" }
        } else if age < ArtefactRound.settling {
            return "it may still be written"
        }
        return unreadable(path)
    }

    /// Opens it and reads its first byte.
    private func unreadable(_ path: PathBytes) -> String? {
        guard let slash = path.bytes.lastIndex(of: 0x2f) else { return "it has no folder" }
        do throws(FileError) {
            let directory = try files.openRoot(PathBytes(slash == 0 ? [0x2f] : path.bytes[..<slash]))
            defer { try? files.close(directory) }
            let file = try files.open(PathBytes(path.bytes[(slash + 1)...]), beneath: directory, .read)
            defer { try? files.close(file) }
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
            defer { buffer.deallocate() }
            return try files.read(file, into: buffer) == 1 || stamps[path]?.size == 0 ? nil : "it is empty when read"
        } catch {
            return "it cannot be read: \(error.failure.message)"
        }
    }

    private mutating func note(_ words: String) {
        if problem.isEmpty { problem = words.tidied(300) }
    }

    private func wall(_ time: FileTime) -> WallTime { WallTime(milliseconds: time.nanoseconds / 1_000_000) }

    private static let mostEntries = 100_000
    /// Bad ones before a good one, newest first; older ones than these would be late anyway.
    private static let mostTried = 32
    /// Seconds for which a file seen for the first time must have been left alone.
    private static let settling = 30.0
}
