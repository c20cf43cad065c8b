import BackupModel

/// Something a request carries: where, what it may be, and how it is read; the description is made from it.
struct Parameter: Sendable {
    enum Place: String, Sendable { case path, query, header, body }

    enum Kind: Sendable {
        /// Of a job or a mirror: any text, since those that exist are the check.
        case name
        case run, blob, time
        /// The id of an order: visible ASCII.
        case key
        case integer(ClosedRange<Int64>)
        case number(ClosedRange<Double>)
        case text(maxLength: Int)
        case flag
        case words([String])
    }

    var name: String
    var place: Place
    var kind: Kind
    var about: String
    var isRequired: Bool
    /// May be null as well, which says something else than leaving it out.
    var isNullable = false

    static func path(_ name: String, _ kind: Kind, _ about: String) -> Parameter {
        Parameter(name: name, place: .path, kind: kind, about: about, isRequired: true)
    }

    static func query(_ name: String, _ kind: Kind, _ about: String) -> Parameter {
        Parameter(name: name, place: .query, kind: kind, about: about, isRequired: false)
    }

    static func body(
        _ name: String, _ kind: Kind, _ about: String, isRequired: Bool = true, isNullable: Bool = false
    ) -> Parameter {
        Parameter(
            name: name, place: .body, kind: kind, about: about, isRequired: isRequired, isNullable: isNullable)
    }

    /// The largest whole number that every JSON reader keeps exactly (RFC 8259, 6).
    static let mostNumber: Int64 = (1 << 53) - 1

    var schema: Schema { isNullable ? .nullable(kind.schema) : kind.schema }
}

/// What a parameter was read as.
enum Value: Hashable, Sendable {
    case text(String)
    case integer(Int64)
    case number(Double)
    case flag(Bool)
    case time(WallTime)
    case null
}

extension Parameter.Kind {
    var schema: Schema {
        switch self {
        case .name: .text(maxLength: 128, pattern: "^[\\s\\S]+$")
        case .key: .text(maxLength: 64, pattern: "^[!-~]+$")
        case .run: RunID.schema
        case .blob: BlobID.schema
        case .time: .time
        case .integer(let range): .integer(range)
        case .number(let range): .number(range)
        case .text(let maxLength): .text(maxLength: maxLength, pattern: nil)
        case .flag: .flag
        case .words(let words): .words(words)
        }
    }

    /// Reads it from a path or a query; nil when it is something else.
    func read(text: String) -> Value? {
        switch self {
        case .name: 1...128 ~= text.unicodeScalars.count ? .text(text) : nil
        case .key: isKey(text) ? .text(text) : nil
        case .run: RunID(text).map { .text($0.text) }
        case .blob: BlobID(text).map { .text($0.description) }
        case .time: WallTime(rfc3339: text).map(Value.time)
        case .integer(let range): plainInteger(text).flatMap { range.contains($0) ? .integer($0) : nil }
        case .number(let range): Double(text).flatMap { range.contains($0) ? .number($0) : nil }
        case .text(let maxLength): text.unicodeScalars.count <= maxLength ? .text(text) : nil
        case .flag: ["true": .flag(true), "false": .flag(false)][text]
        case .words(let words): words.contains(text) ? .text(text) : nil
        }
    }

    /// Reads it from a body.
    func read(_ scalar: Scalar) -> Value? {
        switch (self, scalar) {
        case (.integer(let range), .number(let value)):
            Int64(exactly: value).flatMap { range.contains($0) ? .integer($0) : nil }
        case (.number(let range), .number(let value)): range.contains(value) ? .number(value) : nil
        case (.flag, .flag(let value)): .flag(value)
        case (.integer, _), (.number, _), (.flag, _): nil
        case (_, .text(let text)): read(text: text)
        default: nil
        }
    }

    private func isKey(_ text: String) -> Bool {
        1...64 ~= text.utf8.count && text.utf8.allSatisfy { 0x21...0x7e ~= $0 }
    }

    /// Digits with at most a minus before them: `+1` and `0x1` are no numbers here.
    private func plainInteger(_ text: String) -> Int64? {
        text.hasPrefix("+") ? nil : Int64(text)
    }
}
