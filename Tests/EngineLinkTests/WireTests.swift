import BackupModel
import NIOCore
import Testing

@testable import EngineLink

@Suite struct WireTests {
    private static let failure = Failure(
        code: "X", side: .spool, message: "m", subject: [0x2f, 0xff, 0], errno: 5)
    private static let state = EngineState(
        sequence: 3, host: "h", version: "1", startedAt: WallTime(milliseconds: 1),
        at: WallTime(milliseconds: 2),
        copies: [CopyState(name: "cold", source: "/a", target: "/b")],
        jobs: [JobState(name: "nightly", kind: .mirrorRun)])

    static let messages: [WireMessage] = [
        .hello(Hello(lowest: 1, highest: 2, program: "p", stateFolder: [0xff], via: "pts/0")),
        .watch(isOn: true), .order(id: "a", intent: .runJob(name: "n"), basis: 7),
        .order(id: "b", intent: .requeue(name: "n", blob: .emptySHA256), basis: nil),
        .query(id: "c", query: .firings(days: 3)), .ping, .pong,
        .welcome(
            Welcome(version: 1, host: "h", program: "p", stateFolder: [1, 200], isReadOnly: true)),
        .refused(failure), .state(state), .result(id: "a", result: .refused(failure)),
        .result(id: "a", result: .accepted("yes")), .answer(id: "c", answer: .events([event(4)])),
    ]

    @Test("every message comes back as it went", arguments: messages)
    func roundTrip(message: WireMessage) throws {
        var frame = try WireCoder().frame(message)
        #expect(frame.readInteger(as: UInt32.self) == UInt32(frame.readableBytes))
        #expect(WireCoder().reading(frame) == .message(message))
    }

