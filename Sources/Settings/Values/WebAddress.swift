import Foundation

/// What must be known of a URL before a secret is sent to it.
struct WebAddress: Hashable {
    var isEncrypted: Bool
    var host: String
    /// Somebody's name or password stands before the host.
    var holdsUser: Bool

    /// Nil unless it is `http` or `https`, printable ASCII, with a host and no fragment.
    init?(_ text: String) {
        guard text.utf8.count <= 2000, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") })
        else { return nil }
        // Braces are not for URLs; those of {token} stand for a plain word here.
        let plain = text.replacing("{token}", with: "token")
        guard let parts = URLComponents(string: plain), let host = parts.host, !host.isEmpty, parts.fragment == nil,
            let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme)
        else { return nil }
        isEncrypted = scheme == "https"
        self.host = host.lowercased()
        holdsUser = parts.user != nil || parts.password != nil
    }

    /// A URL in quotes for showing: what comes after the host may be a secret.
    static func withoutPath(_ quoted: String) -> String {
        let parts = quoted.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        return parts.count == 4 && parts[3].count > 1 ? parts[..<3].joined(separator: "/") + "/...\"" : quoted
    }

    var isThisMachine: Bool { Self.isThisMachine(host) }

    static func isThisMachine(_ host: String) -> Bool {
        ["localhost", "::1", "[::1]"].contains(host) || ListenAddress.isLoopbackAddress(host)
    }
}
