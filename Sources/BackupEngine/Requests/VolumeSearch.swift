import BackupModel
import WorkerKit

/// Looks for a volume that is not where its mirror expects it: mounted elsewhere, as a desktop does it.
enum VolumeSearch {
    /// Where it was found, foreign bytes escaped: the roots of local mounts, and the target's last folder in them.
    ///
    /// Empty after two seconds: a device that hangs must not keep the question from being asked.
    static func find(_ volume: VolumeIdentity?, target: String) async -> [String] {
        guard let volume else { return [] }
        let (answers, end) = AsyncStream.makeStream(of: [String].self)
        Task {
            let found = try? await runBlocking(name: "volume-search") {
                places(MountTable.read(), target: target).filter { uuid(at: $0) == volume.uuid }.map {
                    "mounted at " + printable($0.bytes)
                }
            }
            end.yield(found ?? [])
        }
        let limit = Task {
            try? await Task.sleep(for: .seconds(2))
            end.finish()
        }
        defer { limit.cancel() }
        for await found in answers { return found }
        return []
    }

    /// What to look at. Servers and programs in user space are left out, for asking them can take long.
    static func places(_ mounts: [Mount], target: String) -> [PathBytes] {
        let last = target.split(separator: "/").last.map { Array($0.utf8) } ?? []
        let mostMounts = 200
        return mounts.filter { !$0.isRemote && !kernelOnly.contains($0.fileSystem) }.prefix(mostMounts).flatMap {
            mount in
            let inside = mount.point.bytes + (mount.point.bytes.last == 0x2f ? [] : [0x2f]) + last
            return last.isEmpty ? [mount.point] : [mount.point, PathBytes(inside)]
        }.filter { $0 != PathBytes(Array(target.utf8)) }
    }

    private static let kernelOnly: Set<String> = [
        "proc", "sysfs", "cgroup", "cgroup2", "devpts", "devtmpfs", "mqueue", "debugfs", "tracefs", "securityfs",
        "pstore", "bpf", "autofs", "binfmt_misc", "configfs", "hugetlbfs", "fusectl", "rpc_pipefs", "nsfs", "efivarfs",
    ]

    private static func uuid(at place: PathBytes) -> String? {
        let files = LinuxFiles(side: .destination)
        guard let root = try? files.openRoot(place) else { return nil }
        defer { try? files.close(root) }
        let bytes = try? files.withFile(VolumeFolder.markerPath, beneath: root, .read) { file throws(FileError) in
            try files.readAll(file, limit: MarkerState.limit)
        }
        guard let bytes, case .found(let marker) = MarkerState(bytes) else { return nil }
        return marker.identity.uuid
    }
}
