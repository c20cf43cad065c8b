import Foundation
import Testing

@testable import BackupModel

@Suite struct TextValueTests {
    @Test(
        "a time moves by any number and stops at its ends",
        arguments: [
            (1500, 2.5, 4000), (1500, -2.0, -500), (0, 0.0019, 1), (0, -0.0019, -1), (5, 0.0, 5),
            (5, 1e308, Int64.max), (5, -1e308, .min), (5, .infinity, .max), (5, -.infinity, .min), (5, .nan, 5),
            (.max, 1, .max), (.min, -1, .min), (0, 9.3e15, .max), (0, 1e12, 1_000_000_000_000_000),
        ] as [(Int64, Double, Int64)])
    func moved(milliseconds: Int64, seconds: Double, expected: Int64) {
        #expect(WallTime(milliseconds: milliseconds).adding(seconds: seconds).milliseconds == expected)
        #expect(WallTime(milliseconds: .max).seconds(since: WallTime(milliseconds: .min)) > 1e16)
    }

    @Test(
        "C5 dates",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"), (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_735_689_599_000, "2024-12-31T23:59:59.000Z"), (2_147_483_648_000, "2038-01-19T03:14:08.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (4_107_456_000_000, "2100-02-28T00:00:00.000Z"),
            (-2_208_988_800_000, "1900-01-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ])
    func dates(milliseconds: Int64, text: String) {
        let time = WallTime(milliseconds: milliseconds)
        #expect(time.iso8601(milliseconds: true) == text)
        #expect(time.iso8601() == text.prefix(19) + "Z")
        #expect(time.date == text.prefix(10) && time.timeOfDay == text.dropFirst(11).prefix(8))
    }

    @Test func everyDayOfFourCenturiesFollowsTheOneBefore() {
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var (year, month, day) = (1800, 1, 1)
        for number in -62_091...84_005 {
            let civil = WallTime(milliseconds: Int64(number) * 86_400_000 + 1).civil
            if civil.year != year || civil.month != month || civil.day != day {
                Issue.record("\(civil) instead of \(year)-\(month)-\(day)")
                return
            }
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            day += 1
            if day > lengths[month - 1] + (isLeap && month == 2 ? 1 : 0) { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
        #expect(year == 2200)
    }

    @Test func timesMove() {
        let time = WallTime(milliseconds: 1500)
        #expect(time.adding(seconds: -2).milliseconds == -500)
        #expect(time.adding(seconds: 2).seconds(since: time) == 2)
    }

    @Test(arguments: [
        (Int64(0), "0 B"), (512, "512 B"), (999, "999 B"), (1000, "0.98 KiB"), (1024, "1.00 KiB"),
        (10_240, "10.0 KiB"), (104_857_600, "100 MiB"), (1_330_409_069_609, "1.21 TiB"), (.max, "8.00 EiB"),
    ])
    func bytes(count: Int64, text: String) { #expect(Quantity.bytes(count) == text) }

    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1 000"), (18_402, "18 402"), (-1_234_567, "-1 234 567")])
    func counts(number: Int, text: String) { #expect(Quantity.count(number) == text) }

    @Test(arguments: [
        (0.0, "00:00"), (59.6, "01:00"), (252, "04:12"), (3599, "59:59"), (3600, "1h00"), (5400, "1h30"),
        (86_399, "23h59"), (86_400, "1d00h"), (187_200, "2d04h"), (-5, "00:00"), (.infinity, "?"), (.nan, "?"),
        (1e300, "11574074d01h"),
    ])
    func durations(seconds: Double, text: String) { #expect(Quantity.duration(seconds) == text) }

    @Test(arguments: [(1.005, 1, "1.0"), (-0.04, 1, "0.0"), (-1.25, 2, "-1.25"), (9.999, 2, "10.00"), (2.5, 0, "3")])
    func fixed(value: Double, decimals: Int, text: String) { #expect(Quantity.fixed(value, decimals) == text) }

    @Test("rates", arguments: [(0.0, "0 B/s"), (-3, "0 B/s"), (123_731_968, "118 MiB/s")])
    func rates(value: Double, text: String) { #expect(Quantity.rate(value) == text) }

    @Test(
        "H2 foreign bytes lose their power in plain sinks",
        arguments: [
            ("plain name.txt", "plain name.txt"), ("a\nb\tc", "a\\nb\\tc"), ("\u{1b}[2J", "\\e[2J"),
            ("back\\slash", "back\\\\slash"), ("\u{7f}", "\\x7f"), ("\u{9b}31m", "\\xc2\\x9b31m"),
            ("\u{202e}gnp.exe", "\\xe2\\x80\\xaegnp.exe"), ("\u{200b}", "\\xe2\\x80\\x8b"),
            ("\u{feff}", "\\xef\\xbb\\xbf"), ("\u{2028}", "\\xe2\\x80\\xa8"), ("\u{e000}", "\\xee\\x80\\x80"),
            ("a\u{0301}", "a\\xcc\\x81"), ("grün", "grün"), ("日本", "日本"), ("\u{0}", "\\x00"), ("\r", "\\x0d"),
            ("\u{e0041}", "\\xf3\\xa0\\x81\\x81"), ("\u{ad}", "\\xc2\\xad"), ("\u{a0}", "\\xc2\\xa0"),
        ])
    func escapes(text: String, expected: String) { #expect(printable(text.utf8) == expected) }

    @Test(
        "H1 bytes that are no text are shown as bytes",
        arguments: [
            ([0xff, 0xfe], "\\xff\\xfe"), ([0xc3], "\\xc3"), ([0xc0, 0xaf], "\\xc0\\xaf"),
            ([0x41, 0xe2, 0x82], "A\\xe2\\x82"),
            ([0xed, 0xa0, 0x80], "\\xed\\xa0\\x80"), ([0xf4, 0x90, 0x80, 0x80], "\\xf4\\x90\\x80\\x80"),
            ([0xe2, 0x41, 0x80], "\\xe2A\\x80"), ([0xf0, 0x80, 0x80, 0x41], "\\xf0\\x80\\x80A"),
        ] as [([UInt8], String)])
    func invalid(bytes: [UInt8], expected: String) { #expect(printable(bytes) == expected) }

    @Test("H1 no pair of bytes makes a control byte in the output")
    func allPairs() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let out = printable([first, second, 0x41])
                if out.unicodeScalars.contains(where: { $0.value < 32 || (0x7f...0x9f).contains($0.value) }) {
                    Issue.record("\(first) \(second)")
                }
            }
        }
    }

    @Test func theStateSurvivesJSON() throws {
        let failure = Failure(
            code: "X", side: .destination, message: "m", subject: [0, 255], errno: 28, operation: "write", hint: "h",
            isTransient: true)
        let id = BlobID(words: (1, 2, 3, 4))
        var copy = CopyState(name: "cold", source: "/s", target: "/t")
        copy.phase = .waiting(reason: "volume gone")
        copy.eta = .seconds(1.5, low: 1, high: 2)
        copy.run = RunID(bits: 7)
        copy.progress.states = Tally([.lost: Amount(count: 1, bytes: 2), .sourceMissing: Amount(count: 3)])
        copy.workers = [WorkerState(number: 1, activity: .readBack, blob: id)]
        copy.map = BlobMap((0..<256).map { MapMark.allCases[$0 % MapMark.allCases.count] })
        copy.failures = [
            BlobFailure(
                id: id, size: 1, state: .corrupt, attempts: 2, failure: failure, at: WallTime(milliseconds: 3))
        ]
        copy.lastRun = RunSummary(
            run: RunID(bits: 1), kind: .verify, startedAt: WallTime(milliseconds: -1), result: .okWithWarnings)
        let state = EngineState(
            sequence: .max, host: "h\u{e9}", version: "1", startedAt: WallTime(milliseconds: 0),
            at: WallTime(milliseconds: .max), copies: [copy],
            alerts: [
                Alert(id: 1, severity: .warn, raisedAt: WallTime(milliseconds: 5), subject: "cold", failure: failure)
            ],
            recentEvents: [
                Event(
                    number: 9, at: WallTime(milliseconds: 1), severity: .error, component: "c", code: "C", message: "")
            ])
        let data = try JSONEncoder().encode(state)
        #expect(try JSONDecoder().decode(EngineState.self, from: data) == state)
        let estimates: [Estimate] = [.unknown, .done, .stalled(seconds: 11), .waiting("w")]
        #expect(try JSONDecoder().decode([Estimate].self, from: JSONEncoder().encode(estimates)) == estimates)
    }

    @Test("what is no value is refused", arguments: ["\"ABC\"", "12", "\"\"", "null"])
    func foreignJSON(text: String) {
        #expect(throws: (any Error).self) { try JSONDecoder().decode(BlobID.self, from: Data(text.utf8)) }
    }
}
