package import BackupModel
import CLinux
import Glibc
import Synchronization

/// One instance at a time: a kernel lock on a file that is held open (B21).
///
/// The kernel frees it however the process ends, so what the file says about its holder is for people only (B23).
package final class InstanceLock: Sendable {
    private let files: any FileCalls
    private let folder: Descriptor
    private let name: PathBytes
    private let file: Descriptor
    private let isReleased = Atomic(false)

    /// Who holds a lock, as it stands in the file.
    package struct Holder: Hashable, Sendable {
        package var pid: Int32
        package var since: WallTime
        package var command: String

        package init(pid: Int32, since: WallTime, command: String) {
            self.pid = pid
            self.since = since
            self.command = command
        }

        var text: String { "pid \(pid)\nsince \(since.iso8601())\ncommand \(command)\n" }
    }

    /// Takes the lock without waiting. Throws `BUSY`, naming the holder, when another has it.
    ///
    /// `folder` is borrowed: it stays the caller's and must stay open as long as the lock.
    package init(
        _ name: PathBytes, in folder: Descriptor, files: any FileCalls, holder: Holder
    ) throws(Failure) {
        do throws(FileError) {
            file = try Self.take(name, folder, files)
            self.files = files
            self.folder = folder
            self.name = name
        } catch { throw error.errno == EWOULDBLOCK ? Self.busy(name, folder, files) : error.failure }
        write(holder)
    }

    deinit { release() }

    /// Frees the lock; the file stays, for deleting it would race with the next instance.
    package func release() {
        if isReleased.exchange(true, ordering: .relaxed) { return }
        _ = clinux_unlock(file.raw)
        try? files.close(file)
    }

    /// Throws `LOCK_LOST` when the file was deleted or replaced under us: a second instance may have the new one (B24).
    package func checkHeld() throws(Failure) {
        do throws(FileError) {
            let held = try files.status(of: file)
            let named = held.links > 0 ? try files.status(at: name, beneath: folder) : nil
            if let named, named.inode == held.inode, named.device == held.device { return }
        } catch  where error.errno == ENOENT {} catch { throw error.failure }
        throw Failure(
            code: "LOCK_LOST", side: files.side, message: "the lock file \(name) was deleted while it was held",
            subject: name.bytes, operation: "lock", hint: "Look for a second instance, then run again.")
    }

    /// Opens and locks; again when the file was deleted between the two.
    private static func take(
        _ name: PathBytes, _ folder: Descriptor, _ files: any FileCalls
    ) throws(FileError) -> Descriptor {
        for _ in 0..<16 {
            let file = try files.open(name, beneath: folder, .readWrite(mode: 0o644))
            do throws(FileError) {
                guard try files.lock(file) else {
                    throw FileError(side: files.side, operation: "flock", errno: EWOULDBLOCK, path: name)
                }
                if try files.status(of: file).links > 0 { return file }
            } catch {
                if error.errno != EWOULDBLOCK { _ = clinux_unlock(file.raw) }
                try? files.close(file)
                throw error
            }
            try files.close(file)
        }
        throw FileError(side: files.side, operation: "flock", errno: ESTALE, path: name)
    }

    private static func busy(_ name: PathBytes, _ folder: Descriptor, _ files: any FileCalls) -> Failure {
        let text = try? files.withFile(name, beneath: folder, .read) { file throws(FileError) in
            try files.readAll(file, limit: 4096)
        }
        let holder = printable((text ?? []).map { $0 == 10 ? 32 : $0 }).split(separator: " ").joined(separator: " ")
        return Failure(
            code: "BUSY", side: files.side,
            message: "another instance holds \(name)" + (holder.isEmpty ? "" : " (\(holder))"), subject: name.bytes,
            errno: EWOULDBLOCK, operation: "flock", hint: "Wait for it to end, or stop it.", isTransient: true)
    }

    /// A full disk must not keep us from the lock: the text is information only.
    private func write(_ holder: Holder) {
        guard clinux_truncate(file.raw, 0) == 0 else { return }
        try? files.writeAll(Array(holder.text.utf8.prefix(4000)), to: file)
    }
}
