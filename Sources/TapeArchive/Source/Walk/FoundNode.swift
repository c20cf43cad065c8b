import BackupModel
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
}

/// What a walk gives, in order.
enum WalkStep: Sendable {
    case found(FoundNode)
    case deleted(DeletedEntry)
    case warning(Failure)
}
