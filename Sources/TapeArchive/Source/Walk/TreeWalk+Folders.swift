import BackupModel
import Glibc
import WorkerKit

/// A source that was found to be there, before anything else is done.
struct OpenRoot {
    /// The folder itself, or the folder that the file lies in.
    let folder: OpenFolder
    let node: FileNode
    /// In the archive, of the folder or file.
    let name: [UInt8]
    /// The file, where the source is one.
    let file: PathBytes?

    /// Opens all roots. Throws `SOURCE_MISSING`, `SOURCE_EMPTY`, and what the calls fail with.
    static func open(_ plan: SourcePlan, files: any FileCalls) throws(Failure) -> [OpenRoot] {
        var out: [OpenRoot] = []
        for root in try plan.ordered() {
            do throws(FileError) {
                out.append(try OpenRoot(root.path, root.name, files))
            } catch  where [ENOENT, ENODEV, ENXIO].contains(error.errno) {
                throw Failure(
                    code: "SOURCE_MISSING", side: .source, message: "\(root.path) is not there",
                    subject: root.path.bytes, errno: error.errno, operation: error.operation,
                    hint: "Look whether its file system is mounted; nothing was archived.")
            } catch {
                var named = error
                named.path = root.path
                throw named.failure
            }
            guard let opened = out.last else { continue }
            let isEmpty = try opened.isEmpty()
            guard plan.mayBeEmpty || !isEmpty else {
                throw Failure(
                    code: "SOURCE_EMPTY", side: .source, message: "\(root.path) is empty", subject: root.path.bytes,
                    operation: "walk", hint: "Look whether its file system is mounted; nothing was archived.")
            }
        }
        return out
    }

    private init(_ path: PathBytes, _ name: [UInt8], _ files: any FileCalls) throws(FileError) {
        self.name = name
        do throws(FileError) {
            folder = OpenFolder(try files.openRoot(path), files)
            file = nil
        } catch  where error.errno == ENOTDIR {
            let last = Array(name.split(separator: 47).last ?? [])
            folder = OpenFolder(
                try files.openRoot(PathBytes([47] + name.dropLast(last.count))), files)
            file = PathBytes(last)
        } catch { throw error }
        node = try files.node(of: folder.descriptor)
    }

    private func isEmpty() throws(Failure) -> Bool {
        guard file == nil else { return false }
        do throws(FileError) {
            return try NamePage(folder.descriptor, after: nil, files: folder.files, limit: 1).names.isEmpty
        } catch { throw error.failure }
    }
}

extension TreeWalk {
    /// What becomes of the base's entries that the walk passes by.
    enum Fate {
        case gone, leftOut
        /// Could not be looked at: neither kept nor deleted.
        case unknown
    }

    mutating func begin(_ root: OpenRoot) throws {
        rootDevice = root.node.device
        guard let file = root.file else {
            rootLength = root.name.count
            path = root.name
            // The root of everything has no name in an archive.
            if !path.isEmpty { try take(PathBytes([]), root.node, in: root.folder, itself: root.folder) }
            try push(root.folder, root.node, isWanted: plan.rules.include.isEmpty)
            return
        }
        path = Array(root.name.dropLast(file.bytes.count + 1))
        rootLength = path.count
        if !path.isEmpty { path.append(47) }
        path += file.bytes
        let node: FileNode
        do throws(FileError) { node = try files.node(at: file, in: root.folder.descriptor) } catch {
            try warn(error, path)
            try passFormer(.unknown)
            return
        }
        guard node.kind != .socket, node.kind != .unknown else {
            try leaveOut(.notArchivable)
            return
        }
        try take(file, node, in: root.folder)
    }

    /// Opens a folder, hands it on and goes into it. What cannot be opened or listed is archived as an empty folder.
    mutating func enter(_ name: PathBytes, _ node: FileNode, in parent: OpenFolder, isWanted: Bool) throws {
        if plan.rules.isOneFileSystem, node.device != rootDevice || node.isMountRoot {
            tally.leftOut[.otherFileSystem, default: 0] += 1
            try take(name, node, in: parent)
            try passFormer(.leftOut)
            return
        }
        let folder: OpenFolder
        let page: NamePage
        do throws(FileError) {
            let how: OpenHow = plan.rules.isOneFileSystem ? .directory : .directoryAcross
            folder = OpenFolder(try files.open(name, beneath: parent.descriptor, how), files)
            page = try NamePage(folder.descriptor, after: nil, files: files)
        } catch {
            try take(name, node, in: parent)
            try warn(error, path)
            try passFormer(.unknown)
            return
        }
        if let marker = plan.rules.marker, has(marker, page, folder) {
            try leaveOut(.marker)
            return
        }
        try take(name, node, in: parent, itself: folder)
        let isCache = plan.rules.honoursCacheTag && has(SourceRules.cacheTag, page, folder) && hasSignature(folder)
        if isCache { tally.leftOut[.cacheTag, default: 0] += 1 }
        push(folder, node, page, isWanted: isWanted, only: isCache ? SourceRules.cacheTag : nil)
    }

