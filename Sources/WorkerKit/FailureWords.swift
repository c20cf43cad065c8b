package import BackupModel
import Glibc

extension FileError {
    /// The error in words, with its class and the next step. One table for the whole program.
    package var failure: Failure {
        let row = FailureWords.row(errno: errno, side: side, operation: operation)
        var what = row.message
        if !path.bytes.isEmpty { what += ": " + path.description }
        return Failure(
            code: row.code, side: side, message: what, subject: path.bytes, errno: errno, operation: operation,
            hint: row.hint, isTransient: row.isTransient)
    }

    /// Whether the destination itself seems gone, not one of its files (A10): one event and a wait, no march on.
    package var suggestsLostVolume: Bool {
        side == .destination && FailureWords.lost.contains(errno)
    }

    /// Nothing will be written until somebody acts: full, over quota or read-only (A6, A15).
    package var blocksVolume: Bool {
        side == .destination && [ENOSPC, EDQUOT, EROFS].contains(errno)
    }
}

/// Which errno means what on which side.
package enum FailureWords {
    package struct Row: Hashable, Sendable {
        package var code: String
        package var message: String
        package var hint: String
        package var isTransient: Bool
    }

    /// Answers of a device that is gone (A10). EIO is among them because a dying USB bridge gives it first.
    static let lost: Set<Int32> = [EIO, ENODEV, ENXIO, ESTALE, ENOTCONN, ESHUTDOWN, EREMOTEIO]
    /// Whether an errno tells of a device that fails rather than of one file (A5, A10).
    package static func isDevice(_ errno: Int32) -> Bool { lost.contains(errno) }

    /// Tried again with back-off.
    static let transient: Set<Int32> = [
        EAGAIN, ENOMEM, EMFILE, ENFILE, ETIMEDOUT, EINTR, EBUSY, ENOBUFS, ECONNRESET,
    ]

    package static func row(errno: Int32, side: Side, operation: String) -> Row {
        let prefix = side.rawValue.uppercased()
        let suffix = kind(errno, side, operation)
        return Row(
            code: prefix + "_" + suffix.code,
            message: "\(side.rawValue) \(suffix.message) (\(operation), \(name(errno)))",
            hint: suffix.hint, isTransient: transient.contains(errno))
    }

    private struct Suffix {
        var code: String
        var message: String
        var hint: String
    }

    private static func kind(_ errno: Int32, _ side: Side, _ operation: String) -> Suffix {
        switch errno {
        case ENOSPC:
            Suffix(code: "FULL", message: "is full", hint: "Free space on it or use a larger one, then run again.")
        case EDQUOT:
            Suffix(
                code: "OVER_QUOTA", message: "is over its quota", hint: "Raise the quota or free space, then run again."
            )
        case EROFS:
            Suffix(
                code: "READONLY", message: "is read-only",
                hint: "The kernel may have found damage: read dmesg, check the file system, mount it read-write.")
        case EFBIG:
            Suffix(
                code: "FILE_TOO_LARGE", message: "cannot hold a file so large",
                hint: "Use a file system without this limit (FAT ends at 4 GiB).")
        case ENAMETOOLONG, EILSEQ:
            Suffix(
                code: "NAME_REFUSED", message: "refuses the name",
                hint: "Use a file system that takes names of 255 bytes.")
        case EINVAL, EOPNOTSUPP, ENOSYS, EXDEV, ELOOP:
            Suffix(
                code: "REFUSED", message: "does not support the call",
                hint: "Look for symbolic links and mounts inside it, and check the file system's type.")
        case EACCES, EPERM:
            Suffix(
                code: "NOT_PERMITTED", message: "does not permit it",
                hint: "Run as the owner of the files, or give this user the right.")
        case ENOENT, ENOTDIR:
            Suffix(code: "MISSING", message: "lacks the file", hint: "Look whether it was moved or deleted.")
        case EEXIST:
            Suffix(code: "EXISTS", message: "has the name already", hint: "Run verify to learn what bears the name.")
        default: deviceKind(errno, side)
        }
    }

    private static func deviceKind(_ errno: Int32, _ side: Side) -> Suffix {
        if transient.contains(errno) {
            return Suffix(code: "BUSY_FOR_NOW", message: "cannot answer now", hint: "It is tried again by itself.")
        }
        guard lost.contains(errno) else {
            return Suffix(code: "FAILED", message: "failed", hint: "Read dmesg, then run again.")
        }
        switch side {
        case .destination:
            return Suffix(
                code: "LOST", message: "does not answer",
                hint: "Check cable, power and mount; the run goes on by itself when the same volume is back.")
        case .source:
            return Suffix(
                code: "UNREADABLE", message: "cannot be read",
                hint: "Check the disk with smartctl and dmesg; requeue the blob when it reads again.")
        default:
            return Suffix(
                code: "IO_ERROR", message: "gives input and output errors", hint: "Check the disk, then run again.")
        }
    }

    /// The name of an errno, for instance `ENOSPC`.
    package static func name(_ errno: Int32) -> String { names[errno] ?? "errno \(errno)" }

    private static let names: [Int32: String] = [
        EPERM: "EPERM", ENOENT: "ENOENT", EINTR: "EINTR", EIO: "EIO", ENXIO: "ENXIO", EBADF: "EBADF",
        EAGAIN: "EAGAIN", ENOMEM: "ENOMEM", EACCES: "EACCES", EBUSY: "EBUSY", EEXIST: "EEXIST", EXDEV: "EXDEV",
        ENODEV: "ENODEV", ENOTDIR: "ENOTDIR", EISDIR: "EISDIR", EINVAL: "EINVAL", ENFILE: "ENFILE",
        EMFILE: "EMFILE", EFBIG: "EFBIG", ENOSPC: "ENOSPC", EROFS: "EROFS", EMLINK: "EMLINK",
        ENAMETOOLONG: "ENAMETOOLONG", ENOSYS: "ENOSYS", ENOTEMPTY: "ENOTEMPTY", ELOOP: "ELOOP", EILSEQ: "EILSEQ",
        EOPNOTSUPP: "EOPNOTSUPP", ETIMEDOUT: "ETIMEDOUT", ENOTCONN: "ENOTCONN", ESHUTDOWN: "ESHUTDOWN",
        ESTALE: "ESTALE", EDQUOT: "EDQUOT", EREMOTEIO: "EREMOTEIO", ECONNRESET: "ECONNRESET", ENOBUFS: "ENOBUFS",
    ]
}
