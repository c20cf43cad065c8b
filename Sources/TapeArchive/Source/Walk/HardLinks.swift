import WorkerKit

/// Files with several names: the first name archived carries the data, the others are links to it (G14).
struct HardLinks {
    private struct Key: Hashable {
        var device: UInt64
        var inode: UInt64
    }
    private struct Group {
        var name: [UInt8]
        var left: UInt32
    }
    private var groups: [Key: Group] = [:]
    /// Bytes of names kept; groups beyond are archived as files of their own.
    private var room: Int
    private(set) var overflown = 0

    init(room: Int) { self.room = room }

    /// The name to link to, or nil when this name is the first one. A group is forgotten after its last name.
    mutating func carrier(_ node: FileNode, name: [UInt8]) -> [UInt8]? {
        guard node.kind == .file, node.links > 1 else { return nil }
        let key = Key(device: node.device, inode: node.inode)
        guard var group = groups[key] else {
            guard room >= name.count else {
                overflown += 1
                return nil
            }
            room -= name.count
            groups[key] = Group(name: name, left: node.links - 1)
            return nil
        }
        group.left -= 1
        groups[key] = group.left > 0 ? group : nil
        if group.left == 0 { room += group.name.count }
        return group.name
    }
}
