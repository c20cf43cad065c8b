import BackupModel
import TOMLKit

/// A TOML value without its parser.
indirect enum TOMLNode: Hashable {
    case string(String)
    case integer(Int64)
    case float(Double)
    case boolean(Bool)
    case dateOrTime
    case array([TOMLNode])
    case table

    /// As the messages call it.
    var kind: String {
        switch self {
        case .string: "a string"
        case .integer: "a whole number"
        case .float: "a fraction"
        case .boolean: "true or false"
        case .dateOrTime: "a date or time"
        case .array: "an array"
        case .table: "a table"
        }
    }
}

/// One table or value with its full name and its place.
struct TOMLEntry: Hashable {
    var path: [String]
    var node: TOMLNode
    var file: String
    var position: TextPosition
}

/// Parses TOML text into a flat list in the order of the file.
enum TOMLText {
    /// Tables come before what they hold. Throws the first syntax error, duplicate keys included (J5).
    static func entries(of bytes: [UInt8], file: String) throws(TextProblem) -> [TOMLEntry] {
        if let problem = EncodingProblem.first(in: bytes) {
            throw TextProblem(file, TextPosition(of: problem.offset, in: bytes), problem.message)
        }
        let located = KeyLocator(bytes)
        if let problem = located.problem { throw TextProblem(file, problem.position, problem.message) }
        let root = try parse(String(decoding: bytes, as: UTF8.self), file: file)
        var entries: [TOMLEntry] = []
        collect(root, at: [], (file, located.positions), into: &entries)
        return entries.sorted { ($0.position, $0.path.count) < ($1.position, $1.path.count) }
    }

    private static func parse(_ text: String, file: String) throws(TextProblem) -> TOMLTable {
        do {
            return try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let position = TextPosition(line: error.source.begin.line, column: error.source.begin.column)
            throw TextProblem(file, position, printable(error.description.utf8))
        } catch {
            throw TextProblem(file, TextPosition(line: 1, column: 1), "is not TOML")
        }
    }

    private static func collect(
        _ table: TOMLTable, at path: [String], _ places: (file: String, positions: [[String]: TextPosition]),
        into entries: inout [TOMLEntry]
    ) {
        let here = places.positions[path] ?? TextPosition(line: 1, column: 1)
        for (key, value) in table {
            let name = path + [key]
            let position = places.positions[name] ?? here
            entries.append(TOMLEntry(path: name, node: node(value), file: places.file, position: position))
            if let inner = value.table { collect(inner, at: name, places, into: &entries) }
        }
    }

    private static func node(_ value: some TOMLValueConvertible) -> TOMLNode {
        switch value.type {
        case .table: .table
        case .array: .array((value.array ?? []).map { node($0.tomlValue) })
        case .string: .string(value.string ?? "")
        case .int: .integer(Int64(value.int ?? 0))
        case .double: .float(value.double ?? .nan)
        case .bool: .boolean(value.bool ?? false)
        case .date, .time, .dateTime: .dateOrTime
        }
    }
}

extension TextProblem {
    init(_ file: String, _ position: TextPosition, _ message: String) {
        self.init(file: file, line: position.line, column: position.column, message: message)
    }
}
