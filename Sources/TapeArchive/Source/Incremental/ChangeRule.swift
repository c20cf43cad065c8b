package import WorkerKit

/// Whether a file must be archived again.
///
/// Size, modification, change and inode are compared. A rename of a folder changes none of them in the files beneath,
/// but their names are new then: new and deleted. The device's number is given anew at each mount (network, LVM and
/// ZFS volumes), so it is compared only when asked for.
package struct ChangeRule: Hashable, Sendable {
    package var comparesInode: Bool
    package var comparesDevice: Bool
    /// What changed later than so long before the base was begun may have changed once more in the same tick of a
    /// coarse clock (2 s on FAT) after it was read.
    package static let tick: Int64 = 2

    package init(comparesInode: Bool = true, comparesDevice: Bool = false) {
        self.comparesInode = comparesInode
        self.comparesDevice = comparesDevice
    }

    package func isSame(_ now: FileNode, _ former: FormerEntry, baseBegan: FileStamp) -> Bool {
        guard former.isWhole, Self.kind(now.kind, former.kind) else { return false }
        // Another name of a file is kept without its size; what changes that changes the inode.
        guard now.kind != .file || former.kind == .hardLink || now.size == former.size else { return false }
        guard now.modified == former.modified, now.changed == former.changed else { return false }
        guard !comparesInode || now.inode == former.inode else { return false }
        guard !comparesDevice || now.device == former.device else { return false }
        return now.changed.seconds < baseBegan.seconds - Self.tick
    }

    private static func kind(_ now: FileNode.Kind, _ former: ArchiveEntry.Kind) -> Bool {
        switch former {
        case .file, .hardLink: now == .file
        case .directory: now == .directory
        case .symlink: now == .symbolicLink
        case .fifo: now == .fifo
        case .characterDevice: now == .characterDevice
        case .blockDevice: now == .blockDevice
        }
    }
}