    private mutating func push(_ folder: OpenFolder, _ node: FileNode, isWanted: Bool) throws {
        do throws(FileError) {
            push(folder, node, try NamePage(folder.descriptor, after: nil, files: files), isWanted: isWanted, only: nil)
        } catch {
            try warn(error, path)
            try passFormer(.unknown)
        }
    }

    private mutating func push(
        _ folder: OpenFolder, _ node: FileNode, _ page: NamePage, isWanted: Bool, only: [UInt8]?
    ) {
        levels.append(
            Level(pathLength: path.count, folder: folder, node: node, page: page, isWanted: isWanted, only: only))
        // The first one stays open: all others are found again from it.
        let far = levels.count - 1 - Self.mostOpen
        if far > 0 { levels[far].folder = nil }
    }

    private func has(_ name: [UInt8], _ page: NamePage, _ folder: OpenFolder) -> Bool {
        guard page.isCut || page.names.contains(where: { $0.bytes == name }) else { return false }
        return (try? files.node(at: PathBytes(name), in: folder.descriptor))?.kind == .file
    }

    private func hasSignature(_ folder: OpenFolder) -> Bool {
        let wanted = SourceRules.cacheSignature
        var found = [UInt8](repeating: 0, count: wanted.count)
        let count = try? files.withFile(PathBytes(SourceRules.cacheTag), beneath: folder.descriptor, .readAcross) {
            file throws(FileError) in
            let result = found.withUnsafeMutableBytes { buffer in
                Result { () throws(FileError) in try files.read(file, into: buffer) }
            }
            return try result.get()
        }
        return count == wanted.count && found == wanted
    }

    // MARK: Deep folders

    /// The folder of a level, opened again from the first one where it had to be closed. Nil, with a warning, when
    /// another one stands in its place now: then the level is given up.
    mutating func reopened(_ top: Int) throws -> OpenFolder? {
        if let folder = levels[top].folder { return folder }
        do throws(FileError) {
            for level in max(1, top + 1 - Self.mostOpen)...top where levels[level].folder == nil {
                let above = levels[level - 1].folder == nil ? 0 : level - 1
                guard let from = levels[above].folder else { return nil }
                levels[level].folder = try reopened(from: above, from, to: level)
            }
            return levels[top].folder
        } catch {
            try warn(error, path)
            levels.removeLast(levels.count - top)
            try passFormer(.unknown)
            return nil
        }
    }

    private func reopened(
        from above: Int, _ start: OpenFolder, to level: Int
    ) throws(FileError) -> OpenFolder {
        var folder = start
        let begin = levels[above].pathLength
        var rest = path[..<levels[level].pathLength].dropFirst(begin == 0 ? 0 : begin + 1)
        let how: OpenHow = plan.rules.isOneFileSystem ? .directory : .directoryAcross
        while !rest.isEmpty {
            // As many names as fit a path of the kernel's.
            var piece = rest
            if piece.count > 4000 {
                piece = piece.prefix(4000)
                piece = piece.lastIndex(of: 47).map { piece[..<$0] } ?? piece
            }
            folder = OpenFolder(try files.open(PathBytes(piece), beneath: folder.descriptor, how), files)
            rest = rest[piece.endIndex...].drop { $0 == 47 }
        }
        let node = try files.node(of: folder.descriptor)
        guard node.inode == levels[level].node.inode, node.device == levels[level].node.device else {
            throw FileError(side: files.side, operation: "open", errno: ESTALE, path: PathBytes(path))
        }
        return folder
    }

    // MARK: The base

    /// The base's entry of `path`; what came before it and was not met is gone.
    mutating func meetFormer() throws -> FormerEntry? {
        guard var merge = former else { return nil }
        former = nil
        var count = 0
        defer {
            former = merge
            tally.deleted += count
        }
        return try merge.meet(path) { entry in
            count += 1
            try emit(.deleted(DeletedEntry(entry.name, .gone)))
        }
    }

    /// The base's entries of `path` and beneath it.
    mutating func passFormer(_ fate: Fate) throws {
        let own = try meetFormer()
        guard var merge = former else { return }
        former = nil
        var count = 0
        defer {
            former = merge
            tally.deleted += count
        }
        let pass: (FormerEntry) throws -> Void = { [emit] entry in
            guard fate != .unknown else { return }
            count += 1
            try emit(.deleted(DeletedEntry(entry.name, fate == .gone ? .gone : .leftOut)))
        }
        if let own { try pass(own) }
        try merge.skip(within: path, pass)
    }

    /// What the base had behind all that was met.
    mutating func passRest() throws {
        path = []
        try passFormer(.gone)
    }
}
