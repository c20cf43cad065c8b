import BackupModel
package import WorkerKit

/// What is to be archived, and how it is read.
package struct SourcePlan: Sendable {
    /// Absolute paths of folders or files. One that lies within another is archived once.
    package var roots: [PathBytes]
    package var rules: SourceRules
    package var change: ChangeRule
    /// An empty root is most often a file system that is not mounted: refused unless it may be empty (A3).
    package var mayBeEmpty: Bool
    /// Bytes of names kept for files with several names.
    package var linkRoom: Int

    package init(
        _ roots: [PathBytes], rules: SourceRules = SourceRules(), change: ChangeRule = ChangeRule(),
        mayBeEmpty: Bool = false, linkRoom: Int = 64 << 20
    ) {
        self.roots = roots
        self.rules = rules
        self.change = change
        self.mayBeEmpty = mayBeEmpty
        self.linkRoom = linkRoom
    }

    /// Roots by their names in the archive, in `PathOrder`, none within another.
    func ordered() throws(Failure) -> [(path: PathBytes, name: [UInt8])] {
        var named: [(path: PathBytes, name: [UInt8])] = []
        for root in roots {
            let parts = root.bytes.split(separator: 47)
            guard root.bytes.first == 47, !parts.contains(where: { $0 == [46] || $0 == [46, 46] }) else {
                throw Failure(
                    code: "SOURCE_NOT_ABSOLUTE", side: .settings, message: "\(root) is no absolute path",
                    subject: root.bytes, hint: "Give a path that begins with / and has no . or .. in it.")
            }
            named.append((root, Array(parts.joined(separator: [47]))))
        }
        named.sort { PathOrder.precedes($0.name, $1.name) }
        var kept: [(path: PathBytes, name: [UInt8])] = []
        for root in named where kept.last.map({ !PathOrder.isWithin(root.name, $0.name) }) ?? true {
            kept.append(root)
        }
        return kept
    }
}

/// What a walk met, in numbers.
package struct SourceTally: Hashable, Sendable {
    package var entries = 0
    package var files = 0
    /// Bytes of the files, holes included, each hard-link group once.
    package var bytes: Int64 = 0
    package var links = 0
    package var unchanged = 0
    package var deleted = 0
    /// How often each reason left something out; a folder counts once, whatever is in it.
    package var leftOut: [LeftOut: Int] = [:]
    package var warnings = 0
    /// Files that belong to a group and are archived with their data once more, for want of room.
    package var unlinked = 0

    package init() {}
}
