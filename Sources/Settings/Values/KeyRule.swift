/// What the documentation says of a key; a test holds the two together.
package struct SettingsKey: Hashable, Sendable {
    package var name: String
    /// `path`, `word`, `whole number`, `size`, `rate`, `share`, `span of time`, `command` ...
    package var kind: String
    /// As written in the table of the documentation, for instance `1 to 64`.
    package var range: String
    /// `required`, `none`, or the value as it would stand in the file.
    package var defaultText: String
    /// What it is for, in a sentence; also in the documentation.
    package var meaning: String

    package init(name: String, kind: String, range: String, defaultText: String, meaning: String) {
        self.name = name
        self.kind = kind
        self.range = range
        self.defaultText = defaultText
        self.meaning = meaning
    }
}

/// One key of a table: what it may be and where it goes.
struct KeyRule<Subject>: Sendable {
    var key: SettingsKey
    var isRequired: Bool { key.defaultText == "required" }
    let read: @Sendable (TOMLNode, inout Subject) throws(BadValue) -> Void
    /// The value as TOML; nil: there is none.
    let write: @Sendable (Subject) -> String?

    private init<Value>(
        _ name: String, _ kind: ValueKind<Value>, _ standard: String, _ meaning: String,
        read: @escaping @Sendable (TOMLNode, inout Subject) throws(BadValue) -> Void,
        write: @escaping @Sendable (Subject) -> String?
    ) {
        key = SettingsKey(
            name: name, kind: kind.kind, range: kind.range, defaultText: standard, meaning: meaning)
        self.read = read
        self.write = write
    }

    /// A key that must be there.
    static func required<Value>(
        _ name: String, _ kind: ValueKind<Value>, _ place: any WritableKeyPath<Subject, Value> & Sendable,
        _ meaning: String
    ) -> Self {
        KeyRule(name, kind, "required", meaning) { node, subject throws(BadValue) in
            subject[keyPath: place] = try kind.read(node)
        } write: {
            kind.write($0[keyPath: place])
        }
    }

    /// A key whose default is what `standard` holds.
    static func key<Value>(
        _ name: String, _ kind: ValueKind<Value>, _ place: any WritableKeyPath<Subject, Value> & Sendable,
        of standard: Subject, _ meaning: String
    ) -> Self {
        KeyRule(name, kind, kind.write(standard[keyPath: place]), meaning) { node, subject throws(BadValue) in
            subject[keyPath: place] = try kind.read(node)
        } write: {
            kind.write($0[keyPath: place])
        }
    }

    /// A key that may be left out.
    static func optional<Value>(
        _ name: String, _ kind: ValueKind<Value>, _ place: any WritableKeyPath<Subject, Value?> & Sendable,
        _ meaning: String
    ) -> Self {
        KeyRule(name, kind, "none", meaning) { node, subject throws(BadValue) in
            subject[keyPath: place] = try kind.read(node)
        } write: {
            $0[keyPath: place].map(kind.write)
        }
    }

    /// A text or list that is empty when left out.
    static func emptyable<Value: Collection>(
        _ name: String, _ kind: ValueKind<Value>, _ place: any WritableKeyPath<Subject, Value> & Sendable,
        _ meaning: String
    ) -> Self {
        KeyRule(name, kind, "none", meaning) { node, subject throws(BadValue) in
            subject[keyPath: place] = try kind.read(node)
        } write: {
            $0[keyPath: place].isEmpty ? nil : kind.write($0[keyPath: place])
        }
    }
}
