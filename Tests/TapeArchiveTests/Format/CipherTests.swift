import Foundation
import Testing
import WorkerKit

@testable import TapeArchive

@Suite struct CipherTests {
    static func key(_ seed: UInt64 = 11) throws -> ArchiveKey {
        var dice = Dice(state: seed)
        return try ArchiveKey(bytes: dice.bytes(32))
    }

    static func sealed(_ plain: [UInt8], frameBytes: Int = 1000) throws -> [UInt8] {
        var dice = Dice(state: 12)
        var sealer = try CipherSealer(key(), salt: dice.bytes(32), into: ByteArray(), frameBytes: frameBytes)
        try plain.withUnsafeBytes { try sealer.put($0) }
        try sealer.finish()
        return sealer.sink.bytes
    }

    static func opened(_ bytes: [UInt8], key: ArchiveKey? = nil) throws -> [UInt8] {
        let mine = try key ?? Self.key()
        let id = try mine.id()
        var opener = CipherOpener(into: ByteArray()) { $0 == id ? mine : nil }
        for start in stride(from: 0, to: bytes.count, by: 77) {
            try bytes[start..<min(start + 77, bytes.count)].withUnsafeBytes { try opener.feed($0) }
        }
        try opener.finish()
        return opener.sink.bytes
    }

    @Test("known answers: AES-256-GCM by test case 14 of its authors, HKDF by RFC 5869, A.1")
    func known() throws {
        let cipher = try #require(AuthenticatedCipher(key: [UInt8](repeating: 0, count: 32)))
        let zeros = [UInt8](repeating: 0, count: 16)
        let sealed = zeros.withUnsafeBytes { cipher.seal($0, nonce: [UInt8](repeating: 0, count: 12), bound: []) }
        #expect(
            sealed.map(Self.hex) == "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")
        let derived = AuthenticatedCipher.derive(
            key: [UInt8](repeating: 0x0b, count: 22), salt: Array(0...12), info: Array(0xf0...0xf9))
        #expect(derived.map(Self.hex) == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf")
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test("what was sealed is opened, by us and by the decoder on the label", arguments: [0, 1, 999, 1000, 1001, 5000])
    func roundTrip(size: Int) throws {
        var dice = Dice(state: 1)
        let plain = dice.bytes(size)
        let sealed = try Self.sealed(plain)
        #expect(try Self.opened(sealed) == plain)
        let folder = try FormatFolder()
        try folder.write(DecryptProgram.source, "holdfast-decrypt.py")
        try folder.write(Array(PaperKey.text(Self.key(), note: "films").utf8), "key")
        let ran = try run(["python3", "holdfast-decrypt.py", "key"], in: folder.path, input: sealed)
        #expect(ran.status == 0 && ran.output == plain, "\(ran.errors)")
        #expect(String(decoding: sealed.prefix(60), as: UTF8.self).contains("cipher=AES-256-GCM key="))
    }

    struct Harm: CustomTestStringConvertible {
        var name: String
        var harm: @Sendable ([UInt8]) -> [UInt8]
        var testDescription: String { name }
    }

    static let harms: [Harm] = [
        Harm(name: "a bit in a frame") { bytes in bytes.flipped(at: 300) },
        Harm(name: "a bit in the header's salt") { bytes in bytes.flipped(at: 70) },
        Harm(name: "a bit in a tag") { bytes in bytes.flipped(at: 256 + 4 + 1000 + 3) },
        Harm(name: "a bit in a length") { bytes in bytes.flipped(at: 256) },
        Harm(name: "the last frame missing") { bytes in Array(bytes[..<(256 + 3 * 1020)]) },
        Harm(name: "cut within a frame") { bytes in Array(bytes[..<700]) },
        Harm(name: "only the header") { bytes in Array(bytes[..<256]) },
        Harm(name: "two frames exchanged") { bytes in
            Array(bytes[..<256] + bytes[1276..<2296] + bytes[256..<1276] + bytes[2296...])
        },
        Harm(name: "a frame missing") { bytes in Array(bytes[..<256] + bytes[1276...]) },
        Harm(name: "a frame twice") { bytes in Array(bytes[..<1276] + bytes[256...]) },
        Harm(name: "bytes behind the end") { bytes in bytes + [0] },
        Harm(name: "nothing at all") { _ in [] },
    ]

    @Test("changed, exchanged, missing and cut frames are found, by us and by the decoder", arguments: harms)
    func harmed(harm: Harm) throws {
        var dice = Dice(state: 2)
        let bytes = harm.harm(try Self.sealed(dice.bytes(3500)))
        #expect(throws: FormatFault.self) { try Self.opened(bytes) }
        let folder = try FormatFolder()
        try folder.write(DecryptProgram.source, "holdfast-decrypt.py")
        try folder.write(Array(PaperKey.text(Self.key()).utf8), "key")
        let ran = try run(["python3", "holdfast-decrypt.py", "key"], in: folder.path, input: bytes)
        #expect(ran.status == 1)
        #expect(ran.errors.hasPrefix("holdfast-decrypt: "))
    }

