import BackupModel
import Testing

@testable import TapeArchive

@Suite struct RawArchiveTests {
    struct Form: Sendable, CustomTestStringConvertible {
        var compression: Compression
        var isSealed: Bool
        var testDescription: String { "\(compression.rawValue)\(isSealed ? ", encrypted" : "")" }
        var isPossible: Bool { compression.isPlain || isInstalled(compression.rawValue) }
    }

    static let forms = [
        Form(compression: .gzip, isSealed: false), Form(compression: .zstd, isSealed: false),
        Form(compression: .lz4, isSealed: false), Form(compression: .none, isSealed: true),
        Form(compression: .zstd, isSealed: true),
    ]

    @Test(
        "a compressed or encrypted archive: by our reader, and by cat, the decoder, the unpacker and tar",
        arguments: forms)
    func onOneTape(form: Form) async throws {
        guard form.isPossible else { return }
        let room = try TapeRoom(room: [400])
        let key = form.isSealed ? try CipherTests.key() : nil
        let samples = SpanTests.samples(21)
        guard case .complete(let written) = try await room.write(samples, compression: form.compression, key: key)
        else {
            Issue.record("\(room.now.voids)")
            return
        }
        #expect(written.facts.parts.map(\.file) == [2] && written.facts.parts[0].isRaw)
        #expect(written.indexParts[0].isRaw == form.isSealed)
        try await room.check(written, samples, key: key)
        try room.checkByCat(written, samples, key: key)
        // The tape file before the part says in clear what it is.
        let scanned = try await TapeReader(finder: room).scan(room.load(0))
        let id = try key?.id() ?? ""
        #expect(scanned[1].isFront && scanned[2].isRaw && scanned.allSatisfy { $0.isEnded && !$0.isOutOfStep })
        #expect(scanned[1].facts?.compression == form.compression && scanned[1].facts?.key == id)
        guard case .complete(let second) = try await room.write(samples, archive: "cd34") else {
            Issue.record("\(room.now.voids)")
            return
        }
        try await room.check(second, samples)
    }

    @Test(
        "F1 F30: end of tape at every block of raw parts, their texts and the index", arguments: [forms[1], forms[4]])
    func everyBlock(form: Form) async throws {
        guard form.isPossible else { return }
        let samples = SpanTests.samples(22, files: 4, largest: 9000)
        let key = form.isSealed ? try CipherTests.key() : nil
        for blocks in 0..<24 {
            let room = try TapeRoom(room: [blocks, 9, 11, 400])
            guard case .complete(let written) = try await room.write(samples, compression: form.compression, key: key)
            else {
                Issue.record("\(blocks) blocks: \(room.now.voids)")
                continue
            }
            try await room.check(written, samples, key: key)
            if blocks % 4 == 0 || isLongFormatRun { try room.checkByCat(written, samples, key: key) }
        }
    }

    @Test("faults that cost no raw archive", arguments: WriterFaultTests.survived)
    func survives(_ test: WriterFaultTests.Case) async throws {
        let room = try TapeRoom(room: [400, 400, 400])
        let samples = SpanTests.samples(23)
        let key = try CipherTests.key()
        room.shelf.faults.add(test.rule)
        let outcome = try await room.write(samples, compression: .gzip, key: key)
        #expect(room.shelf.faults.struck > 0)
        room.shelf.faults.clear()
        guard case .complete(let written) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        try await room.check(written, samples, key: key)
        try room.checkByCat(written, samples, key: key)
    }

    @Test("F22: a block of a raw archive that cannot be read is told", arguments: forms)
    func damage(form: Form) async throws {
        guard form.isPossible else { return }
        let room = try TapeRoom(room: [400])
        let key = form.isSealed ? try CipherTests.key() : nil
        let samples = SpanTests.samples(24, files: 20)
        guard case .complete(let written) = try await room.write(samples, compression: form.compression, key: key)
        else { return }
        let part = written.facts.parts[0]
        room.shelf.faults.add(TapeFaultRule(.hardError, on: .read, block: part.firstBlock + 6, times: nil))
        let verdict = try await TapeReader(finder: room, keys: { _ in key }).verify(index: written.indexParts)
        #expect(!verdict.isSound && verdict.damage.contains { $0.block == 6 })
        // 1 MiB of cipher text and 64 MiB of packed stream are lost with it, more than there is here.
        #expect(!verdict.bad.isEmpty)
    }

    @Test func `an encrypted archive without its key is refused by the key's name`() async throws {
        let room = try TapeRoom(room: [400])
        let key = try CipherTests.key()
        guard case .complete(let written) = try await room.write(SpanTests.samples(25), key: key) else { return }
        let id = try key.id()
        await #expect(throws: FormatFault.badKey("the key \(id) is needed")) {
            _ = try await TapeReader(finder: room).verify(index: written.indexParts)
        }
    }

    @Test func `a cancelled raw archive leaves its tape appendable`() async throws {
        let room = try TapeRoom(room: [400])
        let samples = SpanTests.samples(26)
        let writer = try room.writer()
        let plan = ArchivePlan(set: "ab12", archive: "ab12", blockSize: TapeRoom.blockSize, compression: .gzip)
        let outcome = try await writer.write(plan) {
            writer.cancel()
            return SampleSource(samples)
        }
        guard case .void = outcome else {
            Issue.record("\(outcome)")
            return
        }
        guard case .complete(let written) = try await room.write(samples, with: writer, archive: "ab13") else {
            Issue.record("\(room.now.voids)")
            return
        }
        try await room.check(written, samples)
    }
}
