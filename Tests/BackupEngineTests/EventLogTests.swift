import BackupCatalog
import BackupModel
import Foundation
import Synchronization
import Testing

@testable import BackupEngine

@Suite(.timeLimit(.minutes(1))) struct EventLogTests {
    private func event(_ message: String, _ severity: Severity = .info) -> Event {
        Event(
            at: WallTime(milliseconds: 1_760_000_000_000), severity: severity, component: "copy", code: "SOME",
            message: message)
    }

    @Test("events keep their order, get numbers without gaps, and are all kept")
    func order() async throws {
        let place = try Place()
        let catalog = try Catalog(path: place.path + "/catalog.sqlite")
        let told = Mutex<[Event]>([])
        let log = try EventLog(catalog: catalog, logPath: place.path + "/log.jsonl") { event in
            told.withLock { $0.append(event) }
        }
        await log.start()
        for number in 1...250 { log.post(event("event \(number)", number % 50 == 0 ? .warn : .info)) }
        await log.close()
        let seen = told.withLock { $0 }
        #expect(seen.map(\.message) == (1...250).map { "event \($0)" })
        #expect(seen.map(\.number) == (1...250).map { Int64($0) })
        #expect(await log.recent == seen.suffix(200))
        #expect(await log.unkept == 0)
        #expect(place.lines("log.jsonl").count == 250)

        let page = try await log.page(before: 101, limit: 3, atLeast: .debug)
        #expect(page.map(\.number) == [100, 99, 98])
        let grave = try await log.page(before: nil, limit: 10, atLeast: .warn)
        #expect(grave.map(\.number) == [250, 200, 150, 100, 50])
        catalog.close()
    }

    @Test("the newest events of the last time are there from the start")
    func again() async throws {
        let place = try Place()
        let catalog = try Catalog(path: place.path + "/catalog.sqlite")
        _ = try catalog.append([event("debug", .debug), event("first"), event("second")])
        let log = try EventLog(catalog: catalog, logPath: nil) { _ in }
        await log.start()
        #expect(await log.recent.map(\.message) == ["first", "second"])
        await log.close()
        catalog.close()
    }

    @Test("A8 a catalog that takes nothing stops no event: it is counted, shown and in the log file")
    func unkept() async throws {
        let place = try Place()
        let path = place.path + "/catalog.sqlite"
        try Catalog(path: path).close()
        let catalog = try Catalog(path: path, access: .reading)
        let told = Mutex(0)
        let log = try EventLog(catalog: catalog, logPath: place.path + "/log.jsonl") { _ in told.withLock { $0 += 1 } }
        await log.start()
        for number in 1...3 { log.post(event("event \(number)")) }
        await log.close()
        #expect(await log.unkept == 3)
        #expect(await log.recent.map(\.number) == [0, 0, 0])
        #expect(told.withLock { $0 } == 3)
        #expect(place.lines("log.jsonl").count == 3)
        catalog.close()
    }
}

@Suite struct JSONLinesFileTests {
    private func event(_ number: Int64, message: String = "a message", failure: Failure? = nil) -> Event {
        Event(
            number: number, at: WallTime(milliseconds: 1_760_000_000_118), severity: .warn, component: "copy",
            code: "BLOB_FAILED", job: "cold", message: message, failure: failure)
    }

    @Test("a line has the time as text, stable codes, and only what there is")
    func line() throws {
        let place = try Place()
        let file = JSONLinesFile(path: place.path + "/log")
        let failure = Failure(
            code: "SOURCE_CORRUPT", side: .source, message: "m", subject: Array("a/b".utf8), errno: 5,
            operation: "read", hint: "Look.")
        file.append(event(1, failure: failure))
        file.append(event(2))
        let lines = place.lines("log")
        let first = try #require(try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
        #expect(first["time"] as? String == "2025-10-09T08:53:20.118Z")
        #expect(first["level"] as? String == "WARN")
        #expect(first["code"] as? String == "BLOB_FAILED")
        #expect(first["errno"] as? Int == 5)
        #expect(first["subject"] as? String == "a/b")
        let second = try #require(try JSONSerialization.jsonObject(with: Data(lines[1].utf8)) as? [String: Any])
        #expect(Set(second.keys) == ["seq", "time", "level", "component", "code", "job", "message"])
    }

