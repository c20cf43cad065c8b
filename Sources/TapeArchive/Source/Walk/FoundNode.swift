import BackupModel
import Glibc
import WorkerKit

/// A node that the walk met, named in its folder, and what is to be done with it.
struct FoundNode: Sendable {
    var folder: OpenFolder
    var name: PathBytes
    var node: FileNode
    var entry: ArchiveEntry
    /// Of a folder: itself, for its attributes; nil when it could not be opened.
    var itself: OpenFolder?
    /// May lie on a mount within the source.
    var isAcross: Bool
    /// Of an image, whose name is its absolute path: bytes to its end.
    var imageSize: Int64?
}

extension FoundNode {
    /// A file or device by its path. Throws what its opening fails with; EISDIR for a folder.
    init(image path: PathBytes, _ files: any FileCalls) throws(FileError) {
        let file = try files.openFile(path)
        defer { try? files.close(file) }
        var node = try files.node(of: file)
        guard node.kind == .file || node.kind == .blockDevice else {
            throw FileError(side: files.side, operation: "open", errno: EISDIR, path: path)
        }
        node.size = try files.end(of: file)
        node.kind = .file
        var owners = OwnerNames()
        entry = ArchiveEntry(
            node, name: Array(path.bytes.split(separator: 47).joined(separator: [47])), owners: &owners)
        folder = OpenFolder(try files.openRoot("/"), files)
        name = path
        self.node = node
        isAcross = true
        imageSize = node.size
    }
}

/// What a walk gives, in order.
enum WalkStep: Sendable {
    case found(FoundNode)
    case deleted(DeletedEntry)
    case warning(Failure)
}
