import BackupModel

/// Values written as TOML; controls as escapes, so that the text is also safe to print.
enum TOMLString {
    static func quoted(_ text: String) -> String {
        let body = text.unicodeScalars.map { scalar -> String in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            case _ where isVisible(scalar): String(Character(scalar))
            default: escape(scalar)
            }
        }
        return "\"" + body.joined() + "\""
    }

    static func list(_ texts: [String]) -> String { "[" + texts.map(quoted).joined(separator: ", ") + "]" }

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        let text = String(Character(scalar))
        return printable(text.utf8) == text
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
    }
}
