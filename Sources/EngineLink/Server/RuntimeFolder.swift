import BackupModel
import CLinux
import Glibc

/// The folder of the sockets: ours alone, so that nobody else can put a socket there first (I-2).
struct RuntimeFolder: ~Copyable {
    let path: String
    private let descriptor: Int32
    private var inodes: [LinkDoor: UInt64] = [:]

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    /// Makes the folder, 0750, or checks the one that is there. Its parent must exist.
    static func claimed(_ path: String) throws(Failure) -> RuntimeFolder {
        try checkLength(path)
        let made = clinux_make_folder(path, 0o750)
        guard made == 0 || made == -EEXIST else { throw failure("mkdir", path, made) }
        let descriptor = clinux_open_folder(path)
        guard descriptor >= 0 else { throw failure("open", path, descriptor) }
        let folder = RuntimeFolder(path: path, descriptor: descriptor)
        try claim(descriptor, path, isNew: made == 0)
        return folder
    }

    deinit { _ = clinux_close(descriptor) }

    /// A socket's address holds 107 bytes (I-11).
    static func checkLength(_ folder: String) throws(Failure) {
        let longest = LinkDoor.allCases.map { socket($0, in: folder).utf8.count }.max() ?? 0
        guard longest > clinux_socket_path_limit() else { return }
        throw linkFailure(
            "SOCKET_PATH_TOO_LONG",
            "a socket's path may have \(clinux_socket_path_limit()) bytes, and \(printable(folder.utf8)) needs "
                + "\(longest)", subject: Array(folder.utf8), operation: "bind",
            hint: "Set a shorter runtime folder.")
    }

    static func socket(_ door: LinkDoor, in folder: String) -> String { folder + "/" + door.rawValue }

    private static func claim(_ descriptor: Int32, _ path: String, isNew: Bool) throws(Failure) {
        guard clinux_owned_by(descriptor, clinux_own_user()) == 1 else {
            throw linkFailure(
                "RUNTIME_FOLDER_NOT_OURS", "the runtime folder \(printable(path.utf8)) belongs to another user",
                subject: Array(path.utf8), hint: "Remove it, or set another runtime folder.")
        }
        var status = clinux_status()
        var result = clinux_status_of(descriptor, "", &status)
        // A folder that is narrower already stays so.
        if result == 0 { result = clinux_change_mode(descriptor, isNew ? 0o750 : status.mode & 0o750) }
        guard result == 0 else { throw failure("chmod", path, result) }
    }

    /// Listens at one of the doors. A socket that nobody answers at is removed, if the caller holds the lock.
    mutating func listen(
        _ door: LinkDoor, group: UInt32?, checkLock: @Sendable () throws(Failure) -> Void
    ) throws(Failure) -> Int32 {
        let socket = Self.socket(door, in: path)
        try removeStale(door, socket, checkLock)
        if let group { _ = clinux_change_group(descriptor, group) }
        let listener = clinux_listen_unix(socket, door.mode, door == .look ? group ?? .max : .max, 128)
        guard listener >= 0 else { throw Self.failure("bind", socket, listener) }
        var status = clinux_status()
        guard clinux_status_of(descriptor, door.rawValue, &status) == 0 else {
            _ = clinux_close(listener)
            throw linkFailure("RUNTIME_FOLDER_MOVED", "the runtime folder was replaced while the engine started")
        }
        inodes[door] = status.inode
        return listener
    }

    /// Removes our own sockets, and no others.
    func removeSockets() {
        for (door, inode) in inodes {
            var status = clinux_status()
            guard clinux_status_of(descriptor, door.rawValue, &status) == 0, status.inode == inode else { continue }
            _ = clinux_unlink(descriptor, door.rawValue)
        }
    }

    private func removeStale(
        _ door: LinkDoor, _ socket: String, _ checkLock: @Sendable () throws(Failure) -> Void
    ) throws(Failure) {
        var status = clinux_status()
        let found = clinux_status_of(descriptor, door.rawValue, &status)
        if found == -ENOENT { return }
        guard found == 0 else { throw Self.failure("stat", socket, found) }
        guard status.mode & UInt32(S_IFMT) == UInt32(S_IFSOCK) else {
            throw linkFailure(
                "SOCKET_NAME_TAKEN", "\(printable(socket.utf8)) is no socket", subject: Array(socket.utf8),
                hint: "Remove it; the engine does not touch what it did not make.")
        }
        if clinux_answers_unix(socket) == 1 {
            throw linkFailure(
                "ENGINE_ANSWERS", "another engine answers at \(printable(socket.utf8))", subject: Array(socket.utf8),
                hint: "Stop it, or set another runtime folder.")
        }
        try checkLock()
        let result = clinux_unlink(descriptor, door.rawValue)
        guard result == 0 || result == -ENOENT else { throw Self.failure("unlink", socket, result) }
    }

    private static func failure(_ operation: String, _ path: String, _ result: Int32) -> Failure {
        linkFailure(
            "RUNTIME_FOLDER", "\(operation) \(printable(path.utf8)): \(String(cString: strerror(-result)))",
            subject: Array(path.utf8), errno: -result, operation: operation,
            hint: "The runtime folder must be a folder of the engine's user, not a symbolic link.")
    }
}
