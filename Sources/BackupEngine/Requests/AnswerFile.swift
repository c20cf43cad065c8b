import BackupModel
import Glibc
import WorkerKit

/// An answer as it lay in the folder, checked before a byte of it was believed.
struct AnswerFile {
    let owner: UInt32
    let inode: UInt64
    /// Nanoseconds since 1970.
    let modified: Int64
    /// Foreign bytes, as they are.
    let firstLine: String

    /// Nil when it is gone, or while somebody may still be writing it: no line is complete and it is younger than two
    /// seconds. Throws why it is not believed.
    static func read(
        _ number: Int, in folder: Descriptor, files: any FileCalls, now: WallTime
    ) throws(Failure) -> AnswerFile? {
        let file: Descriptor
        do throws(FileError) { file = try files.open(PathBytes("\(number)"), beneath: folder, .read) } catch {
            if error.errno == ENOENT { return nil }
            throw error.errno == ELOOP ? .answerFile("it is a symbolic link") : error.failure
        }
        defer { try? files.close(file) }
        var status = Glibc.stat()
        guard fstat(file.raw, &status) == 0 else { throw .answerFile("it cannot be looked at") }
        try check(status)
        let bytes: [UInt8]
        do throws(FileError) { bytes = try files.readAll(file, limit: sizeLimit) } catch {
            throw error.errno == EFBIG ? tooLarge : error.failure
        }
        let modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        let age = now.seconds(since: WallTime(milliseconds: modified / 1_000_000))
        guard bytes.contains(0x0a) || !(0..<writingTime).contains(age) else { return nil }
        return AnswerFile(
            owner: status.st_uid, inode: UInt64(status.st_ino), modified: modified,
            firstLine: String(decoding: bytes.prefix { $0 != 0x0a }, as: UTF8.self))
    }

    private static func check(_ status: Glibc.stat) throws(Failure) {
        guard status.st_mode & S_IFMT == S_IFREG else { throw .answerFile("it is not a plain file") }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw .answerFile("it belongs to user \(status.st_uid), not to the engine's user")
        }
        guard status.st_mode & S_IWOTH == 0 else { throw .answerFile("everybody may write it") }
        guard status.st_nlink == 1 else { throw .answerFile("it has another name elsewhere") }
        guard status.st_size <= sizeLimit else { throw tooLarge }
    }

    /// One order for each file, the same however often the file is read.
    func orderID(_ number: Int) -> String { "file-\(number)-\(inode)-\(modified)" }

    /// The words after `holdfast answer N`; these may stand there or not.
    func words(for number: Int) throws(Failure) -> [String] {
        var words = firstLine.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map(String.init)
        if words.first == "holdfast" { words.removeFirst() }
        guard words.first == "answer", words.count > 1 else { return words }
        guard words[1] == "\(number)" else {
            throw .answerFile("it speaks of request \(words[1].tidied(20)) and is named \(number)")
        }
        return Array(words.dropFirst(2))
    }

    private static let sizeLimit = 4096
    private static let writingTime = 2.0
    private static let tooLarge = Failure.answerFile("it is larger than 4 KiB")
}

extension Failure {
    fileprivate static func answerFile(_ why: String) -> Failure {
        Failure(
            code: "ANSWER_FILE_REFUSED", side: .engine, message: "this file is no answer: \(why)",
            hint: "Write a plain file of the engine's user, with one line, for instance: attached")
    }
}
