import Foundation
import Glibc

/// NIO opens its epoll descriptors without close-on-exec; no child of the engine may inherit them (B25).
enum PollDescriptors {
    /// All that are open now. Blocks for a moment.
    static func closeOnExec() {
        let folder = "/proc/self/fd"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "/" + name)
            guard let descriptor = Int32(name), target == "anon_inode:[eventpoll]" else { continue }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
    }
}
