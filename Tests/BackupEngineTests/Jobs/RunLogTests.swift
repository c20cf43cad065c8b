import BackupModel
import Foundation
import Testing
import WorkerKit

@testable import BackupEngine

@Suite struct RunLogTests {
    @Test("pages of whole lines, in order, to the end; foreign bytes are escaped")
    func pages() throws {
        let place = try Place()
        let logs = RunLogs(folder: place.path, time: .live)
        let run = RunID(bits: 1)
        let log = logs.begin(run)
        for number in 1...3000 { log.line("out", "line \(number) \u{1b}[31m") }
        let open = try logs.page(run, from: 0, isOver: false)
        #expect(!open.isEnd)
        log.close()
        var lines: [String] = [], offset: Int64 = 0
        while true {
            let page = try logs.page(run, from: offset, isOver: true)
            lines += page.lines
            offset = page.next
            if page.isEnd { break }
        }
        #expect(lines.count == 3000)
        #expect(lines.last?.contains("line 3000 \\e[31m") == true)
        #expect(try logs.page(RunID(bits: 2), from: 0, isOver: true).isEnd)
    }

    @Test("J13 a secret that a program prints is not kept, one learned by a reload neither")
    func secrets() throws {
        let place = try Place()
        let censor = Censor(Redaction([Secret("hunter2hunter2")]))
        let log = RunLogs(folder: place.path, censor: censor, time: .live).begin(RunID(bits: 1))
        log.line("out", "the word is hunter2hunter2")
        censor.obey(Redaction([Secret("correcthorse")]))
        log.line("out", "now it is correcthorse")
        log.close()
        let kept = String(decoding: place.read("\(RunID(bits: 1)).log") ?? [], as: UTF8.self)
        #expect(kept.contains("the word is [secret]\n") && kept.contains("now it is [secret]\n"))
    }

    @Test("a log that says nothing new for the moment has no lines, not an empty one")
    func quiet() throws {
        let place = try Place()
        let logs = RunLogs(folder: place.path, censor: Censor(Redaction()), time: .live)
        let log = logs.begin(RunID(bits: 1))
        log.line("out", "first")
        let first = try logs.page(RunID(bits: 1), from: 0, isOver: false)
        #expect(first.lines.count == 1)
        for isOver in [false, true] {
            let page = try logs.page(RunID(bits: 1), from: first.next, isOver: isOver)
            #expect(page.lines.isEmpty && page.next == first.next && page.isEnd == isOver)
        }
        log.close()
    }

    @Test("L4 a program that never stops talking fills no disk")
    func bounded() throws {
        let place = try Place()
        let log = RunLogs(folder: place.path, time: .live).begin(RunID(bits: 1))
        let line = [UInt8](repeating: 120, count: 4000)
        for _ in 0..<5000 { log.line("out", line) }
        log.close()
        let size = place.read("\(RunID(bits: 1)).log")?.count ?? 0
        #expect((RunLog.mostBytes..<RunLog.mostBytes + 8192).contains(size))
    }

    @Test("the oldest logs go, by number and by age, but never one of a run in progress")
    func prune() throws {
        let place = try Place()
        let logs = RunLogs(folder: place.path, time: .live)
        for number in 1...6 {
            let log = logs.begin(RunID(bits: UInt64(number)))
            log.line("out", "x")
            log.close()
            let date = Date(timeIntervalSinceNow: Double(number - 10) * 86_400)
            try FileManager.default.setAttributes(
                [.modificationDate: date], ofItemAtPath: place.path + "/\(RunID(bits: UInt64(number))).log")
        }
        #expect(logs.prune(RunLogRetention(files: 3, days: 6.5), sparing: [RunID(bits: 1)]) == 2)
        let left = place.names.filter { $0.hasSuffix(".log") }.sorted()
        #expect(left == ([1, 4, 5, 6] as [UInt64]).map { "\(RunID(bits: $0)).log" })
    }

    @Test(
        "placeholders are filled once, and a job's name is never taken for one",
        arguments: [
            ("{job}", "a{run}"), ("x{result}y", "xoky"), ("{run}", "0000000000000007"), ("{other}{", "{other}{"),
        ])
    func placeholders(text: String, filledText: String) {
        let run = JobRun(
            run: RunID(bits: 7), job: "a{run}", kind: .command, trigger: .operator,
            startedAt: WallTime(milliseconds: 0))
        #expect(filled([text], run: run, result: .ok) == [filledText])
    }
}
