import WorkerKit

/// A pattern for one name: `*` stands for any bytes, `?` for one; as in a shell, neither stands for a leading dot.
struct NamePattern: Hashable, Sendable {
    private let bytes: [UInt8]

    init(_ text: some Sequence<UInt8>) { bytes = Array(text) }

    var isPlain: Bool { !bytes.contains(0x2a) && !bytes.contains(0x3f) }
    var plain: PathBytes { PathBytes(bytes) }

    /// Linear in practice: one place to go back to, that of the last star.
    func matches(_ name: [UInt8]) -> Bool {
        if name.first == 0x2e, bytes.first != 0x2e { return false }
        var at = 0, star: Int?, kept = 0, index = 0
        while index < name.count {
            if at < bytes.count, bytes[at] == 0x2a {
                star = at
                kept = index
                at += 1
            } else if at < bytes.count, bytes[at] == 0x3f || bytes[at] == name[index] {
                at += 1
                index += 1
            } else if let star {
                kept += 1
                at = star + 1
                index = kept
            } else {
                return false
            }
        }
        return bytes[at...].allSatisfy { $0 == 0x2a }
    }
}

/// An absolute path whose last parts may hold `*` and `?`.
struct Glob: Hashable, Sendable {
    /// The folder before the first pattern.
    let root: PathBytes
    /// One for each part after it; the last one names files.
    let parts: [NamePattern]

    /// Nil unless it is absolute and names files.
    init?(_ text: String) {
        let pieces = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: true)
        guard text.hasPrefix("/"), !text.hasSuffix("/"), !pieces.isEmpty,
            !pieces.contains(where: { $0.elementsEqual([46]) || $0.elementsEqual([46, 46]) })
        else { return nil }
        let patterns = pieces.map { NamePattern($0) }
        let first = min(patterns.firstIndex { !$0.isPlain } ?? patterns.count - 1, patterns.count - 1)
        root = PathBytes([0x2f] + pieces[..<first].joined(separator: [0x2f]))
        parts = Array(patterns[first...])
    }
}
