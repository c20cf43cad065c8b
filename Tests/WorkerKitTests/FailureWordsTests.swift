import BackupModel
import Glibc
import Testing
import WorkerKit

@Suite("File errors in words")
struct FailureWordsTests {
    struct Case: CustomTestStringConvertible {
        var side: Side
        var errno: Int32
        var code: String
        var isTransient = false
        var isLost = false
        var blocks = false
        var testDescription: String { "\(side) \(FailureWords.name(errno))" }

        init(
            _ side: Side, _ errno: Int32, _ code: String, transient: Bool = false, lost: Bool = false,
            blocks: Bool = false
        ) {
            self.side = side
            self.errno = errno
            self.code = code
            isTransient = transient
            isLost = lost
            self.blocks = blocks
        }

        static let all = [
            Case(.destination, ENOSPC, "DESTINATION_FULL", blocks: true),
            Case(.source, ENOSPC, "SOURCE_FULL"),
            Case(.catalog, ENOSPC, "CATALOG_FULL"),
            Case(.destination, EDQUOT, "DESTINATION_OVER_QUOTA", blocks: true),
            Case(.destination, EROFS, "DESTINATION_READONLY", blocks: true),
            Case(.destination, EFBIG, "DESTINATION_FILE_TOO_LARGE"),
            Case(.destination, ENAMETOOLONG, "DESTINATION_NAME_REFUSED"),
            Case(.destination, EILSEQ, "DESTINATION_NAME_REFUSED"),
            Case(.destination, EINVAL, "DESTINATION_REFUSED"),
            Case(.destination, EIO, "DESTINATION_LOST", lost: true),
            Case(.destination, ENODEV, "DESTINATION_LOST", lost: true),
            Case(.destination, ENXIO, "DESTINATION_LOST", lost: true),
            Case(.destination, ESTALE, "DESTINATION_LOST", lost: true),
            Case(.destination, ENOTCONN, "DESTINATION_LOST", lost: true),
            Case(.source, EIO, "SOURCE_UNREADABLE"),
            Case(.source, ENOENT, "SOURCE_MISSING"),
            Case(.source, EACCES, "SOURCE_NOT_PERMITTED"),
            Case(.source, EAGAIN, "SOURCE_BUSY_FOR_NOW", transient: true),
            Case(.destination, ENOMEM, "DESTINATION_BUSY_FOR_NOW", transient: true),
            Case(.destination, EMFILE, "DESTINATION_BUSY_FOR_NOW", transient: true),
            Case(.destination, ETIMEDOUT, "DESTINATION_BUSY_FOR_NOW", transient: true),
            Case(.source, EINTR, "SOURCE_BUSY_FOR_NOW", transient: true),
            Case(.catalog, EIO, "CATALOG_IO_ERROR"),
            Case(.destination, EUCLEAN, "DESTINATION_FAILED"),
        ]
    }

    @Test("Each error number has its class on each side", arguments: Case.all)
    func table(row: Case) {
        let error = FileError(side: row.side, operation: "write", errno: row.errno, path: "aa/\u{1b}[2J")
        let failure = error.failure
        #expect(failure.code == row.code && failure.side == row.side && failure.errno == row.errno)
        #expect(failure.isTransient == row.isTransient)
        #expect(error.suggestsLostVolume == row.isLost)
        #expect(error.blocksVolume == row.blocks)
        #expect(failure.hint.hasSuffix(".") && !failure.hint.isEmpty)
        #expect(failure.message.hasSuffix(": aa/\\e[2J"))
    }

    @Test("The words of one error, whole")
    func words() {
        let failure = FileError(side: .destination, operation: "fsync", errno: ENOSPC, path: "ab/cd").failure
        #expect(failure.message == "destination is full (fsync, ENOSPC): ab/cd")
        #expect(failure.subject == Array("ab/cd".utf8))
    }
}
