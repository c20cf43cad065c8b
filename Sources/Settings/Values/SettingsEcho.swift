package import BackupModel

/// Settings written back with every default filled in and sizes as they were understood (J4).
package enum SettingsEcho {
    /// TOML lines that read back as the same mirror.
    package static func lines(_ mirror: MirrorSettings) -> [String] {
        var pairs = [
            ("source", quoted(mirror.source)), ("target", quoted(mirror.target)),
            ("hash", quoted(mirror.hash.rawValue)), ("workers", String(mirror.workers)),
            ("batch", String(mirror.batch)), ("read_back", quoted(mirror.readBack.rawValue)),
        ]
        if let rate = mirror.rateLimit { pairs.append(("rate_limit", quoted(ByteSize.text(rate) + "/s"))) }
        pairs.append(("keep_free", quoted(ByteSize.text(mirror.keepFree))))
        if let budget = mirror.sizeBudget { pairs.append(("size_budget", quoted(ByteSize.text(budget)))) }
        pairs += [
            ("max_shrink", String(mirror.maxShrink)), ("full_walk_days", String(mirror.fullWalkDays)),
            ("retries", String(mirror.retries)), ("verify_every_days", String(mirror.verifyEveryDays)),
        ]
        return ["[mirror.\(mirror.name)]"] + pairs.map { $0.0 + " = " + $0.1 }
    }

    /// A TOML string; controls as escapes, so that it is also safe to print.
    private static func quoted(_ text: String) -> String {
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

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        let text = String(Character(scalar))
        return printable(text.utf8) == text
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
    }
}
