import BackupModel
import Testing

@testable import TapeArchive

@Suite struct SpanTests {
    static func samples(_ seed: UInt64, files: Int = 8, largest: Int = 9000) -> [Sample] {
        var dice = Dice(state: seed)
        var out = [Sample.other(.directory, "folder")]
        for number in 0..<files {
            let name =
                number % 3 == 2 ? "folder/" + String(repeating: "long-", count: 40) + "\(number)" : "folder/\(number)"
            out.append(.file(name, dice.bytes(Int.random(in: 0...largest, using: &dice))))
        }
        return out + [.other(.symlink, "folder/link", link: "0")]
    }

    @Test func `one archive on one tape, complete, verified, and plain tar`() async throws {
        let room = try TapeRoom(room: [400])
        let samples = Self.samples(1)
        guard case .complete(let written) = try await room.write(samples) else {
            Issue.record("\(room.now.voids)")
            return
        }
        #expect(written.facts.parts.count == 1)
        #expect(room.now.complete == [written])
        try await room.check(written, samples)
        try room.checkByTar(written, samples)
    }

    @Test("F1 F30: end of tape at every block, from the head to the index", arguments: [UInt64(2), 3])
    func everyBlock(seed: UInt64) async throws {
        let samples = Self.samples(seed, files: 5, largest: 7000)
        for blocks in 0..<40 {
            let room = try TapeRoom(room: [blocks, 400])
            guard case .complete(let written) = try await room.write(samples) else {
                Issue.record("\(blocks) blocks: \(room.now.voids)")
                continue
            }
            try await room.check(written, samples)
            if blocks % 5 == 0 || isLongFormatRun { try room.checkByTar(written, samples) }
        }
    }

    @Test("F1: one archive over many tapes", arguments: [3, 4, 6, 9, 17])
    func manyTapes(blocks: Int) async throws {
        let room = try TapeRoom(room: Array(repeating: blocks, count: 40))
        let samples = Self.samples(UInt64(blocks), files: 8)
        guard case .complete(let written) = try await room.write(samples) else {
            Issue.record("\(room.now.voids)")
            return
        }
        #expect(written.facts.parts.count > 1)
        try await room.check(written, samples)
        try room.checkByTar(written, samples)
    }

    @Test func `several archives on one tape, appended by label, position and catalog`() async throws {
        let room = try TapeRoom(room: [400])
        var all: [(WrittenArchive, [Sample])] = []
        for seed in 1...3 as ClosedRange<UInt64> {
            let samples = Self.samples(seed, files: 3)
            let outcome = try await room.write(samples, archive: "ab\(seed)")
            guard case .complete(let written) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            all.append((written, samples))
        }
        for (written, samples) in all { try await room.check(written, samples) }
        let drive = try room.load(0)
        let scanned = try await TapeReader(finder: room).scan(drive)
        #expect(scanned.map { $0.facts?.kind } == [.label, .archive, .index, .archive, .index, .archive, .index])
        #expect(scanned.allSatisfy { $0.isEnded && !$0.isOutOfStep })
    }

    @Test func `F27 F28: the second part alone is refused, it is never concatenated`() async throws {
        let room = try TapeRoom(room: [20, 400])
        guard case .complete(let written) = try await room.write(Self.samples(5)) else { return }
        let reader = try TapeReader(finder: room)
        let backwards = Array(written.facts.parts.reversed())
        await #expect(throws: FormatFault.self) { _ = try await reader.read(backwards, into: Collector()) }
    }
}
