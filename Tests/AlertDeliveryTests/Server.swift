import BackupModel
import Foundation
import Synchronization
import Testing

/// A server program of this folder on loopback; it ends with this value.
final class Server: Sendable {
    struct Fact: Decodable, Sendable {
        var event: String
        var port: Int?
        var verb: String?
        var kept: Bool?
        var tls: Bool?
        var sender: String?
        var receivers: [String]?
        var user: String?
        var subject: String?
        var id: String?
        var headers: Headers?
        var body: String?
        var longest: Int?
        var defects: Int?
        var bare: Int?
        var ascii: Bool?
        var date: String?
        var method: String?
        var path: String?

        /// Names of a mail's headers, or headers of a request.
        enum Headers: Decodable, Sendable {
            case names([String])
            case values([String: String])

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let names = try? container.decode([String].self) {
                    self = .names(names)
                } else {
                    self = .values(try container.decode([String: String].self))
                }
            }
        }
    }

    let port: Int
    private let process: Process
    private let input: Pipe
    private let reader: Task<Void, Never>
    private let box = Box()
    private final class Box: Sendable { let facts = Mutex<[Fact]>([]) }

    init(_ program: String, _ plan: [String: any Sendable]) async throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
        let text = String(decoding: try JSONSerialization.data(withJSONObject: plan), as: UTF8.self)
        process.arguments = ["python3", "\(folder)/Servers/\(program).py", text]
        let output = Pipe()
        input = Pipe()
        process.standardOutput = output
        process.standardInput = input
        try process.run()
        let lines = Self.lines(of: output)
        var iterator = lines.makeAsyncIterator()
        let first = try #require(await iterator.next())
        port = try #require(first.port)
        reader = Task { [box] in
            for await fact in lines { box.facts.withLock { $0.append(fact) } }
        }
    }

    deinit {
        reader.cancel()
        try? input.fileHandleForWriting.close()
        process.terminate()
    }

    private static func lines(of pipe: Pipe) -> AsyncStream<Fact> {
        let (stream, continuation) = AsyncStream.makeStream(of: Fact.self)
        let rest = Mutex(Data())
        pipe.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty {
                handle.readabilityHandler = nil
                continuation.finish()
                return
            }
            rest.withLock { rest in
                rest += data
                while let end = rest.firstIndex(of: 10) {
                    if let fact = try? JSONDecoder().decode(Fact.self, from: rest[..<end]) { continuation.yield(fact) }
                    rest = Data(rest[(end + 1)...])
                }
            }
        }
        return stream
    }

    var facts: [Fact] { box.facts.withLock { $0 } }
    var verbs: [String] { facts.compactMap(\.verb) }
    var mails: [Fact] { facts.filter { $0.event == "mail" } }
    var requests: [Fact] { facts.filter { $0.event == "request" } }

    /// Waits until it has seen as much as wanted.
    func wait(until isWanted: (Server) -> Bool) async throws {
        for _ in 0..<500 {
            if isWanted(self) { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("the server did not see it: \(facts.map(\.event))")
    }
}

/// What must appear nowhere.
let canary = Secret("canary-4f1c/bird+song")

extension Message {
    static func sample(
        _ subject: String = "[host] ERROR nightly: the target is away", body: String = "the drive is not there\n"
    ) -> Message {
        Message(
            id: "alert.7.1760000000000.0.ops", channel: "ops", occasion: .alert, topic: "nightly", subject: subject,
            body: body, severity: .error, facts: [Fact("code", "DESTINATION_LOST")],
            createdAt: WallTime(milliseconds: 1_760_000_000_000))
    }
}