    @Test("another key is named, not tried")
    func otherKey() throws {
        let sealed = try Self.sealed([1, 2, 3])
        let id = try Self.key().id()
        #expect(throws: FormatFault.badKey("the key \(id) is needed")) { try Self.opened(sealed, key: Self.key(5)) }
        #expect(try String(describing: Self.key()) == "a key")
    }

    @Test("a typing error in a paper key is found by its line, wherever it is")
    func paper() throws {
        let key = try Self.key()
        let text = try PaperKey.text(key, note: "two\nlines")
        #expect(try PaperKey.key(text) == key)
        #expect(try PaperKey.key(text.lowercased().replacing("-", with: " ")) == key)
        let lines = text.split(separator: "\n").map(String.init)
        for number in 1...4 {
            let line = lines[lines.count - 5 + number]
            for at in 2..<line.count where Array(line)[at] != "-" {
                var letters = Array(line)
                letters[at] = letters[at] == "7" ? "8" : "7"
                let wrong = text.replacing(line, with: String(letters))
                #expect(throws: FormatFault.badKey("line \(number) has a typing error")) { try PaperKey.key(wrong) }
            }
            #expect(throws: FormatFault.badKey("line \(number) is missing")) {
                try PaperKey.key(text.replacing(line, with: ""))
            }
        }
        let exchanged = text.replacing("\n1 ", with: "\n9 ").replacing("\n2 ", with: "\n1 ")
            .replacing("\n9 ", with: "\n2 ")
        #expect(throws: FormatFault.self) { try PaperKey.key(exchanged) }
    }

    @Test(
        "a compressed, encrypted archive cut raw at any byte comes back by cat, the decoder, the unpacker and tar",
        .enabled(if: isInstalled("rsync")), arguments: [Compression.gzip, .zstd, .lz4])
    func raw(compression: Compression) throws {
        guard isInstalled(compression.rawValue) else { return }
        let folder = try FormatFolder()
        try folder.clear("in")
        try folder.clear("out")
        plant(Specimen.all, in: folder.path + "/in")
        let bytes = try stream(of: Specimen.all).bytes
        var dice = Dice(state: 21)
        let sealer = try CipherSealer(Self.key(), salt: dice.bytes(32), into: ByteArray(), frameBytes: 4096)
        var cutter = FrameCutter(ChildCompressor(compression), into: sealer, frameBytes: 10_000)
        try bytes.withUnsafeBytes { try cutter.put($0) }
        try cutter.finish()
        #expect(cutter.frames.count == (bytes.count + 9_999) / 10_000)
        let packed = cutter.sink.sink.bytes
        let cut = packed.count / 3
        try folder.write(Array(packed[..<cut]), "part.1")
        try folder.write(Array(packed[cut...]), "part.2")
        try folder.write(DecryptProgram.source, "holdfast-decrypt.py")
        try folder.write(Array(PaperKey.text(Self.key()).utf8), "key")
        let line =
            "cat part.1 part.2 | python3 holdfast-decrypt.py key | \(compression.unpack) | tar -xpf - -C out "
            + "--xattrs --xattrs-include='*' --acls --numeric-owner --warning=no-timestamp"
        let ran = try run(["bash", "-o", "pipefail", "-c", line], in: folder.path)
        #expect(ran.status == 0 && ran.errors.isEmpty, "\(ran.errors)")
        let differs = try differences(folder.path + "/in/t", folder.path + "/out/t")
        #expect(differs == "")
    }

    @Test("F28 raw parts are taken only in order, and say in clear what they are")
    func rawOrder() throws {
        var first = facts(1, blockSize: 4096)
        first.compression = .zstd
        first.key = "0011"
        let front = try RawPart.front(first)
        #expect(RawPart.read(front[...]) == first)
        #expect(String(decoding: front, as: UTF8.self).contains("ENCRYPTED (AES-256-GCM) with the key 0011"))
        var order = RawPartOrder()
        try order.begin(first)
        order.advance(100)
        #expect(throws: FormatFault.self) { try order.begin(facts(2, at: 99)) }
        #expect(throws: FormatFault.self) { try order.begin(facts(3, at: 100)) }
        #expect(throws: FormatFault.self) { try order.begin(facts(2, at: 100, set: "other")) }
        try order.begin(facts(2, at: 100))
    }
}

extension [UInt8] {
    func flipped(at index: Int) -> [UInt8] {
        var bytes = self
        bytes[index] ^= 1
        return bytes
    }
}
