import BackupModel

extension ValueKind where Value == SecretReference {
    /// `file:/path` or `credential:NAME`. Anything else is refused unrepeated: it may be the secret (J13).
    static var secret: Self {
        ValueKind("secret", "file:/path or credential:NAME") { node throws(BadValue) in
            let text = try node.text()
            guard let reference = SecretReference(text) else { throw refusal(of: text) }
            switch reference {
            case .file(let path): return .file(try PlainPath.parse(path))
            case .credential(let name):
                guard isCredential(name) else { throw refusal(of: text) }
                return reference
            }
        } write: {
            TOMLString.quoted($0.text)
        }
    }

    private static func refusal(of text: String) -> BadValue {
        if text.hasPrefix("file:") { return BadValue("names no absolute path after file:") }
        if text.hasPrefix("credential:") {
            return BadValue("names no credential: 1 to 200 of a-z, A-Z, 0-9, - _ and ., not beginning with a dot")
        }
        return BadValue(
            "holds the secret itself, or something else; put it into a file of mode 0600 and write file:/path, "
                + "or credential:NAME")
    }

    /// What systemd takes, without what could leave its folder.
    private static func isCredential(_ name: String) -> Bool {
        (1...200).contains(name.utf8.count)
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
