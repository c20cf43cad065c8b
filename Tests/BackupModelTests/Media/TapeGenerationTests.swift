import BackupModel
import Testing

@Suite struct TapeGenerationTests {
    /// W writes, R reads only; the rows are drives, the columns media LTO-3, 4, 5, 6, 7, M8, 8, 9.
    @Test(
        "which drive writes and reads which media",
        arguments: [
            (TapeGeneration.lto5, "RWW....."), (.lto6, ".RWW...."), (.lto7, "..RWW..."), (.lto8, "....WWW."),
            (.lto9, "......WW"),
        ])
    func fits(drive: TapeGeneration, row: String) {
        let found = TapeGeneration.allCases.map { medium in
            switch drive.fit(medium) {
            case .writes: "W"
            case .readsOnly: "R"
            case .unfit: "."
            }
        }
        #expect(found.joined() == row)
    }

    @Test(
        "a barcode tells generation, WORM and cleaning",
        arguments: [
            ("NX0007L9", TapeGeneration.lto9, false, false, "NX0007"), ("NX0007M8", .lto7M8, false, false, "NX0007"),
            ("NX0007LZ", .lto9, true, false, "NX0007"), ("NX0007LW", .lto6, true, false, "NX0007"),
            ("CLNU01L1", nil, false, true, "CLNU01L1"), ("NX0007", nil, false, false, "NX0007"),
            ("  NX0007L6 ", .lto6, false, false, "NX0007"), ("", nil, false, false, ""),
            ("L9", nil, false, false, "L9"),
        ] as [(String, TapeGeneration?, Bool, Bool, String)])
    func barcodes(text: String, generation: TapeGeneration?, isWORM: Bool, isCleaning: Bool, name: String) {
        let barcode = Barcode(text)
        #expect(barcode.generation == generation)
        #expect(barcode.isWORM == isWORM)
        #expect(barcode.isCleaning == isCleaning)
        #expect(barcode.name == name)
    }

    @Test(
        "barcodes that are ours",
        arguments: [
            ("NX0000..NX0999", "NX0007L9", true), ("NX0000..NX0999", "NX0007", true),
            ("NX0000..NX0999", "NX1000L9", false),
            ("NX0000..NX0999", "NX00071L9", false), ("NX0000..NX0999", "NX000", false), ("NX0007", "NX0007L6", true),
            ("NX0007L6", "NX0007L6", true), ("NX0007L6", "NX0007L5", false), ("NX0000..NX0999", "", false),
        ])
    func ranges(range: String, barcode: String, isOurs: Bool) throws {
        let range = try #require(BarcodeRange(range))
        #expect(range.contains(Barcode(barcode)) == isOurs)
        #expect(BarcodeRange(range.text) == range)
    }

    @Test(arguments: ["", "..", "A..", "..A", "B..A", "A..AA", "a..b", "A B", "A.B", "A...B", "É", "A-1"])
    func noRange(text: String) { #expect(BarcodeRange(text) == nil) }

    @Test("density codes and capacities belong to one generation each")
    func unique() {
        let all = TapeGeneration.allCases
        #expect(Set(all.map(\.density)).count == all.count)
        #expect(Set(all.map(\.suffix)).count == all.count)
        for generation in all {
            #expect(TapeGeneration(density: generation.density) == generation)
            #expect(TapeGeneration(barcodeSuffix: generation.suffix) == generation)
        }
        #expect(TapeGeneration(density: 0) == nil)
        #expect(TapeGeneration(barcodeSuffix: "") == nil)
    }
}

@Suite struct RetentionTests {
    @Test(
        "what is written then is kept until",
        arguments: [
            ("30d", "2026-01-15", "2026-02-14"), ("4w", "2026-01-15", "2026-02-12"),
            ("6mo", "2026-01-15", "2026-07-15"),
            ("7y", "2026-01-15", "2033-01-15"), ("1mo", "2026-01-31", "2026-03-01"), ("1y", "2028-02-29", "2029-03-01"),
            ("4y", "2028-02-29", "2032-02-29"), ("1mo", "2026-12-31", "2027-01-31"),
            ("2mo", "2026-12-31", "2027-03-01"),
            ("13mo", "1969-11-30", "1970-12-30"), ("permanent", "2026-01-15", ""),
        ])
    func expiry(text: String, written: String, expected: String) throws {
        let retention = try #require(Retention(text))
        #expect(retention.description == text)
        let end = retention.expiry(ofWrittenAt: try day(written))
        #expect((end.map { String($0.iso8601().prefix(10)) } ?? "") == expected)
        #expect(end.map { $0.iso8601().hasSuffix("T13:14:15Z") } ?? true)
    }

    @Test(arguments: [
        "", "7", "y", "0d", "-1d", "7Y", "7 y", "7m", "101y", "36526d", "1201mo", "7y2d", "１d", "forever",
    ])
    func noRetention(text: String) { #expect(Retention(text) == nil) }

    private func day(_ text: String) throws -> WallTime {
        let parts = text.split(separator: "-").compactMap { Int($0) }
        var day = 0
        // Days since 1970 by counting, an oracle of its own.
        if parts[0] >= 1970 {
            for year in 1970..<parts[0] { day += isLeap(year) ? 366 : 365 }
        } else {
            for year in parts[0]..<1970 { day -= isLeap(year) ? 366 : 365 }
        }
        let lengths = [31, isLeap(parts[0]) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        day += lengths.prefix(parts[1] - 1).reduce(0, +) + parts[2] - 1
        return WallTime(milliseconds: Int64(day) * 86_400_000 + 47_655_000)
    }

    private func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
}
