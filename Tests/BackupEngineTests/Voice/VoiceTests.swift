import BackupCatalog
import BackupModel
import Foundation
import Synchronization
import Testing
import WorkerKit

@testable import BackupEngine

/// A voice on a catalog of its own, a clock that is moved by hand, and channels that do as they are told.
final class VoiceBench: Sendable {
    let folder = NSTemporaryDirectory() + "holdfast-voice-" + UUID().uuidString
    let time = ManualTime()
    let settings: VoiceSettings
    /// What each channel answers; delivered where nothing is said.
    let answers = Mutex<[String: DeliveryResult]>([:])
    let hanging = Mutex<Set<String>>([])
    let got = Mutex<[Message]>([])
    let events = Mutex<[Event]>([])

    init(_ change: (inout VoiceSettings) -> Void = { _ in }) throws {
        let mail = ChannelKind.mail(MailSettings(host: "h", from: "a@b", to: ["c@d"]))
        var settings = VoiceSettings(
            channels: [ChannelSettings(name: "ops", kind: mail), ChannelSettings(name: "chat", kind: mail)],
            on: Set(VoiceOccasion.allCases))
        change(&settings)
        self.settings = settings
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var now: WallTime { time.time.wall() }
    func subjects(_ channel: String) -> [String] {
        got.withLock { $0.filter { $0.channel == channel }.map(\.subject) }
    }

    func catalog() throws -> Catalog { try Catalog(path: folder + "/catalog.sqlite") }

    func voice(_ catalog: Catalog) async throws -> Voice {
        let parts = Voice.Parts(
            send: { message in
                while self.hanging.withLock({ $0.contains(message.channel) }), !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(5))
                }
                let answer = self.answers.withLock { $0[message.channel] } ?? .delivered
                if answer == .delivered { self.got.withLock { $0.append(message) } }
                return answer
            }, events: { event in self.events.withLock { $0.append(event) } })
        return try await Voice.open(
            catalog: catalog, settings: settings, host: "store", redaction: Redaction([Secret("hunter2hunter2")]),
            time: time.time, parts: parts)
    }

    /// Moves the clock in steps of a second, and lets what is under way end after each.
    func pass(_ seconds: Int, _ voice: Voice) async {
        for _ in 0..<seconds {
            time.advance(seconds: 1)
            await voice.tick(now)
            for _ in 0..<2000 where await voice.busy(but: hanging.withLock { $0 }) { await Task.yield() }
        }
    }

    func state(_ alerts: [Alert]) -> EngineState {
        EngineState(host: "store", version: "0", startedAt: now, at: now, alerts: alerts)
    }

    func alert(_ id: Int, _ subject: String = "nightly") -> Alert {
        Alert(
            id: id, severity: .error, raisedAt: now, subject: subject,
            failure: Failure(code: "X\(id)", side: .destination, message: "away, password hunter2hunter2"))
    }
}

extension Voice {
    func busy(but channels: Set<String>) -> Bool { lanes.keys.contains { !channels.contains($0) } }
}

