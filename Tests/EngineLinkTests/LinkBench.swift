import BackupModel
import Foundation
import Glibc
import NIOCore
import Synchronization
import Testing

@testable import EngineLink

/// A folder, an engine behind its sockets, and what the server reported.
struct LinkBench: Sendable {
    let folder: String
    let engine: FakeEngine
    let incidents = Incidents()

    final class Incidents: Sendable {
        private let all = Mutex<[LinkIncident]>([])
        var codes: [String] { all.withLock { $0.map(\.failure.code) } }
        func add(_ incident: LinkIncident) { all.withLock { $0.append(incident) } }
    }

    /// The parent is made here; the folder itself is the server's to make.
    init(padding: Int = 0) throws {
        let parent = "/tmp/hl-" + String(UInt32.random(in: .min ... .max), radix: 36)
        try #require(mkdir(parent, 0o755) == 0)
        folder = parent + "/run"
        engine = FakeEngine(padding: padding)
    }

    var socket: String { folder + "/engine.sock" }
    var viewSocket: String { folder + "/view.sock" }

    var settings: LinkServerSettings {
        LinkServerSettings(
            runtimeFolder: folder, stateFolder: Array("/var/lib/x".utf8), host: "vault", program: "9",
            wall: { WallTime(milliseconds: 5) }, checkLock: {},
            onIncident: { [incidents] in incidents.add($0) })
    }

    func client(
        _ wish: LinkClientSettings.Wish = .operate,
        _ change: (inout LinkClientSettings) -> Void = { _ in }
    ) -> LinkClient {
        var settings = LinkClientSettings(
            runtimeFolder: folder, stateFolder: Array("/var/lib/x".utf8), program: "9", via: "pts/1",
            wish: wish,
            wall: { WallTime(milliseconds: 7) })
        change(&settings)
        return LinkClient(settings)
    }

    /// Runs the body beside a server with these settings.
    func serve(
        _ change: (inout LinkServerSettings) -> Void = { _ in },
        _ body: @Sendable () async throws -> Void
    ) async throws {
        var settings = settings
        change(&settings)
        let server = try await LinkServer.start(settings, service: engine)
        do { try await body() } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: (folder as NSString).deletingLastPathComponent)
    }
}

/// Waits until something holds; a failed test says what did not.
func eventually(
    _ what: String, within seconds: Double = 10, _ holds: @Sendable () async throws -> Bool,
    at place: SourceLocation = #_sourceLocation
) async throws {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
        if try await holds() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("never: \(what)", sourceLocation: place)
}

/// Blocking work on a thread that may block.
func blocking<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}

/// A caller that may say anything. Blocks.
final class RawCaller: Sendable {
    let fd: Int32

    init(_ path: String) throws {
        fd = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(fd, $0, size) }
        }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard result == 0 else {
            Glibc.close(fd)
            throw Lost(errno: errno)
        }
    }

    struct Lost: Error { var errno: Int32 }

    func close() { Glibc.close(fd) }

    /// False when the other end has closed.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(fd, $0.baseAddress?.advanced(by: done), bytes.count - done, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            done += count
        }
        return true
    }

    @discardableResult
    func frame(_ json: [UInt8]) -> Bool {
        write(withUnsafeBytes(of: UInt32(json.count).bigEndian, Array.init) + json)
    }

    @discardableResult
    func frame(_ json: String) -> Bool { frame(Array(json.utf8)) }

    @discardableResult
    func say(_ message: WireMessage) throws -> Bool {
        write(Array(try WireCoder().frame(message).readableBytesView))
    }

    /// The next message, or nil when the connection has ended.
    func hear() throws -> WireMessage? {
        guard let head = read(4) else { return nil }
        let length = head.reduce(0) { $0 << 8 | Int($1) }
        guard let json = read(length) else { return nil }
        guard case .message(let message) = WireCoder().reading(ByteBuffer(bytes: json)) else {
            throw Lost(errno: 0)
        }
        return message
    }

    func attach(_ versions: WireVersions = .current, isBrief: Bool? = nil) throws -> WireMessage? {
        try say(
            .hello(
                Hello(
                    lowest: versions.lowest, highest: versions.highest, program: "raw", stateFolder: nil,
                    via: "raw", isBrief: isBrief)))
        return try hear()
    }

    /// The code of the one refusal before the end, or nil.
    func refusalThenEnd() throws -> String? {
        var code: String?
        while let message = try hear() {
            guard case .refused(let failure) = message, code == nil else { return "more than a refusal" }
            code = failure.code
        }
        return code
    }

    private func read(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes {
                Glibc.read(fd, $0.baseAddress?.advanced(by: done), count - done)
            }
            if got <= 0 { return nil }
            done += got
        }
        return bytes
    }
}

/// Own resident memory in bytes.
func residentBytes() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
        return 0
    }
    return (Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0) * 4096
}

func openDescriptors() -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
}

var isLong: Bool { ProcessInfo.processInfo.environment["HOLDFAST_LONG"] != nil }
