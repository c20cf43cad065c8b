import BackupModel
import Foundation
import Settings
import TapeArchive
import WorkerKit

/// Key files: made once, never overwritten, readable by their owner alone.
enum KeyFile {
    /// Makes the file; the id of its key.
    static func make(_ path: String, note: String) throws(Failure) -> String {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
        do throws(FormatFault) {
            let key = try ArchiveKey(bytes: bytes)
            try write(try PaperKey.text(key, note: note), path)
            return try key.id()
        } catch { throw fault(error, path) }
    }

    private static func write(_ text: String, _ path: String) throws(FormatFault) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .unavailable("the file cannot be made: " + String(cString: strerror(errno))) }
        defer { close(file) }
        let bytes = Array(text.utf8)
        guard Glibc.write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0 else {
            throw .unavailable("the file cannot be written: " + String(cString: strerror(errno)))
        }
    }

    /// A key as text, for a file or for paper.
    static func text(_ key: ArchiveKey, note: String) throws(Failure) -> String {
        do throws(FormatFault) { return try PaperKey.text(key, note: note) } catch { throw fault(error, "") }
    }

    /// `films.key` is followed by `films.key.2`, that by `films.key.3`.
    static func next(after path: String) -> String {
        let parts = path.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 1, let last = parts.last, let number = Int(last), number > 1 else { return path + ".2" }
        return parts.dropLast().joined(separator: ".") + ".\(number + 1)"
    }

    static func fault(_ fault: FormatFault, _ path: String) -> Failure {
        let words =
            switch fault {
            case .badKey(let words), .unavailable(let words): words
            default: "it is no key"
            }
        return Failure(
            code: "KEY_UNFIT", side: .settings, message: "the key: \(words)", subject: Array(path.utf8),
            hint: "A key file is made by: holdfast key add FILE")
    }
}

extension SecretReader {
    /// A key with its id. Blocks on the file.
    func key(_ source: SecretReference) throws(Failure) -> (key: ArchiveKey, id: String) {
        let text = try readLines(source)
        do throws(FormatFault) {
            let key = try PaperKey.key(text.revealed)
            return (key, try key.id())
        } catch { throw KeyFile.fault(error, source.text) }
    }
}

extension HoldfastSettings {
    /// Every key that something is sealed with, and who does it.
    var keySources: [(source: SecretReference, user: String)] {
        pools.compactMap { pool in pool.encryption.map { ($0, "pool " + pool.name) } }
            + jobs.compactMap { job in job.tape.encryption.map { ($0, "job " + job.name) } }
    }
}