@Suite(.timeLimit(.minutes(2))) struct VoiceTests {
    @Test("an alert reaches every channel once, its end too, and no secret with them")
    func alertAndRecovery() async throws {
        let bench = try VoiceBench()
        let catalog = try bench.catalog()
        let voice = try await bench.voice(catalog)
        let alert = bench.alert(1)
        #expect(await voice.escalation(for: alert).map(\.channel) == ["ops", "chat"])
        for _ in 0..<3 {
            await voice.note(state: bench.state([alert]))
            await bench.pass(20, voice)
        }
        #expect(bench.subjects("ops") == ["[store] ERROR nightly: away, password [secret]"])
        #expect(bench.subjects("chat").count == 1)
        #expect(await voice.escalation(for: alert).isEmpty)
        await voice.note(state: bench.state([]))
        await bench.pass(90, voice)
        #expect(bench.subjects("ops").last == "[store] well again, nightly: no more X1")
        #expect(await voice.state.waiting == 0)
        #expect(await voice.state.lastDeliveredAt != nil)
        let all = "\(bench.got.withLock { $0 })\(bench.events.withLock { $0 })"
        #expect(!all.contains("hunter2"))
        await voice.close()
        catalog.close()
    }

    @Test("new settings bring new ways out: what sends, and what gives the sign of life")
    func newWays() async throws {
        let bench = try VoiceBench()
        let catalog = try bench.catalog()
        let voice = try await bench.voice(catalog)
        let sent = Mutex<[String]>([]), beats = Mutex(0)
        var settings = bench.settings
        settings.channels.append(ChannelSettings(name: "late", kind: settings.channels[0].kind))
        settings.ping = PingSettings(target: .url("https:\u{2F}/example.org"), every: 10)
        await voice.obey(
            settings, redaction: Redaction(),
            send: { message in
                sent.withLock { $0.append(message.channel) }
                return .delivered
            },
            ping: { _ in
                beats.withLock { $0 += 1 }
                return .delivered
            })
        #expect(await voice.sendTest("late"))
        await bench.pass(30, voice)
        #expect(sent.withLock { $0 } == ["late"])
        #expect(beats.withLock { $0 } >= 2)
        await voice.close()
        catalog.close()
    }

    @Test("an alert held back as the like was told within the hour, and over meanwhile, is told by its end alone")
    func overBeforeTold() async throws {
        let bench = try VoiceBench { $0.gather = 0 }
        let catalog = try bench.catalog()
        let voice = try await bench.voice(catalog)
        for number in 1...2 {
            await voice.note(state: bench.state([bench.alert(number)]))
            await bench.pass(5, voice)
            await voice.note(state: bench.state([]))
            await bench.pass(70, voice)
        }
        #expect(await voice.state.waiting == 2)
        bench.time.advance(seconds: 7200)
        await bench.pass(5, voice)
        let told = bench.got.withLock { $0.filter { $0.channel == "ops" } }
        #expect(told.map(\.occasion) == [.alert, .recovery, .recovery])
        #expect(told.map { $0.body.contains("not told by itself") } == [false, false, true])
        #expect(await voice.state.waiting == 0)
        #expect(try catalog.waitingMessages().isEmpty)
        await voice.close()
        catalog.close()
    }

    @Test("L5 L6 a channel that hangs delays no other, and what was not told shows")
    func hanging() async throws {
        let bench = try VoiceBench()
        let catalog = try bench.catalog()
        let voice = try await bench.voice(catalog)
        bench.hanging.withLock { $0 = ["ops"] }
        await voice.note(state: bench.state([bench.alert(1)]))
        await bench.pass(60, voice)
        #expect(bench.subjects("chat").count == 1 && bench.subjects("ops").isEmpty)
        #expect(await voice.state.waiting == 1)
        #expect(await voice.state.oldestWaitingAt != nil)
        await voice.close(patience: .milliseconds(50))
        catalog.close()
    }

    @Test("L5 failures are tried again with back-off for a day, then told as one list; a restart changes nothing")
    func backoff() async throws {
        let bench = try VoiceBench { $0.gather = 0 }
        var catalog = try bench.catalog()
        var voice = try await bench.voice(catalog)
        let tries = Mutex(0)
        bench.answers.withLock { $0["ops"] = .again(reason: "451 busy, hunter2hunter2", after: nil) }
        await voice.note(state: bench.state([bench.alert(1), bench.alert(2, "weekly")]))
        for _ in 0..<30 {
            bench.time.advance(seconds: 3600)
            await bench.pass(1, voice)
            tries.withLock { $0 += 1 }
        }
        #expect(await voice.state.lastProblem == "ops: 451 busy, [secret]")
        #expect(await voice.state.waiting == 1)
        await voice.close()
        catalog.close()
        catalog = try bench.catalog()
        voice = try await bench.voice(catalog)
        #expect(await voice.state.waiting == 1)
        bench.answers.withLock { $0 = [:] }
        bench.time.advance(seconds: 7200)
        await bench.pass(2, voice)
        #expect(bench.subjects("ops").count == 1)
        #expect(bench.got.withLock { $0.last { $0.channel == "ops" }?.body.contains("weekly") } == true)
        #expect(await voice.state.waiting == 0)
        await voice.close()
        catalog.close()
    }

    @Test("what can never be delivered ends, and the log says why")
    func refused() async throws {
        let bench = try VoiceBench()
        let catalog = try bench.catalog()
        let voice = try await bench.voice(catalog)
        bench.answers.withLock { $0["ops"] = .refused(reason: "550 nobody") }
        await voice.note(state: bench.state([bench.alert(1)]))
        await bench.pass(30, voice)
        #expect(await voice.state.waiting == 0)
        #expect(await voice.state.lastProblem == "ops: 550 nobody")
        #expect(bench.events.withLock { $0.contains { $0.code == "MESSAGE_UNDELIVERED" } })
        await voice.close()
        catalog.close()
    }

    @Test("good ends are told, failed ones are left to their alert; requests go at once")
    func jobsAndRequests() async throws {
        let bench = try VoiceBench()
        let catalog = try bench.catalog()
        let voice = try await bench.voice(catalog)
        var run = JobRun(
            run: RunID(bits: 1), job: "nightly", kind: .mirrorRun, trigger: .schedule, startedAt: bench.now)
        run.endedAt = bench.now.adding(seconds: 90)
        for result in [JobResult.failed, .skipped, .ok] {
            run.result = result
            await voice.note(jobEnded: run)
            await voice.note(jobEnded: run)
        }
        let request = Request(
            number: 12, kind: .attachVolume, jobs: ["nightly"], subject: "u", what: "attach cold", why: "away",
            answers: [RequestAnswer(word: "attached", meaning: "it is there")], raisedAt: bench.now)
        await voice.note(requestReminder: request)
        await bench.pass(1, voice)
        #expect(bench.subjects("ops") == ["[store] request 12: attach cold"])
        #expect(bench.got.withLock { $0.first?.body.contains("holdfast answer 12 attached") } == true)
        await bench.pass(30, voice)
        #expect(bench.subjects("ops").last == "[store] nightly ok in 01:30")
        #expect(bench.subjects("ops").count == 2)
        await voice.close()
        catalog.close()
    }

    @Test("maintenance mutes alerts, and they are told after it")
    func maintenance() async throws {
        let bench = try VoiceBench()
        let catalog = try bench.catalog()
        let voice = try await bench.voice(catalog)
        var state = bench.state([bench.alert(1)])
        state.hold.maintenanceUntil = bench.now.adding(seconds: 100)
        await voice.note(state: state)
        await bench.pass(90, voice)
        #expect(bench.subjects("ops").isEmpty)
        await bench.pass(60, voice)
        #expect(bench.subjects("ops").count == 1)
        await voice.close()
        catalog.close()
    }

    @Test("the digest goes out once at its hour, also when an engine begins after it")
    func digest() async throws {
        let bench = try VoiceBench {
            $0.digest = DigestSettings(hour: "09:00", zone: "UTC", channels: ["ops"])
        }
        var catalog = try bench.catalog()
        var voice = try await bench.voice(catalog)
        await voice.note(state: bench.state([]))
        await bench.pass(500, voice)
        #expect(bench.subjects("ops") == ["[store] daily report 2025-10-09: all well"])
        await voice.close()
        catalog.close()
        bench.time.advance(seconds: 30 * 3600)
        catalog = try bench.catalog()
        voice = try await bench.voice(catalog)
        await voice.note(state: bench.state([]))
        await bench.pass(5, voice)
        #expect(bench.subjects("ops").last == "[store] daily report 2025-10-10: all well")
        #expect(bench.subjects("ops").count == 2)
        await voice.close()
        catalog.close()
    }

    @Test("L9 the sign of life is a file that is written anew")
    func signOfLife() async throws {
        let bench = try VoiceBench()
        let path = bench.folder + "/alive"
        #expect(await writeSignOfLife(to: path, at: bench.now) == .delivered)
        #expect(await writeSignOfLife(to: path, at: bench.now.adding(seconds: 60)) == .delivered)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "2025-10-09T08:54:20Z\n")
        #expect(await writeSignOfLife(to: "/proc/none/alive", at: bench.now).reason != nil)
        #expect(await writeSignOfLife(to: "alive", at: bench.now).reason != nil)
    }

    @Test("a disk that takes nothing stops no message")
    func fullDisk() async throws {
        let bench = try VoiceBench { $0.gather = 0 }
        try bench.catalog().close()
        let catalog = try Catalog(path: bench.folder + "/catalog.sqlite", access: .reading)
        let voice = try await bench.voice(catalog)
        await voice.note(state: bench.state([bench.alert(1)]))
        await bench.pass(3, voice)
        #expect(bench.subjects("ops").count == 1)
        #expect(bench.events.withLock { $0.contains { $0.code == "OUTBOX_NOT_KEPT" } })
        await voice.close()
        catalog.close()
    }
}

