package import BackupModel

/// Where a path leads: itself and every folder above it, by device and inode, so that links and bind mounts count.
package struct PathPlace: Hashable, Sendable {
    package struct Node: Hashable, Sendable {
        package var device: UInt64
        package var inode: UInt64

        package init(device: UInt64, inode: UInt64) {
            self.device = device
            self.inode = inode
        }
    }

    package var path: PathBytes
    /// The path's own node first, the root of all last.
    package var ancestry: [Node]

    package init(path: PathBytes, ancestry: [Node]) {
        self.path = path
        self.ancestry = ancestry
    }

    package func isInside(_ other: PathPlace) -> Bool {
        guard let node = other.ancestry.first else { return false }
        return ancestry.contains(node)
    }

    package func sharesFileSystem(with other: PathPlace) -> Bool {
        guard let mine = ancestry.first, let theirs = other.ancestry.first else { return false }
        return mine.device == theirs.device
    }
}

/// Which of source, target and state may lie where (A29, B10).
package enum Placement {
    /// Refused when we would write into the source.
    package static func refusal(source: PathPlace, target: PathPlace, state: PathPlace?) -> Failure? {
        if target.isInside(source) {
            return inside(target, source, "target", "Choose a target outside the source, best on another drive.")
        }
        if let state, state.isInside(source) {
            return inside(state, source, "state folder", "Set XDG_STATE_HOME to a folder outside the source.")
        }
        return nil
    }

    /// One line each, lower case.
    package static func warnings(
        source: PathPlace, target: PathPlace, state: PathPlace?, targetIsRemote: Bool, stateIsRemote: Bool
    ) -> [String] {
        var warnings: [String] = []
        if target.sharesFileSystem(with: source) {
            warnings.append("target and source are on one file system: one broken disk takes both")
        }
        if let state, target.sharesFileSystem(with: state) {
            warnings.append("the state folder is on the target's file system: a full or lost target takes both")
        }
        if targetIsRemote {
            warnings.append("the target is a network file system: its durability is the server's word")
        }
        if stateIsRemote {
            warnings.append("the state folder is on a network file system, where SQLite's locks may not hold")
        }
        return warnings
    }

    private static func inside(_ inner: PathPlace, _ source: PathPlace, _ what: String, _ hint: String) -> Failure {
        Failure(
            code: "TARGET_INSIDE_SOURCE", side: .settings,
            message: "the \(what) \(inner.path) lies inside the source \(source.path)", subject: inner.path.bytes,
            operation: "check", hint: hint)
    }
}
