import BackupModel
import WorkerKit

/// Walks the sources in `PathOrder` by descriptors, without recursion: depth and length of paths have no limit (G12).
///
/// Belongs to one thread, which it blocks. Nothing in a source is ever written; access times stay where the kernel lets
/// us leave them.
struct TreeWalk {
    struct Level {
        /// Bytes of `path` that name this folder.
        var pathLength: Int
        /// Nil while too many levels are open.
        var folder: OpenFolder?
        var node: FileNode
        var page: NamePage
        var at = 0
        var isWanted: Bool
        /// Only this name is archived.
        var only: [UInt8]?
    }

    let plan: SourcePlan
    let files: any FileCalls
    let emit: (WalkStep) throws -> Void
    var former: FormerMerge?
    var owners = OwnerNames()
    var links: HardLinks
    var tally = SourceTally()
    var levels: [Level] = []
    /// Name in the archive of the folder that is walked.
    var path: [UInt8] = []
    var rootLength = 0
    var rootDevice: UInt64 = 0

    /// Folders held open above the one that is walked.
    static let mostOpen = 32

    /// Throws what the listing throws.
    init(
        _ plan: SourcePlan, files: any FileCalls, former: (any FormerListing)?,
        emit: @escaping (WalkStep) throws -> Void
    ) throws {
        self.plan = plan
        self.files = files
        self.emit = emit
        self.former = try former.map { try FormerMerge($0, plan.change) }
        links = HardLinks(room: plan.linkRoom)
    }

    /// Walks all. Throws what the listing and `emit` throw; errors in the source are warnings.
    mutating func run(_ roots: [OpenRoot]) throws {
        for root in roots {
            try begin(root)
            while !levels.isEmpty { try step() }
        }
        try passRest()
        tally.unlinked = links.overflown
    }

    private mutating func step() throws {
        let top = levels.count - 1
        guard levels[top].at < levels[top].page.names.count else {
            try turnPage(top)
            return
        }
        let name = levels[top].page.names[levels[top].at]
        levels[top].at += 1
        if let only = levels[top].only, name.bytes != only { return }
        path.removeSubrange(levels[top].pathLength...)
        guard let folder = try reopened(top) else { return }
        try meet(name, in: folder, isWanted: levels[top].isWanted)
    }

    private mutating func turnPage(_ top: Int) throws {
        let page = levels[top].page
        path.removeSubrange(levels[top].pathLength...)
        guard page.isCut, let last = page.names.last, let folder = try reopened(top) else {
            if levels.count > top { levels.removeLast() }
            return
        }
        do throws(FileError) {
            levels[top].page = try NamePage(folder.descriptor, after: last, files: files)
            levels[top].at = 0
        } catch {
            try warn(error, path)
            levels.removeLast()
        }
    }

    /// Looks at one name of the folder that `path` names.
    private mutating func meet(_ name: PathBytes, in folder: OpenFolder, isWanted: Bool) throws {
        if !path.isEmpty { path.append(47) }
        path += name.bytes
        let node: FileNode
        do throws(FileError) { node = try files.node(at: name, in: folder.descriptor) } catch {
            try warn(error, path)
            try passFormer(.unknown)
            return
        }
        let isFolder = node.kind == .directory
        let relative = Array(path.dropFirst(rootLength == 0 ? 0 : rootLength + 1))
        if let reason = reason(node, relative, isFolder: isFolder, isWanted: isWanted) {
            try leaveOut(reason)
            return
        }
        if isFolder {
            let wanted = isWanted || (!plan.rules.include.isEmpty && plan.rules.wants(relative, isFolder: true))
            try enter(name, node, in: folder, isWanted: wanted)
        } else {
            try take(name, node, in: folder)
        }
    }

    private func reason(_ node: FileNode, _ relative: [UInt8], isFolder: Bool, isWanted: Bool) -> LeftOut? {
        if let reason = plan.rules.reason(relative, isFolder: isFolder, isWanted: isWanted) { return reason }
        if node.kind == .socket || node.kind == .unknown { return .notArchivable }
        let isElsewhere = node.device != rootDevice || node.isMountRoot
        return plan.rules.isOneFileSystem && isElsewhere && !isFolder ? .otherFileSystem : nil
    }

    /// Hands on a node unless the base has it as it is.
    mutating func take(_ name: PathBytes, _ node: FileNode, in folder: OpenFolder, itself: OpenFolder? = nil) throws {
        if let before = try meetFormer(), former?.isSame(node, before) ?? false {
            tally.unchanged += 1
            return
        }
        var entry = ArchiveEntry(node, name: path, owners: &owners)
        if let carrier = links.carrier(node, name: path) {
            entry.kind = .hardLink
            entry.linkTarget = carrier
            entry.size = 0
            tally.links += 1
        }
        tally.entries += 1
        if entry.kind == .file {
            tally.files += 1
            tally.bytes += node.size
        }
        let found = FoundNode(
            folder: folder, name: name, node: node, entry: entry, itself: itself,
            isAcross: !plan.rules.isOneFileSystem)
        try emit(.found(found))
    }

    func warn(_ error: FileError, _ path: [UInt8]) throws {
        var whole = error
        whole.path = PathBytes([47] + path)
        try emit(.warning(whole.failure))
    }

    mutating func leaveOut(_ reason: LeftOut) throws {
        tally.leftOut[reason, default: 0] += 1
        try passFormer(.leftOut)
    }
}

extension ArchiveEntry {
    /// As the node is; link target, sparse map and attributes come when it is read.
    init(_ node: FileNode, name: [UInt8], owners: inout OwnerNames) {
        let kind: Kind =
            switch node.kind {
            case .directory: .directory
            case .symbolicLink: .symlink
            case .fifo: .fifo
            case .characterDevice: .characterDevice
            case .blockDevice: .blockDevice
            case .file, .socket, .unknown: .file
            }
        self.init(kind, name, size: kind == .file ? node.size : 0, mode: node.permissions)
        owner = node.owner
        group = node.group
        ownerName = owners.user(node.owner)
        groupName = owners.group(node.group)
        modified = EntryTime(seconds: node.modified.seconds, nanoseconds: node.modified.nanoseconds)
        if kind == .characterDevice || kind == .blockDevice {
            deviceMajor = node.deviceMajor
            deviceMinor = node.deviceMinor
        }
    }
}