    @Test("a file that is full goes aside, and no line is torn")
    func rotation() throws {
        let place = try Place()
        let file = JSONLinesFile(path: place.path + "/log", keeping: LogKeeping(maxBytes: 400))
        for number in 1...10 { file.append(event(Int64(number))) }
        #expect(file.dropped == 0)
        #expect(Set(place.names) == ["log", "log.1"])
        let numbers = try (place.lines("log.1") + place.lines("log")).map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return try #require(object?["seq"] as? Int)
        }
        let first = try #require(numbers.first)
        #expect(numbers == Array(first...10))
        #expect(place.lines("log.1").joined().utf8.count < 800)
    }

    @Test("only events as severe as the level are written, also from a reload on")
    func level() throws {
        let place = try Place()
        let file = JSONLinesFile(path: place.path + "/log", keeping: LogKeeping(level: .error))
        file.append(event(1))
        #expect(place.lines("log").isEmpty)
        file.keeping.level = .warn
        file.append(event(2))
        #expect(place.lines("log").count == 1)
        #expect(file.dropped == 0)
    }

    @Test("a file put aside goes when its last line is too old", arguments: [(89.0, true), (91, false)])
    func retention(days: Double, stays: Bool) throws {
        let place = try Place()
        try place.write("{}\n", to: "log.1")
        let now = WallTime(milliseconds: 1_760_000_000_118)
        let written = Date(timeIntervalSince1970: Double(now.milliseconds) / 1000 - days * 86_400)
        try FileManager.default.setAttributes([.modificationDate: written], ofItemAtPath: place.path + "/log.1")
        let file = JSONLinesFile(path: place.path + "/log", keeping: LogKeeping(days: 90))
        file.append(event(1))
        #expect(place.names.contains("log.1") == stays)
        // Two days later it is looked at again.
        var later = event(2)
        later.at = now.adding(seconds: 2 * 86_400)
        file.append(later)
        #expect(!place.names.contains("log.1"))
    }

    @Test("A8 what cannot be written is counted, whatever the reason", arguments: ["/dev/full", "/proc/none/log", "/"])
    func unwritable(path: String) {
        let file = JSONLinesFile(path: path)
        for number in 1...3 { file.append(event(Int64(number))) }
        #expect(file.dropped == 3)
    }

    @Test("a line cut off by a full disk or a crash does not swallow the next one")
    func cut() throws {
        let place = try Place()
        try place.write("{\"seq\":1}\n{\"se", to: "log")
        let file = JSONLinesFile(path: place.path + "/log")
        file.append(event(3))
        file.append(event(4))
        let lines = place.lines("log")
        #expect(lines.count == 4)
        for line in [lines[0], lines[2], lines[3]] {
            #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any])
        }
    }

    @Test("hostile bytes reach no terminal through the log")
    func hostile() throws {
        let place = try Place()
        let file = JSONLinesFile(path: place.path + "/log")
        let bytes: [UInt8] = [0x1b, 0x5d, 0x30, 0x3b, 0x07, 0x0a, 0xff, 0xc3, 0x28, 0xe2, 0x80, 0xae, 0x22, 0x5c]
        let failure = Failure(code: "X", side: .source, message: printable(bytes), subject: bytes)
        file.append(event(1, message: printable(bytes), failure: failure))
        let raw = try #require(place.read("log"))
        #expect(raw.count { $0 == 10 } == 1)
        #expect(raw.last == 10)
        #expect(raw.dropLast().allSatisfy { $0 >= 0x20 && $0 < 0x7f })
        #expect(try JSONSerialization.jsonObject(with: Data(raw)) is [String: Any])
    }
}
