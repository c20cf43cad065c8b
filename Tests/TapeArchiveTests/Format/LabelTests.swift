import Foundation
import Testing

@testable import TapeArchive

@Suite struct LabelTests {
    static var label: VolumeLabel {
        VolumeLabel(
            label: "ARC001", nonce: "0123", pool: "archive", barcode: "ARC001L9", generation: "LTO-9",
            created: "2026-11-21T03:00:00Z", blockSize: 65536, serial: "S/1", program: "holdfast", keys: ["k1"])
    }

    @Test("a label is one tape file that tar reads, with the README and the decoder in it")
    func file() throws {
        let folder = try FormatFolder()
        let bytes = try Self.label.file()
        #expect(bytes.count == 65536)
        try folder.write(bytes, "label")
        let listed = try run(["tar", "-tf", "label"], in: folder.path)
        #expect(
            String(decoding: listed.output, as: UTF8.self) == "HOLDFAST-LABEL.json\nREADME\nholdfast-decrypt.py\n")
        #expect(listed.errors.isEmpty)
        #expect(VolumeLabel.read(bytes[...]) == Self.label)
    }

    @Test("F8 a label cut short or changed is never blank, never ours")
    func half() throws {
        let bytes = try Self.label.file()
        // Whole once both zero records are there; what fills the block says nothing.
        let end = (bytes.lastIndex { $0 != 0 } ?? 0) / 512 * 512 + 512 + 1024
        for cut in stride(from: 64, to: end, by: 448) {
            #expect(TapeContents.classify(bytes[..<cut]) == .halfLabel, "cut at \(cut)")
        }
        #expect(TapeContents.classify(bytes[..<end]) == .ours(Self.label))
        var changed = bytes
        let at = changed.firstRange(of: Array("ARC001L9".utf8))?.lowerBound ?? 0
        changed[at] ^= 1
        #expect(TapeContents.classify(changed[...]) == .halfLabel)
    }

    @Test("a label of a later format is told as such")
    func newer() throws {
        var label = Self.label
        label.format = 2
        #expect(try TapeContents.classify(label.file()[...]) == .newerLabel(format: 2))
    }

    struct Foreign: CustomTestStringConvertible {
        var name: String
        var at = 0
        var mark: [UInt8]
        var testDescription: String { name }

        init(_ name: String, _ mark: String, at: Int = 0) { self.init(name, bytes: Array(mark.utf8), at: at) }
        init(_ name: String, bytes: [UInt8], at: Int = 0) {
            self.name = name
            self.at = at
            mark = bytes
        }
    }

    @Test(
        "F9 foreign tapes are known by name",
        arguments: [
            Foreign("LTFS", "VOL1ABC123L             LTFS"), Foreign("ANSI label", "VOL1ABC123 "),
            Foreign("IBM label", bytes: [0xE5, 0xD6, 0xD3, 0xF1]),
            Foreign("Bacula", "BB02" + String(repeating: "\0", count: 20) + "Bacula 1.0 immortal\n", at: 12),
            Foreign("Bareos", "BB02" + String(repeating: "\0", count: 20) + "Bareos 2.0 immortal\n", at: 12),
            Foreign("Bacula or Bareos", "BB02", at: 12), Foreign("Amanda", "AMANDA: TAPESTART DATE X TAPE 1"),
            Foreign("gzip", bytes: [0x1F, 0x8B, 8]), Foreign("zstd", bytes: [0x28, 0xB5, 0x2F, 0xFD]),
            Foreign("zip", "PK\u{3}\u{4}"), Foreign("cpio", "070701"), Foreign("bzip2", "BZh9"),
            Foreign("lz4", bytes: [4, 0x22, 0x4D, 0x18]), Foreign("dump", bytes: [0x6C, 0xEA, 0, 0], at: 24),
            Foreign("Microsoft Tape Format", "TAPE"),
        ])
    func foreign(foreign: Foreign) {
        var dice = Dice(state: 3)
        var block = dice.bytes(2048)
        if foreign.at > 0 { block[0] = 0 }
        block.replaceSubrange(foreign.at..<foreign.at + foreign.mark.count, with: foreign.mark)
        #expect(TapeContents.classify(block[...]) == .foreign(foreign.name))
    }

    @Test("F9 tar of others, our own archives without a label, and random bytes")
    func others() throws {
        let folder = try FormatFolder()
        for format in ["v7", "gnu", "ustar", "posix"] {
            let ran = try run(["tar", "-cf", "-", "--format=\(format)", "/etc/hostname"], in: folder.path)
            #expect(TapeContents.classify(ran.output[...]) == .foreign("tar"), "\(format)")
        }
        let archive = try parts(of: stream(of: Specimen.all).bytes, cutAt: 4096)
        for part in archive {
            #expect(TapeContents.classify(part[...]) == .foreign("Holdfast archive without a label"))
        }
        var dice = Dice(state: 5)
        for _ in 0..<50 { #expect(TapeContents.classify(dice.bytes(1024)[...]) == .unknown) }
        #expect(TapeContents.classify([UInt8](repeating: 0, count: 4096)[...]) == .unknown)
    }

    @Test("F1 an end mark tells what comes next, and is worth nothing when changed")
    func end() throws {
        let part = StoredPart(
            part: 2, label: "ARC001", nonce: "0123", file: 3, blocks: 9, headBytes: 1536, offset: 4096, length: 5000)
        let end = VolumeEnd(
            set: "ab12", volume: 1, label: "ARC001", nonce: "0123", nextArchive: "cd34", nextPart: 3,
            nextOffset: 9096, holdings: [VolumeEnd.Holding(archive: "cd34", part: part, isLast: false)])
        var about = facts(1, blockSize: 4096)
        about.kind = .end
        let bytes = try end.file(about)
        var read = try #require(VolumeEnd.read(bytes[...]))
        #expect(read.crc != 0)
        read.crc = 0
        #expect(read == end)
        var changed = bytes
        changed[changed.firstRange(of: Array("9096".utf8))?.lowerBound ?? 0] ^= 1
        #expect(VolumeEnd.read(changed[...]) == nil)
        #expect(CRC32.of("123456789".utf8) == 0xCBF4_3926)
    }
}