@Suite struct ProgramDeliveryTests {
    private let message = Message(
        id: "i", channel: "c", occasion: .alert, topic: "t", subject: "s {body} $(id) `id`", body: "b\0 {id}\n",
        severity: .warn, createdAt: WallTime(milliseconds: 0))

    @Test("placeholders are put in once, as they are")
    func placeholders() {
        let made = ProgramDelivery.arguments(
            ["tell", "{subject}", "--x={severity}/{host}", "{none} {", "{body}"], message, host: "store")
        #expect(made == ["tell", "s {body} $(id) `id`", "--x=warn/store", "{none} {", "b {id}\n"])
    }

    @Test("a command is run without a shell; its status is the answer, its words hold no secret")
    func runs() async {
        let delivery = ProgramDelivery(host: "store", redaction: Redaction([Secret("hunter2hunter2")]))
        func result(_ arguments: [String], timeout: Double = 20) async -> DeliveryResult {
            var settings = CommandChannelSettings(arguments: arguments)
            settings.timeout = timeout
            return await delivery.deliver(message, by: settings)
        }
        #expect(await result(["test", "{severity} $(id)", "=", "warn $(id)"]) == .delivered)
        #expect(await result(["false"]).reason == "false ended with status 1")
        #expect(await result(["ls", "/nowhere/hunter2hunter2"]).reason?.contains("hunter2") == false)
        #expect(await result(["no-such-program"]).reason?.contains("cannot start") == true)
        #expect(await result(["sleep", "30"], timeout: 0.2).reason == "sleep did not end in time")
    }
}
