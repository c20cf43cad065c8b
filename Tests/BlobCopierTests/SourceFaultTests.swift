import BackupModel
import Foundation
import Testing
import WorkerKit

@testable import BlobCopier

@Suite(.timeLimit(.minutes(5))) struct SourceFaultTests {
    @Test("A1 a source blob with other bytes is not copied, reported once, and the run is ok with warnings")
    func corruptSource() async throws {
        let mirror = try MirrorFixture(blobs: 12)
        let bad = try #require(mirror.ids.first)
        try mirror.plant(Array("rotten".utf8), as: bad)
        let summary = try await mirror.enrolled().run()
        #expect(summary.result == .okWithWarnings && summary.done.count == 11 && summary.failed.count == 1)
        #expect(try await mirror.state(bad) == .sourceCorrupt)
        #expect(!mirror.exists(mirror.targetPath(bad)) && mirror.temporaries == [])
        #expect(mirror.log.count("BLOB_FAILED") == 1)
        let failure = try #require(try await mirror.index.failures(volume: mirror.volume, after: nil, limit: 9).first)
        #expect(failure.failure.side == .source && failure.failure.message.contains(bad.description))
        #expect(failure.failure.message.contains(try MirrorFixture.id(of: Array("rotten".utf8)).description))
    }

    @Test("A1 a good copy on the volume is kept and named as what to repair from")
    func repairSource() async throws {
        let mirror = try MirrorFixture(blobs: 3)
        let copier = try await mirror.enrolled()
        _ = try await copier.run()
        let bad = try #require(mirror.ids.first)
        let bytes = try #require(mirror.blobs[bad])
        // The index forgot that it is safe.
        _ = try await mirror.index.settle(
            [BlobOutcome(id: bad, state: .pending)], run: RunID(bits: 1), volume: mirror.volume,
            at: WallTime(milliseconds: 1))
        try mirror.plant(Array("rotten".utf8), as: bad)
        let summary = try await copier.run()
        #expect(summary.result == .okWithWarnings)
        let failure = try #require(try await mirror.index.failures(volume: mirror.volume, after: nil, limit: 9).first)
        #expect(failure.state == .sourceCorrupt && failure.failure.hint.contains(bad.description))
        #expect(FileManager.default.contents(atPath: mirror.targetPath(bad)) == Data(bytes))
    }

    @Test("A1 a wrong read that was right the second time is copied, and the hardware is named")
    func unstableSource() async throws {
        let mirror = try MirrorFixture(blobs: 3)
        let id = try #require(mirror.ids.last)
        mirror.plan.add(
            FaultRule(.flip, [.read], side: .source, times: 1) { $0.bytes.hasSuffix(id.hex) })
        let copier = try await mirror.enrolled()
        let summary = try await copier.run()
        if mirror.blobs[id]?.isEmpty == false {
            #expect(mirror.log.count("SOURCE_UNSTABLE_READ") == 1 && summary.retries == 1)
        }
        #expect(summary.result == .ok)
        #expect(try await mirror.wrongs() == [])
    }

    @Test("A2 a blob that vanished after the listing is source_missing after a second look, the others are copied")
    func vanishedSource() async throws {
        let mirror = try MirrorFixture(blobs: 12)
        let gone = try #require(mirror.ids.first)
        let copier = try await mirror.enrolled()
        _ = try await copier.scan()
        try mirror.remove(mirror.sourcePath(gone))
        let summary = try await copier.run()
        #expect(summary.done.count == 11)
        #expect(summary.result == .okWithWarnings)
        #expect(try await mirror.state(gone) == .sourceMissing)
    }

    @Test("A3 an empty source is refused before anything changes")
    func emptySource() async throws {
        let mirror = try MirrorFixture(blobs: 12)
        let copier = try await mirror.enrolled()
        _ = try await copier.run()
        let before = try await mirror.tally()
        try mirror.remove(mirror.source)
        try FileManager.default.createDirectory(atPath: mirror.source, withIntermediateDirectories: true)
        let summary = try await copier.run()
        #expect(summary.result == .failed && summary.failure?.code == "SOURCE_EMPTY")
        #expect(try await mirror.tally() == before)
        #expect(mirror.log.all.contains { $0.code == "SOURCE_EMPTY" && $0.failure?.side == .source })
    }

    @Test("A3 a source that shrank by more than a tenth is refused, again and again, and nothing is marked missing")
    func shrunkSource() async throws {
        let mirror = try MirrorFixture(blobs: 20)
        let copier = try await mirror.enrolled()
        _ = try await copier.scan()
        for id in mirror.ids.prefix(10) { try mirror.remove(mirror.sourcePath(id)) }
        for _ in 0..<3 {
            let failure = await #expect(throws: Failure.self) { try await copier.scan() }
            #expect(failure?.code == "SOURCE_SHRANK")
            #expect(try await mirror.tally()[.pending].count == 20)
        }
        let summary = try await copier.run()
        #expect(summary.result == .failed && summary.done.count == 0)
    }

    @Test("A3 a listing that fails is an error, not an empty folder")
    func failedListing() async throws {
        let mirror = try MirrorFixture(blobs: 20)
        let copier = try await mirror.enrolled()
        _ = try await copier.run()
        mirror.plan.add(FaultRule(.fail(EIO), [.list], side: .source, from: 3))
        let failure = await #expect(throws: Failure.self) { try await copier.scan(full: true) }
        #expect(failure?.side == .source && failure?.errno == EIO)
        #expect(try await mirror.tally()[.verified].count == 20)
    }

    @Test("A4 a file that changes while it is read is tried three times, then not ok")
    func changingSource() async throws {
        let mirror = try MirrorFixture(blobs: 2, sizes: [70_000])
        let id = try #require(mirror.ids.first)
        let path = mirror.sourcePath(id)
        let other = Mutex2(0)
        mirror.plan.add(
            FaultRule(.delay(seconds: 0), [.write], side: .destination, times: nil) { written in
                if written.bytes.hasSuffix(id.hex) {
                    let number = other.next()
                    try? Data(repeating: UInt8(truncatingIfNeeded: number), count: 70_000).write(
                        to: URL(fileURLWithPath: path))
                    let handle = FileHandle(forWritingAtPath: path)
                    try? handle?.write(contentsOf: Data([1]))
                    try? handle?.close()
                }
                return false
            })
        try mirror.plant(Array(repeating: 9, count: 70_000), as: id)
        let summary = try await mirror.enrolled().run()
        #expect(summary.result == .okWithWarnings)
        #expect(try await mirror.state(id) == .sourceCorrupt)
    }

    @Test("A5 a source blob that gives EIO fails with the source's side, the others are copied")
    func unreadableSource() async throws {
        let mirror = try MirrorFixture(blobs: 12)
        let bad = try #require(mirror.ids.first { !(mirror.blobs[$0]?.isEmpty ?? true) })
        mirror.plan.add(
            FaultRule(.fail(EIO), [.read], side: .source, times: nil) { $0.bytes.hasSuffix(bad.hex) })
        let summary = try await mirror.enrolled().run()
        #expect(summary.result == .okWithWarnings && summary.done.count == 11)
        #expect(try await mirror.state(bad) == .unreadable)
        let failure = try #require(try await mirror.index.failures(volume: mirror.volume, after: nil, limit: 9).first)
        #expect(failure.failure.side == .source && failure.failure.errno == EIO)
    }

    @Test("A5 twenty unreadable blobs in a row stop the job with a word about SMART")
    func failingSourceDisk() async throws {
        let mirror = try MirrorFixture(blobs: 60, sizes: [100])
        mirror.plan.add(
            FaultRule(.fail(EIO), [.open], side: .source, times: nil) { $0.bytes.count > 60 })
        let summary = try await mirror.enrolled().run()
        #expect(summary.result == .failed && summary.failure?.code == "SOURCE_FAILING")
        #expect(summary.failure?.hint.contains("smartctl") == true && summary.failure?.side == .source)
        #expect(try await mirror.tally()[.unreadable].count < 60)
    }
}

/// A counter that closures may share.
final class Mutex2: Sendable {
    private let value: Answers<Int>
    init(_ start: Int) { value = Answers([start]) }
    func next() -> Int {
        let next = (value.all.first ?? 0) + 1
        value.set(0, next)
        return next
    }
}

extension [UInt8] {
    func hasSuffix(_ end: [UInt8]) -> Bool { suffix(end.count).elementsEqual(end) }
}
