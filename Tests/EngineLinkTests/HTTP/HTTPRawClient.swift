import Foundation
import Glibc

/// A client that sends the bytes it is given and nothing else; blocking, on a thread of its own.
struct HTTPRawClient: Sendable {
    enum Target: Sendable { case port(Int), path(String) }

    var target: Target

    /// What is sent, and what must have come before the next turn.
    struct Turn: Sendable {
        var send: String
        var until: @Sendable (String) -> Bool

        init(_ send: String, until: @escaping @Sendable (String) -> Bool) {
            self.send = send
            self.until = until
        }
    }

    struct Reply: Sendable, CustomStringConvertible {
        var text: String
        var status: Int { text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0 }
        var body: String { text.split(separator: "\r\n\r\n", maxSplits: 1).dropFirst().first.map(String.init) ?? "" }
        var description: String { text }

        func header(_ name: String) -> String? {
            let head = text.components(separatedBy: "\r\n\r\n")[0]
            return head.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }
                .map { String($0.dropFirst(name.count + 2)) }
        }

        var object: [String: Any]? {
            (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any]
        }

        var errorCode: String? { (object?["error"] as? [String: Any])?["code"] as? String }
    }

    /// Sends bytes and reads until the other side closes, or for at most that long.
    func exchange(_ bytes: [UInt8], seconds: Double = 10) async -> Reply {
        await onThread {
            guard let socket = connected(seconds) else { return Reply(text: "no connection") }
            defer { close(socket) }
            sendAll(socket, bytes)
            return Reply(text: readAll(socket) { _ in false })
        }
    }

    /// Opens a connection, sends, reads until the text satisfies, then acts before it goes on to read the next.
    func conversation(
        _ turns: [Turn], seconds: Double = 10
    ) async -> [String] {
        return await onThread {
            guard let socket = connected(seconds) else { return [] }
            defer { close(socket) }
            return turns.map { turn in
                sendAll(socket, Array(turn.send.utf8))
                return readAll(socket, until: turn.until)
            }
        }
    }

    func get(_ path: String, headers: [String] = [], method: String = "GET") async -> Reply {
        await exchange(request(method, path, headers, ""))
    }

    func post(_ path: String, _ body: String = "", token: String? = "secret", headers: [String] = []) async -> Reply {
        var headers = headers
        if let token { headers.append("Authorization: Bearer \(token)") }
        if !body.isEmpty { headers += ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"] }
        return await exchange(request("POST", path, headers, body))
    }

    private func request(_ method: String, _ path: String, _ headers: [String], _ body: String) -> [UInt8] {
        let lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1", "Connection: close"] + headers
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    }

    func connected(_ seconds: Double) -> Int32? {
        let family = if case .port = target { AF_INET } else { AF_UNIX }
        let socket = Glibc.socket(family, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { return nil }
        var patience = timeval(tv_sec: Int(seconds), tv_usec: Int((seconds - seconds.rounded(.down)) * 1e6))
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let status =
            switch target {
            case .port(let port): connect(socket, port: port)
            case .path(let path): connect(socket, path: path)
            }
        if status == 0 { return socket }
        close(socket)
        return nil
    }

    private func connect(_ socket: Int32, port: Int) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private func connect(_ socket: Int32, path: String) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

/// Runs something that blocks off the cooperative pool.
func onThread<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: work()) }
    }
}

func sendAll(_ socket: Int32, _ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes {
            send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count <= 0 { return }
        sent += count
    }
}

func readAll(_ socket: Int32, until isEnough: (String) -> Bool) -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while !isEnough(String(decoding: bytes, as: UTF8.self)) {
        let count = recv(socket, &buffer, buffer.count, 0)
        if count <= 0 { break }
        bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
}
