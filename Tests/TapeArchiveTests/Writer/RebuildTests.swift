import BackupModel
import Testing

@testable import TapeArchive

@Suite struct RebuildTests {
    struct Form: Sendable, CustomTestStringConvertible {
        var compression: Compression
        var isSealed = false
        var testDescription: String { "\(compression.rawValue)\(isSealed ? ", encrypted" : "")" }
    }

    /// Scans all cartridges, in the order given.
    private func rebuild(_ room: TapeRoom, _ order: [Int]) async throws -> TapeRebuild {
        let reader = try TapeReader(finder: room)
        var rebuild = TapeRebuild()
        for number in order {
            let drive = try room.load(number)
            let label = try VolumeMount.identify(drive)
            rebuild.add(label, try await reader.scan(drive))
        }
        return rebuild
    }

    @Test(
        "F25: archives are found again from the tapes alone, in any order of volumes",
        arguments: [
            Form(compression: .none), Form(compression: .gzip), Form(compression: .none, isSealed: true),
            Form(compression: .gzip, isSealed: true),
        ])
    func anyOrder(form: Form) async throws {
        let room = try TapeRoom(room: [12, 9, 11, 7, 400])
        let key = form.isSealed ? try CipherTests.key() : nil
        var all: [(written: WrittenArchive, samples: [Sample])] = []
        for seed in 1...3 as ClosedRange<UInt64> {
            let samples = SpanTests.samples(seed + 30, files: 4)
            guard
                case .complete(let written) = try await room.write(
                    samples, archive: "ab\(seed)", compression: form.compression, key: key)
            else {
                Issue.record("\(room.now.voids)")
                return
            }
            all.append((written, samples))
        }
        let forwards = try await rebuild(room, [0, 1, 2, 3, 4]).archives
        let backwards = try await rebuild(room, [4, 2, 0, 3, 1]).archives
        #expect(forwards == backwards && forwards.map(\.archive) == ["ab1", "ab2", "ab3"])
        let reader = try TapeReader(finder: room, keys: { _ in key })
        for (found, original) in zip(forwards, all) {
            let index = try await reader.index(found.index)
            #expect(index.facts == original.written.facts && index.listing == original.written.listing)
            #expect(try await reader.verify(index: found.index).isSound)
        }
    }

    @Test(
        "F25: an archive whose index is missing is read block by block, and its rows are the same",
        arguments: [Form(compression: .none), Form(compression: .gzip, isSealed: true)])
    func withoutIndex(form: Form) async throws {
        let room = try TapeRoom(room: [12, 400])
        let key = form.isSealed ? try CipherTests.key() : nil
        let samples = SpanTests.samples(41)
        guard case .complete(let written) = try await room.write(samples, compression: form.compression, key: key)
        else {
            Issue.record("\(room.now.voids)")
            return
        }
        var found = try #require(try await rebuild(room, [1, 0]).archives.first)
        let reader = try TapeReader(finder: room, keys: { _ in key })
        let rows = try await reader.reindex(found)
        #expect(rows.facts.entries == written.facts.entries && rows.facts.streamBytes == written.facts.streamBytes)
        #expect(try Self.rows(rows.listing) == Self.rows(written.listing))
        found.parts.removeLast()
        await #expect(throws: FormatFault.self) { _ = try await reader.reindex(found) }
    }

    /// The source of the tests hashes what has no data, too.
    private static func rows(_ listing: ArchiveListing) throws -> [IndexRow] {
        var reader = listing.reader()
        return try reader.next(.max).map { row in
            guard case .entry(var entry) = row.subject else { return row }
            if entry.place.dataBytes == 0 { entry.hash = "" }
            return IndexRow(.entry(entry))
        }
    }

    @Test("F1 F30: the end of a tape within a head of several blocks, and within what follows", arguments: 0..<14)
    func longHead(blocks: Int) async throws {
        let name = (0..<18).map { "folder-\($0)-" + String(repeating: "x", count: 200) }.joined(separator: "/")
        var dice = Dice(state: 51)
        let samples: [Sample] = [.file(name, dice.bytes(16_000)), .file("second", dice.bytes(3000))]
        let room = try TapeRoom(room: [blocks, 5, 400])
        guard case .complete(let written) = try await room.write(samples) else {
            Issue.record("\(room.now.voids)")
            return
        }
        try await room.check(written, samples)
        try room.checkByTar(written, samples)
    }
}
