import Foundation
import Testing

@testable import BackupModel

@Suite("the state stays small")
struct StateSizeTests {
    private static let now = WallTime(milliseconds: 1_790_000_000_000)
    private static let failure = Failure(
        code: "SOURCE_READ", side: .source, message: "the source cannot be read at this place",
        subject: Array("by-hash/ab/cd/abcd".utf8), errno: 5, operation: "read", hint: "Check the disk's log and cable.")

    private static func blob(_ number: Int) -> BlobID {
        let bits = UInt64(number) &* 0x9E37_79B9_7F4A_7C15
        return BlobID(words: (bits, ~bits, bits &* 3, bits &* 7))
    }

    /// One mirror with everything it can show: graphs, map, workers at work, failures, its last run.
    static func mirror(_ number: Int, workers: Int) -> CopyState {
        var copy = CopyState(
            name: "mirror-\(number)", source: "/srv/blobs/store-\(number)", target: "/mnt/backup/drive-\(number)")
        copy.volume = VolumeState(
            uuid: "7c1f2a30-92f1-4f43-9d1c-0123456789ab", fileSystem: "ext4", isPresent: true,
            free: 1_234_567_890_123, capacity: 4_000_787_030_016)
        copy.phase = workers == 0 ? .finished(.ok) : .copying
        copy.run = RunID(bits: 0xfedc_ba98_7654_3210)
        copy.runStartedAt = now
        copy.elapsed = 4321.123456
        let amount = Amount(count: 10_234_567, bytes: 1_234_567_890_123)
        copy.progress.total = amount
        copy.progress.before = amount
        copy.progress.thisRun = amount
        copy.progress.remaining = amount
        copy.progress.failed = amount
        copy.progress.verified = amount
        copy.progress.states = Tally([.placed: amount, .verified: amount, .pending: amount, .corrupt: amount])
        copy.rates.now = 43_123_456.789012
        copy.rates.average = 41_987_654.321098
        copy.rates.seconds = (0..<60).map { 4.1e7 + Double($0) * 12_345.678 }
        copy.rates.minutes = copy.rates.seconds
        copy.eta = .seconds(5460.123, low: 4800.456, high: 6300.789)
        copy.workers = (0..<workers).map {
            WorkerState(
                number: $0, activity: .copying, blob: blob($0 + number), size: 88_123_456, done: 12_345_678,
                rate: 5_123_456, attempt: 1, since: 12.3)
        }
        copy.limits = CopyLimits(workers: 8, batch: 1000, rate: 60 << 20)
        copy.bottleneck = Bottleneck(source: 0.123, hash: 0.234, target: 0.345, commit: 0.198, idle: 0.1)
        copy.map = BlobMap((0..<256).map { MapMark.allCases[($0 &* 7 + number) % 5] })
        copy.failures = (0..<20).map {
            BlobFailure(
                id: blob($0), size: 88_123_456, state: .unreadable, attempts: 3, failure: failure, at: now)
        }
        copy.lastRun = RunSummary(run: RunID(bits: 7), kind: .run, startedAt: now, endedAt: now, result: .ok)
        return copy
    }

    static func job(_ number: Int) -> JobState {
        var job = JobState(name: "nightly-job-\(number)", kind: .mirrorRun)
        job.schedule = "Mon..Fri 02:\(number % 60):00 Europe/Berlin"
        job.nextAt = now
        job.after = ["dump-\(number)"]
        job.resources = ["target:/mnt/backup/drive-\(number)"]
        var run = JobRun(
            run: RunID(bits: UInt64(number)), job: job.name, kind: .mirrorRun, trigger: .schedule, plannedAt: now,
            startedAt: now)
        run.endedAt = now
        run.result = .ok
        run.done = Amount(count: 12_345, bytes: 123_456_789_012)
        job.lastRun = run
        job.expectedSeconds = 5432
        job.durations = (0..<20).map { 5400 + Double($0) * 1.123456 }
        job.sizes = (0..<20).map { 123_456_789_012 + Int64($0) }
        return job
    }

