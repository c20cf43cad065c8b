/// How much memory may still be taken, by the machine and by the control groups we are in, of version 1 and 2.
package struct MemoryRoom: Hashable, Sendable {
    /// Bytes that the machine can give without swapping.
    package var available: Int64
    /// Bytes left in the tightest control group; nil where none limits us.
    package var group: Int64?

    package init(available: Int64, group: Int64? = nil) {
        self.available = available
        self.group = group
    }

    /// From the kernel's small text files; `read` gives a file's text, or nil where there is none.
    package init(read: (String) -> String?) {
        available = MemoryRoom.bytes("MemAvailable:", in: read("/proc/meminfo") ?? "")
        group = MemoryRoom.groups(of: read("/proc/self/cgroup") ?? "").compactMap { $0.room(read) }.min()
    }

    /// What counts.
    package var least: Int64 { max(0, min(available, group ?? .max)) }
    package var isBoundByGroup: Bool { group.map { $0 < available } ?? false }

    /// A line `name 123 kB`, in bytes; 0 where it is missing.
    package static func bytes(_ name: String, in info: String) -> Int64 {
        let line = info.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
        return (line.split(separator: " ").dropFirst().first.flatMap { Int64($0) } ?? 0) << 10
    }

    /// Our control group and all above it, the outermost first.
    package static func groups(of cgroup: String) -> [MemoryGroup] {
        cgroup.split(separator: "\n").flatMap { line -> [MemoryGroup] in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return [] }
            let version = parts[1].isEmpty ? 2 : 1
            guard version == 2 || parts[1].split(separator: ",").contains("memory") else { return [] }
            var names = parts[2].split(separator: "/").filter { $0 != ".." }
            let root = version == 2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"
            var groups: [MemoryGroup] = []
            while !names.isEmpty {
                groups.append(MemoryGroup(version: version, folder: root + "/" + names.joined(separator: "/")))
                names.removeLast()
            }
            return [MemoryGroup(version: version, folder: root)] + groups.reversed()
        }
    }
}

/// One control group that may limit memory.
package struct MemoryGroup: Hashable, Sendable {
    var version: Int
    var folder: String

    /// The file that holds its hard limit.
    package var limitFile: String { folder + (version == 2 ? "/memory.max" : "/memory.limit_in_bytes") }

    /// Nil for no limit: `max`, or the huge number of version 1.
    package static func limit(_ text: String) -> Int64? {
        guard let line = text.split(whereSeparator: \.isWhitespace).first, let value = Int64(line), value >= 0,
            value < 1 << 60
        else { return nil }
        return value
    }

    /// Bytes below the limit, where version 2 begins to throttle already; file pages that can be dropped count as free.
    func room(_ read: (String) -> String?) -> Int64? {
        let limits = version == 2 ? [limitFile, folder + "/memory.high"] : [limitFile]
        guard let limit = limits.compactMap({ read($0).flatMap(MemoryGroup.limit) }).min() else { return nil }
        let usage = read(folder + (version == 2 ? "/memory.current" : "/memory.usage_in_bytes"))
        let droppable = version == 2 ? "inactive_file " : "total_inactive_file "
        let used = (usage.flatMap(MemoryGroup.limit) ?? 0) - count(droppable, in: read(folder + "/memory.stat") ?? "")
        return max(0, limit - max(0, used))
    }

    private func count(_ name: String, in stat: String) -> Int64 {
        let line = stat.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
        return Int64(line.dropFirst(name.count)) ?? 0
    }
}
