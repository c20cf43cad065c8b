import BackupModel
import Testing

@testable import TapeArchive

@Suite struct WriterFaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var rule: TapeFaultRule
        var testDescription: String { name }
    }

    static let survived: [Case] = [
        Case(name: "F3 hard write error in the data", rule: TapeFaultRule(.hardError, on: .write, from: 5)),
        Case(name: "F3 hard error in the first block", rule: TapeFaultRule(.hardError, on: .write)),
        Case(name: "F3 hard error at the filemark", rule: TapeFaultRule(.hardError, on: .filemark)),
        Case(name: "F3 hard error at the index's filemark", rule: TapeFaultRule(.hardError, on: .filemark, from: 2)),
        Case(name: "F4 an error told late", rule: TapeFaultRule(.lateError, on: .write, from: 4)),
        Case(name: "F14 the drive is gone", rule: TapeFaultRule(.gone, on: .write, from: 6)),
        Case(name: "F14 the drive is gone at the first block", rule: TapeFaultRule(.gone, on: .write)),
        Case(name: "F14 the drive is gone at the filemark", rule: TapeFaultRule(.gone, on: .filemark)),
        Case(name: "F14 the bus is reset", rule: TapeFaultRule(.busReset, on: .write, from: 6)),
        Case(
            name: "F31 a block said to be written is not there", rule: TapeFaultRule(.claimedOnly, on: .write, from: 3)),
        Case(
            name: "F32 the button does nothing: the door is locked",
            rule: TapeFaultRule(.buttonEject, on: .write, from: 6)),
        Case(name: "soft errors", rule: TapeFaultRule(.softError, on: .write, from: 2, times: 3, amount: 4)),
    ]

    @Test("faults that cost no archive", arguments: survived)
    func survives(_ test: Case) async throws {
        let room = try TapeRoom(room: [400, 400, 400])
        let samples = SpanTests.samples(7)
        room.shelf.faults.add(test.rule)
        let outcome = try await room.write(samples)
        #expect(room.shelf.faults.struck > 0)
        room.shelf.faults.clear()
        guard case .complete(let written) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        try await room.check(written, samples)
        try room.checkByTar(written, samples)
    }

    @Test func `F3: a tape with a hard error is never appended to, and stays readable`() async throws {
        let room = try TapeRoom(room: [400, 400])
        let samples = SpanTests.samples(8)
        guard case .complete(let first) = try await room.write(samples) else { return }
        room.shelf.faults.add(TapeFaultRule(.hardError, on: .write, from: 5))
        guard case .complete(let second) = try await room.write(samples, archive: "ab99") else { return }
        guard case .error = room.now.volumes[0].state else {
            Issue.record("\(String(describing: room.now.volumes[0].state))")
            return
        }
        #expect(second.facts.parts.map(\.label) == [TapeRoom.barcode(1)])
        try await room.check(first, samples)
        try await room.check(second, samples)
    }

    @Test func `F3: what is no longer in the buffer makes the archive void, to be begun anew`() async throws {
        let room = try TapeRoom(room: [400, 400])
        let samples = SpanTests.samples(9, files: 20)
        room.shelf.faults.add(TapeFaultRule(.hardError, on: .write, from: 30))
        let writer = try room.writer(ring: 16 << 10, retention: 4096)
        guard case .void(let void) = try await room.write(samples, with: writer) else {
            Issue.record("complete, though its begin was lost")
            return
        }
        #expect(void.canBeginAnew)
        #expect(room.now.complete.isEmpty)
        guard case .complete(let written) = try await room.write(samples, with: writer) else { return }
        try await room.check(written, samples)
    }

    @Test func `F5: a drive that wants cleaning finishes its archive and says so`() async throws {
        let room = try TapeRoom(room: [400])
        room.shelf.faults.add(TapeFaultRule(.wantsCleaning, on: .write, from: 3))
        guard case .complete(let written) = try await room.write(SpanTests.samples(1)) else {
            Issue.record("\(room.now.voids)")
            return
        }
        #expect(written.wantsCleaning)
    }

    @Test("F2: the physical end comes within the end mark", arguments: [0, 512, 2048, 2600, 4096])
    func physicalEnd(beyond: Int64) async throws {
        let samples = SpanTests.samples(11, files: 4)
        for blocks in [5, 9, 14] {
            let room = try TapeRoom(room: [blocks, 400], beyond: beyond)
            guard case .complete(let written) = try await room.write(samples) else {
                Issue.record("\(blocks): \(room.now.voids)")
                continue
            }
            try await room.check(written, samples)
        }
    }

    @Test func `F6 F13: another tape under the same name is not written to`() async throws {
        let room = try TapeRoom(room: [400])
        room.change { $0.volumes[0].nonce = String(repeating: "f", count: 32) }
        guard case .void = try await room.write(SpanTests.samples(1)) else {
            Issue.record("written to a wrong tape")
            return
        }
        guard case .refused(.wrongVolume) = room.now.needs.last else {
            Issue.record("\(room.now.needs)")
            return
        }
        let scanned = try await TapeReader(finder: room).scan(try room.load(0))
        #expect(scanned.count == 1)
    }

    @Test func `F10 F16 F23: protected tapes and ends that do not agree are refused before the first write`()
        async throws
    {
        let room = try TapeRoom(room: [400])
        room.change { $0.volumes[0].end.block += 1 }
        guard case .void = try await room.write(SpanTests.samples(1)), case .refused(.otherEnd) = room.now.needs.last
        else {
            Issue.record("\(room.now.needs)")
            return
        }
    }

    @Test func `a cancelled archive is void, and its tape is appended to again`() async throws {
        let room = try TapeRoom(room: [400])
        let samples = SpanTests.samples(13)
        let writer = try room.writer()
        let plan = ArchivePlan(set: "ab12", archive: "ab12", blockSize: TapeRoom.blockSize)
        let outcome = try await writer.write(plan) {
            writer.cancel()
            return SampleSource(samples)
        }
        guard case .void = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(room.now.complete.isEmpty && room.now.volumes[0].state == nil)
        guard case .complete(let written) = try await room.write(samples, with: writer, archive: "ab13") else {
            Issue.record("\(room.now.voids)")
            return
        }
        try await room.check(written, samples)
    }

    @Test func `F22: a block that cannot be read costs its file only, and is named`() async throws {
        let room = try TapeRoom(room: [400])
        let samples = SpanTests.samples(12)
        guard case .complete(let written) = try await room.write(samples) else { return }
        let first = written.facts.parts[0].firstBlock
        room.shelf.faults.add(TapeFaultRule(.hardError, on: .read, block: first + 4, times: nil))
        let verdict = try await TapeReader(finder: room).verify(index: written.indexParts)
        #expect(verdict.damage.count == 1)
        let lost = Set(verdict.bad.map(\.name)).subtracting([[]])
        #expect((1...2).contains(lost.count))
    }

    @Test func `F7 F8 F9: only a proved blank is labelled`() throws {
        let room = try TapeRoom(room: [400])
        let drive = try room.load(0)
        #expect(throws: MountRefusal.self) {
            _ = try VolumeMount.label(drive, TapeRoom.label("OTHER1L9", "7"), device: "/dev/nst0")
        }
        #expect(try VolumeMount.identify(drive).label == TapeRoom.barcode(0))
    }
}
