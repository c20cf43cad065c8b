/// The order of a walk: a folder before what is in it, names by their bytes.
///
/// It is the order of bytes with `/` before all others.
package enum PathOrder {
    package static func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        let common = min(a.count, b.count)
        for index in 0..<common where a[index] != b[index] {
            if a[index] == 47 { return true }
            return b[index] == 47 ? false : a[index] < b[index]
        }
        return a.count < b.count
    }

    /// Whether a path is a folder or lies in it.
    package static func isWithin(_ path: [UInt8], _ folder: [UInt8]) -> Bool {
        folder.isEmpty || path.starts(with: folder) && (path.count == folder.count || path[folder.count] == 47)
    }
}
