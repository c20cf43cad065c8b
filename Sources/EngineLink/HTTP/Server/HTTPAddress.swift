import BackupModel

/// Where the API listens: this machine only.
package enum HTTPAddress: Hashable, Sendable, CustomStringConvertible {
    /// A loopback address and a port; 0 takes a free one.
    case tcp(host: String, port: Int)
    /// The path of a Unix socket.
    case unix(path: String)

    /// Reads `127.0.0.1:9464`, `[::1]:9464`, `localhost:9464`, `/run/x/http.sock`; nil when it is none of them or not
    /// on this machine alone.
    package init?(_ text: String) {
        if text.hasPrefix("/") {
            self = .unix(path: text)
        } else {
            guard let (host, port) = splitHost(text), let port, isLoopback(host: host) else { return nil }
            self = .tcp(host: host, port: port)
        }
    }

    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }

    /// Nobody on another machine can reach it.
    package var isLocal: Bool {
        switch self {
        case .tcp(let host, let port): isLoopback(host: host) && 0...65535 ~= port
        case .unix(let path): path.hasPrefix("/")
        }
    }
}

/// Whether a Host header names this machine, with or without a port: any other name was resolved by somebody else
/// (DNS rebinding).
func isLoopback(hostHeader: String) -> Bool {
    guard let (host, _) = splitHost(hostHeader) else { return false }
    return isLoopback(host: host)
}

private func isLoopback(host: String) -> Bool {
    let name = host.lowercased()
    if name == "localhost" || name == "::1" { return true }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { isOctet($0) }
}

private func isOctet(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { 48...57 ~= $0 } && UInt8(text) != nil
}

/// Host and port; the port is nil when there is none, the whole is nil when it is malformed.
private func splitHost(_ text: String) -> (String, Int?)? {
    var host = text[...]
    var port: Substring?
    if host.hasPrefix("[") {
        guard let end = host.firstIndex(of: "]") else { return nil }
        let rest = host[host.index(after: end)...]
        guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
        if !rest.isEmpty { port = rest.dropFirst() }
        host = host[..<end].dropFirst()
    } else if let colon = host.firstIndex(of: ":") {
        port = host[host.index(after: colon)...]
        host = host[..<colon]
    }
    guard let port else { return (String(host), nil) }
    guard port.utf8.allSatisfy({ 48...57 ~= $0 }), let number = UInt16(port) else { return nil }
    return (String(host), Int(number))
}
