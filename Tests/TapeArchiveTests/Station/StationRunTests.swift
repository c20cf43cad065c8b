import BackupCatalog
import BackupModel
import Foundation
import Synchronization
import Testing
import WorkerKit

@testable import TapeArchive

@Suite("Runs on a station") struct StationRunTests {
    /// A folder of files that hold `bytes` in all.
    func source(_ bench: StationBench, _ name: String, files: Int, bytes: Int) throws -> String {
        let folder = bench.path + "/source-" + name
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for number in 0..<files {
            let data = Data((0..<bytes / files).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number) })
            try data.write(to: URL(fileURLWithPath: "\(folder)/\(name)-\(number)"))
        }
        return folder
    }

    func work(_ folder: String, _ job: String, drive: String? = nil) -> ArchiveWork {
        var settings = TapeJobSettings()
        (settings.sources, settings.pool) = ([folder], "archive")
        var work = ArchiveWork(settings, job: job, set: job)
        work.drive = drive
        return work
    }

    @Test("Two drives write at once on one catalog, each over several tapes; both archives read back whole")
    func twoDrives() async throws {
        let media = (1...7).map { StationBench.small("NX000\($0)L9") }
        let bench = try await StationBench(media)
        let films = work(try source(bench, "films", files: 20, bytes: 1_500_000), "films")
        let music = work(try source(bench, "music", files: 60, bytes: 1_500_000), "music")
        async let first = bench.station.archive(films, control: TapeRunControl()) { _, _ in }
        async let second = bench.station.archive(music, control: TapeRunControl()) { _, _ in }
        let ends = [await first, await second]
        for end in ends {
            #expect(end.result == .ok, "\(String(describing: end.failure))")
            #expect(end.done.bytes >= 1_499_000 && end.volumes.count >= 2)
        }
        #expect(Set(ends[0].volumes).isDisjoint(with: ends[1].volumes))
        let state = bench.station.state()
        #expect(state.tally.full >= 2 && state.drives.allSatisfy { $0.job.isEmpty && $0.stream == nil })
        // What a drive says of its tape is what the catalog says of it.
        for drive in state.drives {
            let row = try #require(state.volumes.first { $0.volume.label == drive.medium?.label })
            #expect(drive.medium?.used == row.volume.used && row.volume.used > 0)
        }
        for end in ends {
            let name = try #require(end.volumes.first)
            let verdict = await bench.station.verify(volume: name, job: "verify", drive: nil, control: TapeRunControl())
            {
                _, _ in
            }
            #expect(verdict.result == .ok, "\(String(describing: verdict.failure))")
            #expect(verdict.volumes == end.volumes)
        }
        #expect(bench.person.questions.isEmpty)
        #expect(try await bench.station.contents(of: ends[0].volumes[0]).contains { $0.contains("films") })
        await bench.station.close()
    }

    @Test("F1: the tape is full and no other is in reach: the drive waits, a person brings one, the archive goes on")
    func asks() async throws {
        let bench = try await StationBench([StationBench.small("NX0001L9"), StationBench.small("NX0002L9")])
        try bench.hand.takeOut("NX0002L9")
        bench.person.answer { _, _ in
            try bench.hand.insert("NX0002L9")
            try bench.put("NX0002L9", into: "one")
            return nil
        }
        let folder = try source(bench, "films", files: 10, bytes: 1_000_000)
        let end = await bench.station.archive(work(folder, "films", drive: "one"), control: TapeRunControl()) { _, _ in
        }
        #expect(end.result == .ok, "\(end)")
        #expect(end.volumes == ["NX0001", "NX0002"])
        let question = try #require(bench.person.questions.first)
        #expect(question.why == "NX0001 is full" && question.part == 2 && question.job == "films")
        #expect(bench.codes.contains("TAPE_FULL") && bench.codes.contains("TAPE_WANTED"))
        await bench.station.close()
    }

    @Test("While it writes, the picture has the stream; a cancelled archive leaves the volume appendable")
    func cancel() async throws {
        var big = StationBench.small("NX0001L9")
        (big.capacity, big.earlyWarning) = (1 << 30, 1 << 30 - 1 << 20)
        let bench = try await StationBench([big])
        let folder = try source(bench, "films", files: 4, bytes: 40_000_000)
        let control = TapeRunControl()
        let run = Task {
            await bench.station.archive(work(folder, "films", drive: "one"), control: control) { _, _ in }
        }
        let seen = Mutex<StreamState?>(nil)
        try await eventually("the drive writes") {
            let drive = bench.station.state().drives[0]
            guard drive.standing == .writing, let stream = drive.stream else { return false }
            seen.withLock { $0 = stream }
            return drive.job == "films"
        }
        #expect(
            try await bench.order(.setFlow(drive: "one", policy: .watermark(high: 80, low: 20))).contains("watermark"))
        #expect(try await bench.order(.cancel(drive: "one")) == "films is cancelled")
        let end = await run.value
        #expect(end.result == .interrupted, "\(end)")
        let stream = try #require(seen.withLock { $0 })
        #expect(stream.size > 0 && stream.blockSize == 2048)
        #expect(stream.archive.utf8.count == 32)
        let volume = try await bench.volume("NX0001")
        #expect(volume.state == .appendable || volume.state == .empty)
        // The next one appends to it.
        let small = try source(bench, "music", files: 2, bytes: 10_000)
        let next = await bench.station.archive(work(small, "music", drive: "one"), control: TapeRunControl()) { _, _ in
        }
        #expect(next.result == .ok && next.volumes == ["NX0001"], "\(String(describing: next.failure))")
        await bench.station.close()
    }
}
