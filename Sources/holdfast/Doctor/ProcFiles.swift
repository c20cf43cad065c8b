import Foundation

/// What the kernel says in its small text files.
enum ProcFiles {
    /// Empty where there is no such file.
    static func read(_ path: String) -> String {
        guard let file = FileHandle(forReadingAtPath: path) else { return "" }
        defer { try? file.close() }
        let data = (try? file.read(upToCount: 1 << 20)) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }

    /// The instructions that BLAKE3 takes on a processor with these flags.
    static func instructions(_ cpuinfo: String) -> String {
        let line = cpuinfo.split(separator: "\n").first { $0.hasPrefix("flags") } ?? ""
        let flags = Set(line.split(separator: " "))
        if flags.isSuperset(of: ["avx512f", "avx512vl"]) { return "avx512" }
        if flags.contains("avx2") { return "avx2" }
        return flags.contains("sse4_1") ? "sse4.1" : "no special instructions"
    }

    static func memory() -> DoctorFacts.Memory {
        let info = read("/proc/meminfo")
        var memory = DoctorFacts.Memory(
            total: kibibytes("MemTotal:", in: info), available: kibibytes("MemAvailable:", in: info), groupLimit: nil,
            swap: kibibytes("SwapTotal:", in: info))
        memory.groupLimit = groupFiles(of: read("/proc/self/cgroup")).compactMap { limit(read($0)) }
            .filter { $0 < memory.total }.min()
        return memory
    }

    static func kibibytes(_ name: String, in info: String) -> Int64 {
        let line = info.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
        return (line.split(separator: " ").dropFirst().first.flatMap { Int64($0) } ?? 0) << 10
    }

    /// Where the limits of our control group and of all above it stand: version 2, and 1 where it rules memory.
    static func groupFiles(of cgroup: String) -> [String] {
        cgroup.split(separator: "\n").flatMap { line -> [String] in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return [] }
            let (root, file): (String, String)
            if parts[1].isEmpty {
                (root, file) = ("/sys/fs/cgroup", "memory.max")
            } else if parts[1].split(separator: ",").contains("memory") {
                (root, file) = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            } else {
                return []
            }
            var names = parts[2].split(separator: "/").filter { $0 != ".." }
            var files = [root + "/" + file]
            while !names.isEmpty {
                files.append(root + "/" + names.joined(separator: "/") + "/" + file)
                names.removeLast()
            }
            return files
        }
    }

    /// Nil for none: `max`, or the huge number of version 1.
    static func limit(_ text: String) -> Int64? {
        guard let value = Int64(text.trimmed), value < 1 << 60 else { return nil }
        return value
    }
}

extension String {
    var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