    static func state(mirrors: Int, working: Int, jobs: Int) -> EngineState {
        var state = EngineState(
            sequence: 1_234_567, host: "vault.example.net", version: "0.1.0", startedAt: now, at: now,
            copies: (0..<mirrors).map { mirror($0, workers: $0 < working ? 8 : 0) }, jobs: (0..<jobs).map(job),
            recentEvents: (0..<200).map {
                Event(
                    number: Int64($0), at: now, severity: .warn, component: "copy", code: "BLOB_FAILED",
                    job: "mirror-\($0 % 50)", message: "blob 0123456789ab cannot be read and will be tried again",
                    failure: $0 % 4 == 0 ? failure : nil)
            })
        state.firings = (0..<100).map { Firing(job: "nightly-job-\($0)", at: now, expectedSeconds: 5432) }
        return state
    }

    private static func bytes(_ state: EngineState) throws -> Int {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return try encoder.encode(state).count
    }

    @Test(
        "as it is sent it has less than 256 KiB",
        arguments: [(1, 1, 0), (5, 5, 20), (14, 14, 50), (50, 10, 200), (50, 50, 200), (0, 0, 300)])
    func isSmall(mirrors: Int, working: Int, jobs: Int) throws {
        let state = Self.state(mirrors: mirrors, working: working, jobs: jobs)
        let bytes = try Self.bytes(state.fitted)
        print("state of \(mirrors) mirrors, \(working) at work, \(jobs) jobs: \(bytes >> 10) KiB")
        #expect(bytes < StateShares.room)
    }

    @Test("300 mirrors and 300 jobs are too much for that, and still fit into a frame of 1 MiB")
    func isSendable() throws {
        #expect(try Self.bytes(Self.state(mirrors: 300, working: 300, jobs: 300).fitted) < 1 << 20)
    }

    @Test("a small state goes out whole")
    func isWhole() {
        let state = Self.state(mirrors: 3, working: 3, jobs: 20)
        #expect(state.fitted == state)
    }

    @Test("of long lists the newest stays")
    func newest() throws {
        let fitted = Self.state(mirrors: 50, working: 50, jobs: 200).fitted
        #expect(fitted.recentEvents.last?.number == 199)
        #expect(fitted.recentEvents.count >= 20)
        #expect(fitted.copies.allSatisfy { $0.failures.count >= 1 && $0.failures.first?.id == Self.blob(0) })
        #expect(fitted.copies.allSatisfy { $0.workers.first?.number == 0 })
        #expect(fitted.jobs.first?.sizes.last == 123_456_789_031)
    }

    @Test("a map is one letter a cell; what is no mark is refused")
    func map() throws {
        let map = BlobMap(
            counts: [
                MapCell(total: 2, verified: 2), MapCell(total: 2, placed: 1, verified: 1), MapCell(total: 2, placed: 1),
                MapCell(total: 2, active: 1), MapCell(total: 9, placed: 8, failed: 1, active: 1), MapCell(),
            ])
        let data = try JSONEncoder().encode([map])
        #expect(String(decoding: data, as: UTF8.self) == #"["v#.>!#"]"#)
        #expect(try JSONDecoder().decode([BlobMap].self, from: data) == [map])
        #expect(throws: (any Error).self) { try JSONDecoder().decode([BlobMap].self, from: Data(#"["vx"]"#.utf8)) }
    }

    @Test("rates come back within 0.3 %, whatever they are")
    func rates() throws {
        let rates = [0, 0.4, 1, 7, 999, 43_123_456.789, 9.9e9, 1e15, 1e18, .infinity, -1, .nan]
        let read = try #require(RateText.decode(RateText.encode(rates)))
        #expect(read.count == rates.count)
        for (rate, read) in zip(rates, read) where rate >= 10 && rate <= 1e15 {
            #expect(abs(read - rate) / rate < 0.003)
        }
        #expect(read[0] == 0 && read[1] == 0 && read[2] == 1)
        #expect(read[8] == 1e15 && read[9] == 1e15 && read[10] == 0 && read[11] == 0)
        for text in ["#", "##\\#", "\u{7f}#", "\u{1f}#", "é"] { #expect(RateText.decode(text) == nil) }
    }
}
