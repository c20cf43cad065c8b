/// Absolute paths, checked as text (J8).
enum PlainPath {
    /// The path without doubled or trailing slashes.
    ///
    /// Limits are the kernel's: 4,095 bytes for a path, 255 for a name.
    static func parse(_ text: String) throws(BadValue) -> String {
        guard !text.isEmpty else { throw BadValue("is empty") }
        guard !text.hasPrefix("~") else { throw BadValue("starts with ~, which is not expanded; write the whole path") }
        guard text.hasPrefix("/") else { throw BadValue("is a relative path; write it from / on") }
        let names = text.split(separator: "/")
        guard !names.contains(where: { $0 == "." || $0 == ".." }) else { throw BadValue("holds . or ..") }
        guard !names.isEmpty else { throw BadValue("is the root folder itself") }
        guard text.utf8.count <= 4095, names.allSatisfy({ $0.utf8.count <= 255 }) else { throw BadValue("is too long") }
        return "/" + names.joined(separator: "/")
    }

    /// True when both are the same or `path` lies somewhere below `folder`.
    static func isInside(_ path: String, _ folder: String) -> Bool {
        path == folder || path.hasPrefix(folder == "/" ? "/" : folder + "/")
    }
}
