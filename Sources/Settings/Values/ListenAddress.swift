/// Where the engine answers other programs: on this machine only, for what it says is not encrypted.
package enum ListenAddress: Hashable, Sendable {
    /// A loopback address and its port.
    case loopback(host: String, port: Int)
    /// A Unix socket; who may open it is decided by its folder.
    case unix(path: String)

    /// `127.0.0.1:9595`, `[::1]:9595`, `localhost:9595` or `unix:/path`.
    package static func parse(_ text: String) throws(BadValue) -> ListenAddress {
        if text.hasPrefix("unix:") {
            let path = try PlainPath.parse(String(text.dropFirst(5)))
            // sun_path holds 108 bytes with the NUL.
            guard path.utf8.count <= 107 else { throw BadValue("is too long for a socket: 107 bytes") }
            return .unix(path: path)
        }
        guard let colon = text.lastIndex(of: ":") else { throw malformed }
        let host = String(text[..<colon])
        let digits = text[text.index(after: colon)...]
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), digits.count <= 5, let port = Int(digits) else {
            throw malformed
        }
        guard (1...65_535).contains(port) else { throw BadValue("has an impossible port: 1 to 65535") }
        guard isLoopback(host) else {
            throw BadValue("is not on this machine; use 127.0.0.1, [::1] or unix:/path, and a proxy for the network")
        }
        return .loopback(host: host == "[::1]" ? "::1" : host, port: port)
    }

    package var text: String {
        switch self {
        case .loopback(let host, let port): (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
        case .unix(let path): "unix:" + path
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "[::1]" || isLoopbackAddress(host)
    }

    static func isLoopbackAddress(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { UInt8($0) != nil && $0.allSatisfy { $0.isASCII && $0.isNumber } }
    }

    private static let malformed = BadValue(
        "is not an address; write 127.0.0.1:9595, [::1]:9595 or unix:/run/holdfast/metrics.sock")
}

extension ValueKind where Value == ListenAddress {
    static var address: Self {
        ValueKind("address", "loopback, or unix:/path") { node throws(BadValue) in
            try ListenAddress.parse(try node.text())
        } write: {
            TOMLString.quoted($0.text)
        }
    }
}
