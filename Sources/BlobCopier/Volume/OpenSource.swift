import BackupModel
import Glibc
import WorkerKit

/// The source held open by its root; only ever read.
final class OpenSource: Sendable {
    let files: any FileCalls
    let root: Descriptor
    let fanOut: FanOut
    let path: String

    init(path: String, files: any FileCalls, fanOut: FanOut) throws(Failure) {
        self.path = path
        self.files = files
        self.fanOut = fanOut
        do throws(FileError) { root = try files.openRoot(PathBytes(path)) } catch {
            var failure = error.failure
            failure.hint = "Look whether the source is mounted; nothing was marked missing."
            throw failure
        }
    }

    deinit { try? files.close(root) }

    func path(of blob: BlobID) -> PathBytes { PathBytes(fanOut.path(of: fanOut.bucket(of: blob))) / PathBytes(blob.hex) }

    func open(_ blob: BlobID) throws(FileError) -> Descriptor {
        try files.open(path(of: blob), beneath: root, .read)
    }

    /// False when it is certain that the name is not there; errors are not absence (I7).
    func has(_ blob: BlobID) throws(FileError) -> Bool {
        do throws(FileError) {
            _ = try files.status(at: path(of: blob), beneath: root)
            return true
        } catch  where error.errno == ENOENT { return false } catch { throw error }
    }
}