    @Test(
        "foreign bytes are a string, or base64 when they are no UTF-8",
        arguments: [
            ([0x61, 0xc3, 0xa9], #""aé""#), ([0xff, 0x00], #"{"b64":"/wA="}"#), ([], #""""#),
            ([0xc3], #"{"b64":"ww=="}"#), ([0xed, 0xa0, 0x80], #"{"b64":"7aCA"}"#),
        ] as [([UInt8], String)])
    func bytes(bytes: [UInt8], json: String) throws {
        let failure = Failure(code: "X", side: .source, message: "", subject: bytes)
        let frame = try WireCoder().frame(.refused(failure))
        let text = String(decoding: frame.readableBytesView.dropFirst(4), as: UTF8.self)
        #expect(text.contains(#""subject":"# + json))
    }

    @Test("records with the bytes as numbers are still read")
    func oldRecords() {
        let json =
            #"{"refused":{"_0":{"code":"X","side":"source","message":"","subject":[47,255],"errno":0,"#
            + #""operation":"","hint":"","isTransient":false}}}"#
        let expected = Failure(code: "X", side: .source, message: "", subject: [47, 255])
        #expect(WireCoder().reading(ByteBuffer(string: json)) == .message(.refused(expected)))
    }

    @Test("numbers that JSON has not do not break a state")
    func infinities() throws {
        var state = Self.state
        state.jobs[0].expectedSeconds = .infinity
        var frame = try WireCoder().frame(.state(state))
        frame.moveReaderIndex(forwardBy: 4)
        #expect(WireCoder().reading(frame) == .message(.state(state)))
    }

    @Test("a message over 1 MiB is an error, not a frame")
    func tooLong() {
        let events = (0..<1100).map { event($0, String(repeating: "x", count: 1000)) }
        let error = #expect(throws: Failure.self) {
            try WireCoder().frame(.answer(id: "a", answer: .events(events)))
        }
        #expect(error?.code == "FRAME_TOO_LONG")
    }

    static let rubbish: [(String, [UInt8])] = [
        ("depth", Array(String(repeating: "[", count: 10_000).utf8)),
        ("deep object", Array(String(repeating: #"{"a":"#, count: 10_000).utf8)),
        (
            "deep and closed",
            Array((String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)).utf8)
        ),
        ("NaN", Array("NaN".utf8)), ("bare", Array("1e400".utf8)), ("null", Array("null".utf8)),
        ("invalid UTF-8", [0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
        ("half", Array(#"{"ping":{}"#.utf8)),
        ("two kinds", Array(#"{"ping":{},"pong":{}}"#.utf8)), ("empty", Array("{}".utf8)),
        ("zero byte", [0]),
        ("UTF-16", [0xff, 0xfe, 0x7b, 0x00]),
    ]

    @Test("I-4 bad JSON is malformed and nothing else", arguments: rubbish)
    func malformed(name: String, bytes: [UInt8]) {
        #expect(WireCoder().reading(ByteBuffer(bytes: bytes)) == .malformed)
    }

    @Test(
        "I-4 I-5 what is well formed and strange is told apart",
        arguments: [
            (#"{"tape":{"x":[1]}}"#, .unknownKind("tape")), (#"{"tape":7}"#, .unknownKind("tape")),
            (#"{"order":{"id":"q","intent":{"ejectTape":{}}}}"#, .unknownOrder(id: "q")),
            (#"{"query":{"id":"q","query":{"tapes":{}}}}"#, .unknownQuery(id: "q")),
            (#"{"order":{"id":7}}"#, .unreadable("order")), (#"{"order":[]}"#, .unreadable("order")),
            (#"{"watch":{"isOn":"yes"}}"#, .unreadable("watch")),
            (
                #"{"order":{"id":"q","intent":{"snooze":{"alert":1,"seconds":1e400}}}}"#,
                .unknownOrder(id: "q")
            ),
            (
                #"{"order":{"id":"q","intent":{"snooze":{"alert":1e400,"seconds":1}}}}"#,
                .unknownOrder(id: "q")
            ),
        ] as [(String, WireReading)])
    func strange(json: String, reading: WireReading) {
        #expect(WireCoder().reading(ByteBuffer(string: json)) == reading)
    }

    @Test("I-4 keys twice are one of both, never a crash")
    func duplicateKeys() {
        let reading = WireCoder().reading(ByteBuffer(string: #"{"watch":{"isOn":true,"isOn":false}}"#))
        #expect(reading == .message(.watch(isOn: true)) || reading == .message(.watch(isOn: false)))
    }

    @Test(
        "I-3 a length that cannot be is an error before anything is kept",
        arguments: [0, 4097, 0x8000_0000, .max])
    func badLengths(length: UInt32) {
        var reader = FrameReader(limit: 4096)
        reader.append(ByteBuffer(integer: length))
        do throws(FrameReader.BadLength) {
            _ = try reader.next()
            Issue.record("taken")
        } catch { #expect(error.length == length) }
    }

    @Test("I-3 frames come out however they were cut", arguments: [1, 2, 3, 5, 7, 1000])
    func pieces(size: Int) throws {
        let texts = ["a", String(repeating: "b", count: 100), "ccc"]
        var bytes: [UInt8] = []
        for text in texts {
            bytes += withUnsafeBytes(of: UInt32(text.utf8.count).bigEndian, Array.init) + text.utf8
        }
        var reader = FrameReader(limit: 100)
        var found: [String] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            reader.append(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)]))
            while let frame = try reader.next() { found.append(String(buffer: frame)) }
        }
        #expect(found == texts)
        #expect(reader.pendingBytes == 0)
    }

    @Test(
        "I-5 the newest version that both speak",
        arguments: [
            (1, 1, 1, 1, 1), (1, 3, 2, 5, 3), (2, 5, 1, 3, 3), (1, 2, 3, 4, nil), (3, 4, 1, 2, nil),
            (1, 9, 4, 4, 4),
            (2, 1, 1, 2, nil), (.min, .max, 1, 1, 1),
        ] as [(Int, Int, Int, Int, Int?)])
    func versions(low: Int, high: Int, theirLow: Int, theirHigh: Int, common: Int?) {
        let ours = WireVersions(lowest: low, highest: high)
        #expect(ours.common(with: WireVersions(lowest: theirLow, highest: theirHigh)) == common)
    }
}
