import BackupCatalog
import BackupModel
import Foundation
import WorkerKit

/// The state folder in our hands: made, locked by this one engine, its catalog open.
struct StateFolderKeys: Sendable {
    let lock: InstanceLock
    let catalog: Catalog
    private let files: LinuxFiles
    /// Borrowed by the lock.
    private let root: Descriptor

    func close() {
        catalog.close()
        lock.release()
        try? files.close(root)
    }

    /// Throws `BUSY`, naming the holder, when another engine has the folder.
    static func take(_ folder: String, time: SystemTime) async throws(Failure) -> StateFolderKeys {
        try await onThread("state-folder") { () throws(Failure) in try open(folder, time: time) }
    }

    private static func open(_ folder: String, time: SystemTime) throws(Failure) -> StateFolderKeys {
        for path in [folder, folder + "/mirrors", folder + "/log", folder + "/log/runs"] {
            do {
                try FileManager.default.createDirectory(
                    atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            } catch {
                throw Failure(
                    code: "STATE_FOLDER", side: .catalog, message: "the state folder cannot be made",
                    subject: Array(path.utf8), hint: "Check its parent's rights and space.")
            }
        }
        let files = LinuxFiles(side: .catalog)
        let root: Descriptor
        do throws(FileError) { root = try files.openRoot(PathBytes(folder)) } catch { throw error.failure }
        let holder = InstanceLock.Holder(
            pid: getpid(), since: time.wall(), command: CommandLine.arguments.joined(separator: " "))
        do throws(Failure) {
            let lock = try InstanceLock("engine.lock", in: root, files: files, holder: holder)
            let catalog = try Catalog(path: folder + "/catalog.sqlite")
            return StateFolderKeys(lock: lock, catalog: catalog, files: files, root: root)
        } catch {
            try? files.close(root)
            throw error
        }
    }
}

extension Failure {
    static func noThread(_ error: any Error) -> Failure {
        Failure(
            code: "NO_THREAD", side: .engine, message: "no thread can be started: \(printable("\(error)".utf8))",
            hint: "Raise the limit of processes (ulimit -u).", isTransient: true)
    }
}
