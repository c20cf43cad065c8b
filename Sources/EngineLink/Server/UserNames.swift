import BackupModel
import CLinux
import NIOCore
import NIOPosix
import Synchronization

/// Names of users, looked up on threads that may block: names can come over a network that does not answer.
final class UserNames: Sendable {
    private let known = Mutex<[UInt32: String]>([:])

    /// The name, or `uid 1000` while it is not known.
    func name(of uid: UInt32) -> String { known.withLock { $0[uid] } ?? "uid \(uid)" }

    func isKnown(_ uid: UInt32) -> Bool { known.withLock { $0[uid] != nil } }

    /// Looks the name up, unless it is known.
    func learn(_ uid: UInt32, on loop: any EventLoop) -> EventLoopFuture<Void> {
        if isKnown(uid) { return loop.makeSucceededVoidFuture() }
        return NIOThreadPool.singleton.runIfActive(eventLoop: loop) { [self] in
            var buffer = [CChar](repeating: 0, count: 256)
            let length = clinux_user_name(uid, &buffer, buffer.count)
            let bytes = buffer.prefix(Int(max(0, length))).map { UInt8(bitPattern: $0) }
            known.withLock { $0[uid] = bytes.isEmpty ? "uid \(uid)" : printable(bytes) }
        }
    }
}
