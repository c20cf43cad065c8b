import BackupModel
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Where SQLite files may stand: locks and flushes of network and user-space file systems cannot be trusted (B10).
enum StateFolder {
    /// Throws `CATALOG_PLACE_REFUSED` for a folder on such a file system; one that cannot be told passes.
    static func check(_ folder: String) throws(Failure) {
        guard let resolved = realpath(folder, nil) else {
            throw .catalogCall("realpath", path: folder, errno: errno)
        }
        defer { free(resolved) }
        guard let table = FileManager.default.contents(atPath: "/proc/self/mountinfo") else { return }
        let mounts = String(decoding: table, as: UTF8.self)
        guard let type = fileSystem(of: String(cString: resolved), mounts: mounts), isRefused(type) else { return }
        throw Failure(
            code: "CATALOG_PLACE_REFUSED", side: .catalog,
            message: "the state folder is on \(printable(type.utf8)), whose locks and flushes cannot be trusted",
            subject: Array(folder.utf8), hint: "put the state folder on a local disk")
    }

    /// The type of the file system that holds an absolute path, from the text of `mountinfo`; of mounts on one point
    /// the last one counts.
    static func fileSystem(of path: String, mounts: String) -> String? {
        var best: (depth: Int, type: String)?
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 6, let dash = fields.dropFirst(6).firstIndex(of: "-"), dash + 1 < fields.count else {
                continue
            }
            let point = unescaped(fields[4])
            let isAbove = path == point || path.hasPrefix(point.hasSuffix("/") ? point : point + "/")
            guard isAbove, point.utf8.count >= best?.depth ?? 0 else { continue }
            best = (point.utf8.count, String(fields[dash + 1]))
        }
        return best?.type
    }

    static func isRefused(_ type: String) -> Bool {
        type == "fuse" || type.hasPrefix("fuse.") || type == "fuseblk" || network.contains(type)
    }

    private static let network: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "afs", "coda", "ncpfs", "lustre", "gpfs", "panfs",
        "glusterfs", "virtiofs", "vboxsf", "davfs",
    ]

    /// `mountinfo` writes blanks, tabs, newlines and backslashes as three octal digits.
    private static func unescaped(_ field: Substring) -> String {
        var text = String(field)
        for (code, plain) in [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")] {
            text = text.replacingOccurrences(of: code, with: plain)
        }
        return text
    }
}

/// A file as the kernel knows it, whatever its name.
struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
    let size: Int64
    let isRegular: Bool

    /// Nil when there is nothing of that name.
    static func of(_ path: String) throws(Failure) -> FileIdentity? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno == ENOENT else { throw .catalogCall("stat", path: path, errno: errno) }
            return nil
        }
        return FileIdentity(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
            isRegular: status.st_mode & S_IFMT == S_IFREG)
    }

    static func == (a: FileIdentity, b: FileIdentity) -> Bool { a.device == b.device && a.inode == b.inode }

    func hash(into hasher: inout Hasher) {
        hasher.combine(device)
        hasher.combine(inode)
    }
}

/// Makes the contents of a file or folder durable.
func flushToDisk(_ path: String) throws(Failure) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .catalogCall("open", path: path, errno: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .catalogCall("fsync", path: path, errno: errno) }
}

/// The folder a path is in.
func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}
