import BackupCatalog
import BackupModel
import Foundation
import Testing
import WorkerKit

@testable import BackupEngine

/// Engines that are killed while they tell; each is a process of its own.
@Suite(.serialized, .timeLimit(.minutes(3))) struct OutboxKillTests {
    private static let count = 12

    /// Posts requests, one after the other, and sends them into a file; meant to be killed.
    private static func tell(in folder: String, slow: Bool) async throws {
        let catalog = try Catalog(path: folder + "/catalog.sqlite")
        let mail = ChannelKind.mail(MailSettings(host: "h", from: "a@b", to: ["c@d"]))
        let settings = VoiceSettings(channels: [ChannelSettings(name: "ops", kind: mail)])
        let voice = try await Voice.open(catalog: catalog, settings: settings) { message in
            append(message.id, to: folder + "/delivered")
            return .delivered
        }
        for number in 1...count {
            let request = Request(
                number: number, kind: .choose, jobs: [], subject: "", what: "w", why: "", answers: [],
                raisedAt: SystemTime.live.wall())
            var fixed = request
            fixed.reminders = [WallTime(milliseconds: 9_000_000_000_000)]
            await voice.note(requestReminder: fixed)
            // Only what is on disk is promised.
            append("\(number)", to: folder + "/posted")
            await voice.tick(SystemTime.live.wall())
        }
        for _ in 0..<(slow ? 400 : 100) where await voice.state.waiting > 0 {
            await voice.tick(SystemTime.live.wall())
            try await Task.sleep(for: .milliseconds(5))
        }
        await voice.close()
        catalog.close()
    }

    /// Sends what a dead engine left, with a clock past every back-off; returns ids as delivered.
    private func finish(_ folder: String) async throws -> [String] {
        let catalog = try Catalog(path: folder + "/catalog.sqlite")
        let mail = ChannelKind.mail(MailSettings(host: "h", from: "a@b", to: ["c@d"]))
        let settings = VoiceSettings(channels: [ChannelSettings(name: "ops", kind: mail)])
        let voice = try await Voice.open(catalog: catalog, settings: settings) { message in
            append(message.id, to: folder + "/delivered")
            return .delivered
        }
        for _ in 0..<500 where await voice.state.waiting > 0 {
            await voice.tick(SystemTime.live.wall().adding(seconds: 600))
            try await Task.sleep(for: .milliseconds(5))
        }
        await voice.close()
        catalog.close()
        return lines(folder + "/delivered")
    }

    private func check(_ folder: String) async throws {
        let posted = lines(folder + "/posted")
        let delivered = try await finish(folder)
        let numbers = delivered.map { $0.split(separator: ".")[1].description }
        #expect(Set(posted).isSubset(of: Set(numbers)), "lost: \(Set(posted).subtracting(numbers))")
        // At most the one under way is told twice, and by the same id.
        #expect(delivered.count - Set(delivered).count <= 1)
        #expect(Set(delivered).count == Set(numbers).count)
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func folder() throws -> String {
        let folder = NSTemporaryDirectory() + "holdfast-kill-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return folder
    }

    @Test(
        "L2 killed at a point of the outbox: nothing lost, at most one told twice",
        arguments: [
            "outbox.begun:kill", "outbox.begun:kill:5", "outbox.sent:kill", "outbox.sent:kill:7",
        ])
    func atPoint(point: String) async throws {
        let folder = try folder()
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String, point = point as String] in
            setenv("SWIFT_BACKTRACE", "enable=no", 1)
            setenv("HOLDFAST_FAILPOINT", point, 1)
            try await OutboxKillTests.tell(in: folder, slow: true)
        }
        try await check(folder)
    }

    @Test("L2 killed at a random time: nothing lost, at most one told twice", arguments: 0..<8)
    func atRandom(round: Int) async throws {
        let folder = try folder()
        await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String, round = round as Int] in
            setenv("SWIFT_BACKTRACE", "enable=no", 1)
            Task.detached {
                try await Task.sleep(for: .milliseconds(10 + round * 12))
                kill(getpid(), SIGKILL)
            }
            try await OutboxKillTests.tell(in: folder, slow: true)
            try await Task.sleep(for: .seconds(20))
        }
        try await check(folder)
    }
}

private func append(_ line: String, to path: String) {
    let file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    let text = line + "\n"
    _ = write(file, text, text.utf8.count)
    close(file)
}

private func lines(_ path: String) -> [String] {
    let data = FileManager.default.contents(atPath: path) ?? Data()
    return data.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
}
