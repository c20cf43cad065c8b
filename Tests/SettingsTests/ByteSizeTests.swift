import Settings
import Testing

@Suite struct ByteSizeTests {
    @Test(
        "J4 sizes follow one grammar",
        arguments: [
            ("0", 0), ("512", 512), ("512 B", 512), ("512B", 512), ("64 MiB", 64 << 20), ("10 GB", 10_000_000_000),
            ("10GiB", 10 << 30), ("1.5G", 3 << 29), ("1.5 GB", 1_500_000_000), ("1 k", 1024), ("1 kB", 1000),
            ("1 KB", 1000), ("0.5 KiB", 512), ("1.1 KiB", 1126), ("8191 PiB", 8191 << 50),
            ("9223372036854775807", Int64.max), ("7.999999999 EiB", 9_223_372_035_701_854_303), ("007 M", 7 << 20),
        ] as [(String, Int64)])
    func good(text: String, expected: Int64) throws {
        #expect(try ByteSize.parse(text) == expected)
    }

    @Test(
        "J4 anything else is an error, overflow too",
        arguments: [
            "", " ", "1e9", "+1", "-1", "1,5 G", "1.", ".5", "1.2.3", "1  GiB", "1 GiB ", " 1", "1 gib", "1 Mb", "1 ",
            "0x10", "GiB", "1\u{a0}GiB", "١", "8 EiB", "9223372036854775808", "9.3 EB", "99999999999999999999999",
            "1 ZiB", "nan", "inf", "1.0000000000000000000000000000000000001", "1 GiB/s",
            "340282366920938463463374607431768211457",
        ])
    func bad(text: String) {
        #expect(throws: BadValue.self) { try ByteSize.parse(text) }
    }

    @Test("J4 rates are sizes, with /s or without", arguments: ["50 MB/s", "50 MB"])
    func rates(text: String) throws {
        #expect(try ByteSize.parseRate(text) == 50_000_000)
    }

    @Test("J4 what is written back is read as the same size")
    func roundTrip() throws {
        var random = SplitMix(state: 4)
        for _ in 0..<10_000 {
            let size = Int64.random(in: 0...Int64.max, using: &random) >> Int64.random(in: 0..<63, using: &random)
            #expect(try ByteSize.parse(ByteSize.text(size)) == size)
        }
    }
}
