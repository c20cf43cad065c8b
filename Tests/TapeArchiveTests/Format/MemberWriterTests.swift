import Testing

@testable import TapeArchive

@Suite struct MemberWriterTests {
    @Test("a plain file needs one record of header, and the same entry gives the same bytes")
    func minimal() throws {
        let sample = Sample.file("plain", [1])
        let head = try MemberHead(sample.entry)
        #expect(head.bytes.count == 512)
        #expect(try MemberHead(sample.entry) == head)
    }

    struct Verdict: CustomTestStringConvertible {
        var given: Int
        var verdict: MemberVerdict
        var testDescription: String { "\(given) of 100 bytes" }
    }

    @Test(
        "a file that changes while it is read is padded or cut, and told of",
        arguments: [
            Verdict(given: 100, verdict: .asDeclared), Verdict(given: 99, verdict: .shrank(missing: 1)),
            Verdict(given: 0, verdict: .shrank(missing: 100)), Verdict(given: 101, verdict: .grew),
        ])
    func changing(verdict: Verdict) throws {
        var writer = ArchiveWriter(into: ByteArray())
        try writer.begin(ArchiveEntry(.file, Array("f".utf8), size: 100))
        try [UInt8](repeating: 7, count: verdict.given).withUnsafeBytes { try writer.write($0) }
        #expect(try writer.finish() == verdict.verdict)
        try writer.close()
        #expect(writer.sink.bytes.count == 2048 && writer.offset == 2048)
    }

    @Test(
        "names that no tar could restore are refused",
        arguments: ["", "/a", "a/", "..", "a/../b", "a\0b"])
    func names(name: String) {
        #expect(throws: FormatFault.badName(Array(name.utf8))) {
            try MemberHead(ArchiveEntry(.file, Array(name.utf8)))
        }
    }

    @Test("a file beyond 8 GiB tells its size, and a part that continues it too", arguments: [Int64(1) << 33, 1 << 45])
    func large(size: Int64) throws {
        let head = try MemberHead(ArchiveEntry(.file, Array("big".utf8), size: size))
        var reader = TarReader(Collector())
        try head.bytes.withUnsafeBytes { try reader.feed($0) }
        #expect(reader.sink.samples.first?.entry.size == size)
        let file = ContinuedFile(name: Array("big".utf8), size: size, storedLeft: size)
        #expect(reader.standing == .data(file))
        let next = try PartHead(facts(2, at: 1024), at: reader.standing, device: "d")
        guard case .head(let found) = FoundHead.read(next.bytes[...]) else {
            Issue.record("no head")
            return
        }
        #expect(found.continuedBytes == size && found.length == next.bytes.count)
    }

    @Test(
        "G23 times are decimal numbers both ways",
        arguments: [
            (0, 0, "0"), (1_700_000_000, 500_000_000, "1700000000.5"), (-1, 500_000_000, "-0.5"),
            (-2, 500_000_000, "-1.5"), (-2, 0, "-2"), (1, 1, "1.000000001"), (9_214_646_400, 0, "9214646400"),
            (-86_401, 1, "-86400.999999999"),
        ] as [(Int64, Int32, String)])
    func times(seconds: Int64, nanoseconds: Int32, text: String) {
        let time = EntryTime(seconds: seconds, nanoseconds: nanoseconds)
        #expect(String(decoding: time.decimal, as: UTF8.self) == text)
        #expect(EntryTime(decimal: Array(text.utf8)[...]) == time)
    }

    @Test(
        "numbers of headers",
        arguments: [
            ("0000644\0", 420), ("   644 \0", 420), ("\0\0\0\0\0\0\0\0", 0), ("9", nil), ("-1", nil), ("1x", nil),
        ] as [(String, Int64?)])
    func numbers(text: String, value: Int64?) {
        #expect(TarHeader.number(Array(text.utf8)[...]) == value)
    }

    @Test(
        "numbers in base 256",
        arguments: [
            ([0x80, 0, 0, 1], 1), ([0xFF, 0xFF, 0xFF, 0xFE], -2), ([0x80] + [UInt8](repeating: 255, count: 11), nil),
            ([0x80, 0, 0, 0, 0x7F] + [UInt8](repeating: 255, count: 7), Int64.max),
        ] as [([UInt8], Int64?)])
    func base256(bytes: [UInt8], value: Int64?) {
        #expect(TarHeader.number(bytes[...]) == value)
    }

    @Test("a sparse map is stored only where it saves room, and never of more regions than a reader takes")
    func sparse() {
        #expect(SparseMap.worthStoring([SparseMap.Region(offset: 0, length: 5000)], size: 5000) == nil)
        #expect(SparseMap.worthStoring([SparseMap.Region(offset: 0, length: 5)], size: 5000)?.dataBytes == 5)
        let many = (0..<Int64(SparseMap.mostRegions + 5)).map { SparseMap.Region(offset: $0 * 8192, length: 1) }
        let map = SparseMap.worthStoring(many, size: 1 << 40)
        #expect(map.map { $0.regions.count <= SparseMap.mostRegions } == true)
    }
}
