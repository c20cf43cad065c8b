import BackupModel
import CLinux
import Foundation
import Glibc
import NIOCore
import Synchronization

/// Takes callers at both doors, on a thread of its own, and lets nobody in whom the kernel does not vouch for.
final class Acceptor: Sendable {
    private let doors: [(door: LinkDoor, listener: Int32)]
    private let wake: (read: Int32, write: Int32)
    private let owner: UInt32
    private let group: UInt32
    private let isStopped = Atomic(false)
    private let ended = DispatchSemaphore(value: 0)

    /// Owns the listeners from now on.
    init(operate: Int32, look: Int32, group: UInt32) throws(Failure) {
        var ends: [Int32] = [0, 0]
        let result = clinux_pipe(&ends)
        guard result == 0 else { throw linkFailure("NO_PIPE", "no pipe can be made", errno: -result) }
        wake = (ends[0], ends[1])
        doors = [(.operate, operate), (.look, look)]
        owner = clinux_own_user()
        self.group = group
    }

    /// `admit` owns the descriptor; `refused` hears of those who were sent away before a byte of theirs was read.
    func start(
        admit: @escaping @Sendable (Int32, LinkPeer, LinkDoor) -> Void,
        refused: @escaping @Sendable (LinkPeer, Failure) -> Void
    ) {
        let thread = Thread { [self] in
            run(admit, refused)
            ended.signal()
        }
        thread.name = "link-accept"
        thread.stackSize = 256 << 10
        thread.start()
    }

    /// Ends the thread and closes the listeners. Blocks until it has.
    func stop() {
        if isStopped.exchange(true, ordering: .relaxed) { return }
        _ = clinux_write(wake.write, "x", 1)
        ended.wait()
        for door in doors { _ = clinux_close(door.listener) }
        _ = clinux_close(wake.read)
        _ = clinux_close(wake.write)
    }

    private func run(
        _ admit: (Int32, LinkPeer, LinkDoor) -> Void, _ refused: (LinkPeer, Failure) -> Void
    ) {
        var which: Int32 = 0
        while true {
            let fd = clinux_accept_either(doors[0].listener, doors[1].listener, wake.read, &which)
            if fd == -ECANCELED { return }
            guard fd >= 0 else {
                // Out of descriptors or memory: the callers wait in the backlog meanwhile.
                usleep(100_000)
                continue
            }
            let door = doors[Int(which)].door
            var caller = LinkPeer(uid: .max, pid: 0, isInGroup: false)
            do throws(Failure) {
                caller = try LinkPeer.of(fd, group: group)
                if let failure = caller.refusal(at: door, owner: owner) { throw failure }
                admit(fd, caller, door)
            } catch {
                sayGoodbye(fd, error)
                refused(caller, error)
            }
        }
    }

    private func sayGoodbye(_ fd: Int32, _ failure: Failure) {
        if let frame = try? WireCoder().frame(.refused(failure)) {
            frame.withUnsafeReadableBytes { _ = clinux_send_now(fd, $0.baseAddress, $0.count) }
        }
        _ = clinux_close(fd)
    }
}
