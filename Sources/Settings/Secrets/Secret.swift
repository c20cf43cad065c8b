/// Where a secret is kept; never the secret itself (J13).
package enum SecretSource: Hashable, Sendable {
    /// A file of its own by absolute path.
    case file(String)
    /// A file of that name in systemd's credentials folder.
    case credential(String)

    /// `file:/path` or `credential:NAME`. Anything else is refused unrepeated: it may be the secret.
    package static func parse(_ text: String) throws(BadValue) -> SecretSource {
        if text.hasPrefix("file:") { return .file(try PlainPath.parse(String(text.dropFirst(5)))) }
        guard text.hasPrefix("credential:") else {
            throw BadValue(
                "holds the secret itself, or something else; put it into a file of mode 0600 and write file:/path, "
                    + "or credential:NAME")
        }
        let name = String(text.dropFirst(11))
        guard isName(name) else { throw BadValue("names no credential: 1 to 200 of a-z, A-Z, 0-9, - _ and .") }
        return .credential(name)
    }

    package var text: String {
        switch self {
        case .file(let path): "file:" + path
        case .credential(let name): "credential:" + name
        }
    }

    /// What systemd takes, without what could leave the folder.
    private static func isName(_ name: String) -> Bool {
        (1...200).contains(name.utf8.count) && !name.hasPrefix(".")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}

/// A secret in memory: it shows itself to nobody who prints, logs or reflects it.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The bytes, for the one place that must send them.
    package let reveal: [UInt8]

    package init(_ bytes: [UInt8]) { reveal = bytes }

    package var description: String { "***" }
    package var debugDescription: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension ValueKind where Value == SecretSource {
    static var secret: Self {
        ValueKind("secret", "file:/path or credential:NAME") { node throws(BadValue) in
            try SecretSource.parse(try node.text())
        } write: {
            TOMLString.quoted($0.text)
        }
    }
}
