import Testing

@testable import TapeArchive

@Suite struct HostileTarTests {
    private static func read(_ bytes: [UInt8]) throws -> Collector {
        var reader = TarReader(Collector())
        try bytes.withUnsafeBytes { try reader.feed($0) }
        try reader.finish()
        return reader.sink
    }

    private static let good = [Sample.file("one", [1, 2, 3]), .file("two", [4, 5]), .file("three", [6])]

    private static func header(_ name: String, size: Int64, type: UInt8 = 48) -> [UInt8] {
        var header = TarHeader()
        header.name = Array(name.utf8)
        header.size = size
        header.type = type
        return header.bytes
    }

    private static func extended(_ records: [(String, String)]) -> [UInt8] {
        var pax = PaxRecords()
        for (key, value) in records { pax.add(key, value.utf8) }
        return pax.framed(type: TarHeader.TypeFlag.extended, name: [120])
    }

    struct Case: CustomTestStringConvertible {
        var name: String
        /// Put between "one" and "two".
        var bytes: [UInt8]
        var trouble: ArchiveTrouble.Kind
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "bad checksum", bytes: [9] + header("x", size: 0).dropFirst(), trouble: .badHeader),
        Case(
            name: "negative size",
            bytes: {
                var bytes = header("x", size: 0)
                for at in 124..<136 { bytes[at] = 255 }
                let sum = TarHeader.checksum(bytes[...])
                for (at, digit) in String(sum, radix: 8).utf8.enumerated() { bytes[148 + at] = digit }
                bytes[148 + String(sum, radix: 8).utf8.count] = 0
                return bytes
            }(), trouble: .badHeader),
        Case(
            name: "a size of 8 EiB", bytes: header("x", size: .max), trouble: .badHeader),
        Case(
            name: "pax loop", bytes: (0..<9).flatMap { _ in extended([("path", "x")]) }, trouble: .badExtendedHeader),
        Case(
            name: "pax header of 1 TiB", bytes: header("x", size: 1 << 40, type: TarHeader.TypeFlag.extended),
            trouble: .tooLarge),
        Case(
            name: "malformed records", bytes: PaxRecords.broken + header("x", size: 0), trouble: .badExtendedHeader),
        Case(
            name: "unknown type", bytes: header("x", size: 3, type: 90) + [UInt8](repeating: 1, count: 512),
            trouble: .unsupported),
        Case(
            name: "sparse map beyond the file",
            bytes: extended([
                ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "10"),
            ]) + header("x", size: 1024) + Array("1\n100\n512\n".utf8) + [UInt8](repeating: 0, count: 1014),
            trouble: .badSparseMap),
        Case(
            name: "sparse map of a billion regions",
            bytes: extended([
                ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "10"),
            ]) + header("x", size: 1024) + Array("1000000000\n".utf8) + [UInt8](repeating: 0, count: 1013),
            trouble: .tooLarge),
        Case(name: "lone zero record", bytes: [UInt8](repeating: 0, count: 512), trouble: .loneZeroRecord),
    ]

    @Test("G16 a malformed member is an error of its own; those around it are read", arguments: cases)
    func malformed(hostile: Case) throws {
        let all = try stream(of: Self.good).bytes
        let found = try Self.read(Array(all[..<1024]) + hostile.bytes + all[1024...])
        #expect(found.troubles.map(\.kind).contains(hostile.trouble))
        #expect(found.samples.first == Self.good[0])
        #expect(found.samples.last == Self.good[2])
    }

    @Test("G16 trailing garbage is told once; duplicates are both read")
    func trailing() throws {
        let twice = Self.good + Self.good
        let bytes = try stream(of: twice).bytes + [UInt8](repeating: 3, count: 5 * 512)
        let found = try Self.read(bytes)
        #expect(found.samples == twice)
        #expect(found.troubles.map(\.kind) == [.trailingBytes])
    }

    @Test("G13 a sparse file of 8 EiB is told with its size and none of its data")
    func huge() throws {
        var entry = ArchiveEntry(.file, Array("huge".utf8), size: .max)
        entry.sparse = SparseMap([], size: .max)
        let found = try Self.read(stream(of: [Sample(entry)]).bytes)
        #expect(found.troubles.isEmpty && found.samples.first?.entry.size == .max && found.bytes == 0)
    }

    @Test("F26 an archive cut short gives what is whole and tells of the rest")
    func truncated() throws {
        let samples = Specimen.all
        let (bytes, places) = try stream(of: samples)
        for cut in stride(from: 0, to: bytes.count - 1024, by: 512) {
            let found = try Self.read(Array(bytes[..<cut]))
            #expect(found.troubles.map(\.kind) == [.truncated])
            let whole = zip(found.samples, found.whole).filter { $0.1 }.map { $0.0 }
            let expected = places.prefix { $0.dataStart + $0.dataBytes <= Int64(cut) }.count
            #expect(whole == Array(samples.prefix(expected)))
        }
    }

    @Test("F22 reading may begin anywhere and finds the next member")
    func anywhere() throws {
        let samples = TarEquivalenceTests.hell(40)
        let (bytes, places) = try stream(of: samples)
        for start in stride(from: 512, to: bytes.count - 1024, by: 512) {
            var reader = TarReader(Collector(), at: Int64(start), isBoundary: false)
            try bytes[start...].withUnsafeBytes { try reader.feed($0) }
            try reader.finish()
            let rest = places.filter { $0.start >= Int64(start) }.count
            let found = reader.sink.samples
            // The header behind a lost extended one may come out under its stand-in name; the rest is exact.
            #expect(Array(found.suffix(rest)) == Array(samples.suffix(rest)))
            #expect(found.count <= rest + 1)
        }
    }

    @Test("F27 F28 parts of another set, out of order or missing are refused before a byte is taken")
    func order() throws {
        let bytes = try stream(of: Specimen.all).bytes
        let all = try parts(of: bytes, blockSize: 1024, blocksOnTape: [5, 9, 7])
        for wrong in [[1, 0], [0, 2], [0, 1, 3], [0, 0], [0, 2, 1]] {
            #expect(throws: FormatFault.self) { try collect(wrong.map { all[$0] }) }
        }
        var foreign = all[1]
        if let at = foreign.firstRange(of: Array("ab12".utf8)) { foreign.replaceSubrange(at, with: Array("ffff".utf8)) }
        #expect(throws: FormatFault.self) { try collect([all[0], foreign]) }
    }

    @Test("F27 with a part missing, on wish, all whole members of the others are read and no wrong one")
    func gaps() throws {
        let samples = Specimen.all
        let (bytes, places) = try stream(of: samples)
        for first in 5..<32 {
            let all = try parts(of: bytes, blockSize: 512, blocksOnTape: [Int64(first), 9])
            // A tape that holds no more than a head makes no part.
            guard all.count == 3 else { continue }
            let found = try collect([all[0], all[2]], acceptsGaps: true)
            #expect(found.troubles.map(\.kind).contains(.gap))
            let whole = zip(found.samples, found.whole).filter { $0.1 }.map { $0.0 }
            guard case .head(let head) = FoundHead.read(all[2][...]) else { continue }
            let behind = places.filter { $0.start >= head.facts.offset }.count
            #expect(Array(whole.suffix(behind)) == Array(samples.suffix(behind)))
            #expect(whole.allSatisfy(samples.contains))
        }
    }

    @Test("G16 mutated archives never crash the reader nor make it give more than it took")
    func fuzzed() throws {
        let seeds = try [
            stream(of: [.file("a", [1, 2, 3]), .file(String(repeating: "n", count: 300), [9])]).bytes,
            stream(of: [.sparse("s", regions: [(4096, 700), (9000, 3)], size: 20_000)]).bytes,
            stream(of: Array(Specimen.all[11...12])).bytes,
        ]
        var dice = Dice(state: 4)
        for round in 0..<(isLongFormatRun ? 100_000 : 5_000) {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 1...6, using: &dice) { Self.mutate(&bytes, &dice) }
            var reader = SpanReader(Collector(), acceptsGaps: true)
            if round % 4 == 0 {
                bytes = try PartHead(facts(), at: .member, device: "d").bytes + bytes
                Self.mutate(&bytes, &dice)
                reader.beginPart()
            }
            do {
                try bytes.withUnsafeBytes { try reader.feed($0) }
                try reader.finish()
            } catch is FormatFault { continue }
            #expect(reader.tar.sink.bytes <= Int64(bytes.count) && !reader.tar.sink.isMisplaced)
            #expect(reader.tar.sink.troubles.count <= bytes.count / 512 + 2)
        }
    }

    /// Flips, sets, cuts out or doubles, and often mends the checksum, so that what is behind it is reached.
    private static func mutate(_ bytes: inout [UInt8], _ dice: inout Dice) {
        guard bytes.count > 1024 else { return }
        let at = Int.random(in: 0..<bytes.count, using: &dice)
        switch Int.random(in: 0..<6, using: &dice) {
        case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &dice)
        case 1: bytes[at] = UInt8.random(in: 0...255, using: &dice)
        case 2: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...512, using: &dice)))
        case 3: bytes.insert(contentsOf: bytes[max(0, at - 512)..<at], at: at)
        case 4: bytes[at] = Array("0123456789= \n".utf8).randomElement(using: &dice) ?? 0
        default: bytes.removeLast(Int.random(in: 1...512, using: &dice))
        }
        let record = at / 512 * 512
        guard record + 512 <= bytes.count, Bool.random(using: &dice) else { return }
        let sum = String(TarHeader.checksum(bytes[record..<record + 512]), radix: 8).utf8
        for (index, digit) in sum.enumerated() where index < 6 { bytes[record + 148 + index] = digit }
        for index in sum.count..<8 { bytes[record + 148 + index] = 0 }
    }
}

extension PaxRecords {
    static var broken: [UInt8] {
        var header = TarHeader()
        header.type = TarHeader.TypeFlag.extended
        header.size = 9
        return header.bytes + Array("99 path=x".utf8) + [UInt8](repeating: 0, count: 503)
    }
}
