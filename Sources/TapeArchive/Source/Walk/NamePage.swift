package import WorkerKit

/// The next names of a folder in order of their bytes, at most `limit` of them.
///
/// A folder of ten million names is listed several times rather than kept whole: memory stays flat.
package struct NamePage: Sendable {
    package static let limit = 1 << 18

    package private(set) var names: [PathBytes]
    /// More follow the last of these.
    package private(set) var isCut: Bool

    /// Lists the folder. Throws what `list` throws.
    package init(
        _ folder: Descriptor, after last: PathBytes?, files: any FileCalls, limit: Int = NamePage.limit
    ) throws(FileError) {
        var names: [PathBytes] = []
        var isCut = false
        try files.list(folder) { entry throws(FileError) in
            if let last, !Self.precedes(last, entry.name) { return }
            // Once cut, only what comes before the last kept one matters; half of the room is spare, so sorting is rare.
            names.append(entry.name)
            guard names.count >= 2 * limit else { return }
            names.sort(by: Self.precedes)
            names.removeSubrange(limit...)
            isCut = true
        }
        names.sort(by: Self.precedes)
        if names.count > limit {
            names.removeSubrange(limit...)
            isCut = true
        }
        self.names = names
        self.isCut = isCut
    }

    private static func precedes(_ a: PathBytes, _ b: PathBytes) -> Bool {
        a.bytes.withUnsafeBufferPointer { a in
            b.bytes.withUnsafeBufferPointer { b in a.lexicographicallyPrecedes(b) }
        }
    }
}
