import BackupModel
import Foundation
import Testing

@testable import BackupCatalog

@Suite struct OutboxTests {
    private let folder = NSTemporaryDirectory() + "holdfast-outbox-" + UUID().uuidString
    private let now = WallTime(milliseconds: 1_760_000_000_000)

    private func catalog() throws -> Catalog {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return try Catalog(path: folder + "/catalog.sqlite")
    }

    private func message(_ id: String, topic: String = "nightly") -> Message {
        Message(
            id: id, channel: "ops", occasion: .alert, topic: topic, subject: "s \(id)", body: "b\n", severity: .warn,
            facts: [Message.Fact("code", "X")], createdAt: now)
    }

    @Test("a message is kept once, with the same bytes after the file is opened again")
    func once() throws {
        var catalog = try catalog()
        var one = message("1")
        #expect(try catalog.post([one, message("2"), one]).map(\.id) == ["1", "2"])
        one.attempts = 1
        one.notBefore = now.adding(seconds: 60)
        try catalog.begin(one)
        catalog.close()
        catalog = try self.catalog()
        #expect(try catalog.waitingMessages() == [one, message("2")])
        try catalog.end("1", .delivered, at: now)
        #expect(try catalog.post([one]).isEmpty, "what was told is not told again")
        #expect(try catalog.waitingMessages() == [message("2")])
        try catalog.end("2", .refused, at: now, problem: "550")
        #expect(try catalog.sentMessages(since: now).map(\.topic) == ["nightly"])
        #expect(try catalog.forgetMessages(endedBefore: now.adding(seconds: 1)) == 2)
        #expect(try catalog.post([one]).count == 1)
        catalog.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    @Test("parts end with the whole, and parts of parts too")
    func joined() throws {
        let catalog = try catalog()
        _ = try catalog.post((1...4).map { message("\($0)", topic: "t\($0)") })
        var whole = message("1", topic: "t1")
        whole.body = "one and two\n"
        try catalog.join(["1", "2"], into: whole)
        #expect(try catalog.waitingMessages().map(\.body) == ["one and two\n", "b\n", "b\n"])
        var late = message("late", topic: "")
        late.body = "all\n"
        try catalog.join(["1", "3"], into: late)
        #expect(try catalog.waitingMessages().map(\.id) == ["4", "late"])
        try catalog.end("late", .delivered, at: now.adding(seconds: 5))
        let sent = try catalog.sentMessages(since: now)
        #expect(Set(sent.map(\.topic)) == ["t1", "t2", "t3", ""])
        #expect(sent.filter { !$0.wasJoined }.map(\.topic) == [""])
        catalog.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    @Test("what people know of is kept and settled with the messages")
    func told() throws {
        let catalog = try catalog()
        let failure = Failure(code: "X", side: .engine, message: "m")
        let alert = Alert(id: 7, severity: .error, raisedAt: now, subject: "nightly", failure: failure)
        let one = ToldAlert(key: "7.1", alert: alert, messages: ["1"], channels: ["ops"])
        _ = try catalog.post([message("1")], telling: [one])
        #expect(try catalog.toldAlerts() == [one])
        _ = try catalog.post([message("2")], settling: ["7.1"])
        #expect(try catalog.toldAlerts().isEmpty)
        #expect(try catalog.newestDigest() == nil)
        var digest = message("d")
        digest.occasion = .digest
        _ = try catalog.post([digest])
        #expect(try catalog.newestDigest() == now)
        catalog.close()
        try? FileManager.default.removeItem(atPath: folder)
    }
}
