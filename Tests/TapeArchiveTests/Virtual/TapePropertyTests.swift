import BackupModel
import Foundation
import TapeArchive
import TapeContract
import Testing

/// Random calls, each answered by the virtual drive as by a list of blocks and marks.
@Suite struct TapePropertyTests {
    @Test(arguments: 0..<10)
    func `random sequences of calls end as on a list`(part: Int) throws {
        let shelf = try VirtualShelf(media: [
            MediumRecord(barcode: "TST001L9", generation: .lto9, capacity: 24 << 10, earlyWarning: 16 << 10)
        ])
        var drive = try shelf.loaded()
        let isLong = ProcessInfo.processInfo.environment["HOLDFAST_LONG"] != nil
        for sequence in 0..<(isLong ? 1000 : 100) {
            var dice = TapeDice(seed: UInt64(part * 1000 + sequence))
            try drive.rewind()
            try drive.erase(long: false)
            var tape = SimpleTape(capacity: 24 << 10, earlyWarning: 16 << 10)
            var calls: [String] = []
            for _ in 0..<24 {
                calls.append(try self.step(&dice, &tape, &drive, shelf))
                let context = "part \(part), sequence \(sequence): \(calls.joined(separator: ", "))"
                try #require(try drive.position().block == tape.here, "\(context)")
                if let file = try drive.position().file {
                    try #require(file == tape.items[..<tape.here].count { $0 == .mark }, "\(context)")
                }
            }
            try compare(drive, &tape, "part \(part), sequence \(sequence)")
        }
        drive.close()
    }

    private func compare(_ drive: VirtualDrive, _ tape: inout SimpleTape, _ context: String) throws {
        let fault = fault { try drive.locate(0) }
        try #require(fault == tape.locate(0), "\(context)")
        // A filemark that did not fit: the second try goes.
        if fault != nil { try drive.locate(0) }
        tape.go(0)
        for index in 0...tape.items.count {
            try #require(try drive.get(room: 8192) == tape.read(room: 8192), "\(context), item \(index)")
        }
    }

    private func step(
        _ dice: inout TapeDice, _ tape: inout SimpleTape, _ drive: inout VirtualDrive, _ shelf: VirtualShelf
    ) throws -> String {
        let number = Int(dice.next() % 100)
        let count = Int(dice.next() % 3) + 1
        switch number {
        case 0..<40:
            let bytes = blockBytes(dice.next(), size: [1, 700, 2048, 2048, 2048, 5000][Int(dice.next() % 6)])
            let wanted = tape.write(bytes)
            var found: Result<BlockWritten, SimpleFault>
            do {
                found = .success(try bytes.withUnsafeBytes { bytes in try drive.write(bytes) })
            } catch let fault as TapeFault { found = .failure(.kind(fault.kind)) }
            try #require(found == wanted)
            return "write \(bytes.count)"
        case 40..<55:
            let isImmediate = dice.next() & 1 == 0
            let wanted = tape.mark(count - 1, immediate: isImmediate)
            try #require(fault { try drive.writeFilemarks(count - 1, immediate: isImmediate) } == wanted)
            return "filemarks \(count - 1), immediate \(isImmediate)"
        case 55..<65:
            let signed = dice.next() & 1 == 0 ? count : -count
            let wanted = tape.files(signed)
            try #require(fault { try drive.spaceFilemarks(signed) } == wanted)
            return "files \(signed)"
        case 65..<75:
            let signed = dice.next() & 1 == 0 ? count : -count
            let wanted = tape.blocks(signed)
            try #require(fault { try drive.spaceBlocks(signed) } == wanted)
            return "blocks \(signed)"
        case 75..<83:
            let target = Int(dice.next() % UInt64(tape.items.count + 2))
            let wanted = tape.locate(target)
            try #require(fault { try drive.locate(Int64(target)) } == wanted)
            return "locate \(target)"
        case 83..<92:
            let room = [1000, 8192][Int(dice.next() & 1)]
            try #require(try drive.get(room: room) == tape.read(room: room))
            return "read into \(room)"
        case 92..<94:
            tape.erase()
            try drive.erase(long: false)
            return "erase"
        case 94..<97:
            tape.reopen()
            drive.close()
            drive = try VirtualDrive("one", of: shelf.library)
            return "reopen"
        default:
            // The model's buffer is larger than the tape: all that is not synchronised is lost.
            tape.cutPower()
            drive.cutPower()
            drive = try VirtualDrive("one", of: shelf.library)
            try drive.locate(Int64(tape.here))
            return "power cut"
        }
    }
}

/// SplitMix64.
struct TapeDice {
    var seed: UInt64

    mutating func next() -> UInt64 {
        seed &+= 0x9e37_79b9_7f4a_7c15
        var z = seed
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
