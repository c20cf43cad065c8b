import BackupModel
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
            total: MemoryRoom.bytes("MemTotal:", in: info), available: MemoryRoom.bytes("MemAvailable:", in: info),
            groupLimit: nil, swap: MemoryRoom.bytes("SwapTotal:", in: info))
        memory.groupLimit = MemoryRoom.groups(of: read("/proc/self/cgroup"))
            .compactMap { MemoryGroup.limit(read($0.limitFile)) }.filter { $0 < memory.total }.min()
        return memory
    }
}

extension String {
    var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
