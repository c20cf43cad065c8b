import BackupModel
import Foundation

/// The end of a command: a status for scripts and, for people, words already on standard error.
struct Ended: Error {
    var status: ExitStatus
    var words: String?

    init(_ status: ExitStatus, words: String? = nil) {
        self.status = status
        self.words = words
    }

    init(_ failure: Failure) {
        status = ExitStatus(failure)
        words = FailureText(failure: failure).paragraph
    }

    func leave() -> Never {
        if let words { Standard.error(words) }
        Ended.leave(status)
    }

    static func leave(_ status: ExitStatus) -> Never {
        fflush(nil)
        exit(status.rawValue)
    }
}

/// Standard output and error. Foreign bytes have gone through `printable` before they get here.
enum Standard {
    static func out(_ text: String) { write(text + "\n", to: 1) }
    static func error(_ text: String) { write(text + "\n", to: 2) }

    /// Written as it is, for the live line.
    static func raw(_ text: String, to file: Int32 = 2) { write(text, to: file) }

    static func isTerminal(_ file: Int32) -> Bool { isatty(file) == 1 }

    private static func write(_ text: String, to file: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count > 0 { bytes = bytes.dropFirst(count) } else if errno != EINTR { return }
        }
    }

    /// A value as JSON on one line, keys sorted, so that scripts and people can compare.
    static func json(_ value: some Encodable) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { return }
        out(String(decoding: data, as: UTF8.self))
    }
}
