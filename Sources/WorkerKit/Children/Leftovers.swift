import BackupModel
import Glibc

/// Children that outlived a killed engine, found by the run id in their environment (B26).
package enum Leftovers {
    /// Kills the process groups of children whose run is not alive, and returns their process ids.
    ///
    /// `isDead` judges a run id. Processes of other users cannot be looked into and are left alone. Blocks.
    package static func reap(_ isDead: (String) -> Bool) -> [Int32] {
        let files = LinuxFiles(side: .engine)
        guard let proc = try? files.openRoot("/proc") else { return [] }
        defer { try? files.close(proc) }
        var pids: [Int32] = []
        try? files.list(proc) { entry throws(FileError) in
            if let pid = Int32(entry.name.description), pid != getpid() { pids.append(pid) }
        }
        return pids.filter { pid in
            guard let run = run(of: pid, files, proc), isDead(run) else { return false }
            // Every child leads a group of its own, so one in our group was not started as a child.
            let group = getpgid(pid)
            return group > 1 && group != getpgrp() && kill(-group, SIGKILL) == 0
        }
    }

    private static func run(of pid: Int32, _ files: LinuxFiles, _ proc: Descriptor) -> String? {
        let environment = try? files.withFile(PathBytes("\(pid)/environ"), beneath: proc, .read) {
            file throws(FileError) in try files.readAll(file, limit: 4 << 20)
        }
        let prefix = Array((ChildCommand.runVariable + "=").utf8)
        let found = (environment ?? []).split(separator: 0).first { $0.starts(with: prefix) }
        return found.map { String(decoding: $0.dropFirst(prefix.count), as: UTF8.self) }
    }
}
