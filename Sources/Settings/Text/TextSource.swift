import BackupModel
import Glibc

/// Whose word a text file is.
package enum FileTrust: Hashable, Sendable {
    /// Themes and keys: nothing in them can harm.
    case anyone
    /// Settings: a plain file that only this user or root can change, reached without a symbolic link (J7).
    case onlyUser(UInt32)
    /// Secrets: like settings, and nobody else may even read them (J6).
    case onlyReadableBy(UInt32)
    /// Secrets that systemd put into its folder: it may give them to this user by an access list, whose mask stands in
    /// the bits of the group.
    case credential(UInt32)
}

/// Why a file was not read.
package enum FileRefusal: Error, Hashable, Sendable {
    case missing
    case refused(String)
}

/// Reads whole small files with bounds: no device, no pipe, never more than the limit (J9).
package enum TextSource {
    /// The bytes of the file. Blocks, but never on a pipe or terminal.
    package static func read(_ path: String, atMost limit: Int, trust: FileTrust) throws(FileRefusal) -> [UInt8] {
        let follow = trust == .anyone ? 0 : O_NOFOLLOW
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | follow)
        guard file >= 0 else { throw refusal(ofErrno: errno, trust) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw refusal(ofErrno: errno) }
        if let reason = distrust(status, trust) { throw .refused(reason) }
        guard status.st_size <= limit else { throw tooLarge(limit) }
        return try readAll(file, atMost: limit)
    }

    private static func distrust(_ status: stat, _ trust: FileTrust) -> String? {
        guard status.st_mode & S_IFMT == S_IFREG else { return "is not a plain file" }
        let (user, hidden): (UInt32, mode_t)
        switch trust {
        case .anyone: return nil
        case .onlyUser(let owner): (user, hidden) = (owner, 0)
        case .onlyReadableBy(let owner): (user, hidden) = (owner, 0o077)
        case .credential(let owner): (user, hidden) = (owner, 0o037)
        }
        guard status.st_uid == user || status.st_uid == 0 else {
            return "belongs to user \(status.st_uid), not to you (\(user)) or root; run: chown"
        }
        guard status.st_mode & 0o022 == 0 else { return "can be changed by others; run: chmod go-w" }
        guard status.st_mode & hidden == 0 else { return "can be read by others; run: chmod 600" }
        return nil
    }

    private static func readAll(_ file: Int32, atMost limit: Int) throws(FileRefusal) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw refusal(ofErrno: errno) }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            // It may have grown since it was measured.
            guard bytes.count <= limit else { throw tooLarge(limit) }
        }
    }

    private static func tooLarge(_ limit: Int) -> FileRefusal {
        .refused("is larger than \(Quantity.bytes(Int64(limit)))")
    }

    private static func refusal(ofErrno number: Int32, _ trust: FileTrust = .anyone) -> FileRefusal {
        let what =
            switch trust {
            case .anyone, .onlyUser: "settings"
            case .onlyReadableBy, .credential: "secrets"
            }
        return switch number {
        case ENOENT, ENOTDIR: .missing
        case ELOOP: .refused("is a symbolic link; \(what) must be a plain file")
        case ENXIO: .refused("is not a plain file")
        default: .refused(String(cString: strerror(number)).lowercased())
        }
    }
}
