package import BackupModel

/// Theme and key files: TOML read into entries that the console understands and judges itself.
///
/// The section is the outermost table, the key the rest of the name: `"title.bar"` in `[colors]` and `title.bar` in
/// `[colors]` are the same entry. Values are strings, whole numbers, booleans, or arrays of these.
package enum TextFile {
    /// No theme or key file is larger (64 KiB).
    package static let limit = 64 * 1024

    /// All entries in the order of the file, and what is wrong in it; the good part of a bad file stays usable.
    package static func read(_ path: String) -> (entries: [TextEntry], problems: [TextProblem]) {
        do throws(FileRefusal) {
            let bytes = try TextSource.read(path, atMost: limit, trust: .anyone)
            return parse(bytes, file: path)
        } catch {
            let message =
                switch error {
                case .missing: "does not exist"
                case .refused(let reason): reason
                }
            return ([], [TextProblem(file: path, line: 0, column: 0, message: message)])
        }
    }

    /// The same for text at hand, for instance a built-in theme.
    package static func parse(_ bytes: [UInt8], file: String) -> (entries: [TextEntry], problems: [TextProblem]) {
        guard bytes.count <= limit else {
            let problem = TextProblem(file: file, line: 0, column: 0, message: "is larger than 64.0 KiB")
            return ([], [problem])
        }
        do throws(TextProblem) {
            return split(try TOMLText.entries(of: bytes, file: file), file: file)
        } catch {
            return ([], [error])
        }
    }

    private static func split(_ all: [TOMLEntry], file: String) -> ([TextEntry], [TextProblem]) {
        var entries: [TextEntry] = []
        var problems: [TextProblem] = []
        for entry in all where entry.node != .table {
            guard let values = strings(entry.node) else {
                let message = "expected a string or an array of strings, not \(entry.node.kind)"
                problems.append(TextProblem(file, entry.position, message))
                continue
            }
            let isTop = entry.path.count == 1
            entries.append(
                TextEntry(
                    section: isTop ? "" : entry.path[0],
                    key: entry.path[(isTop ? 0 : 1)...].joined(separator: "."), values: values,
                    line: entry.position.line, column: entry.position.column))
        }
        return (entries, problems)
    }

    private static func strings(_ node: TOMLNode) -> [String]? {
        if let one = string(node) { return [one] }
        guard case .array(let nodes) = node else { return nil }
        let all = nodes.compactMap(string)
        return all.count == nodes.count ? all : nil
    }

    private static func string(_ node: TOMLNode) -> String? {
        switch node {
        case .string(let text): text
        case .integer(let number): String(number)
        case .boolean(let flag): String(flag)
        default: nil
        }
    }
}
