import Testing

@testable import BackupModel

@Suite struct BlobValueTests {
    private static let digits = "00112233445566778899aabbccddeeff0f1e2d3c4b5a69788796a5b4c3d2e1f0"

    @Test func hexAndBytesSayTheSame() throws {
        let id = try #require(BlobID(Self.digits))
        #expect(id.description == Self.digits && id.bytes.count == 32)
        #expect(BlobID(bytes: id.bytes) == id && BlobID(hex: id.hex) == id)
        #expect(id.bytes[1] == 0x11 && id.bytes[31] == 0xf0)
        #expect(id.short == "001122..e1f0")
        #expect(BlobID.emptySHA256.description == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test(
        "other names are no names",
        arguments: [
            "", "0", String(digits.dropLast()), digits + "0", digits.uppercased(), "g" + digits.dropFirst(),
            " " + digits.dropFirst(), String(repeating: "é", count: 32), "/" + digits.dropFirst(),
            ":" + digits.dropFirst(),
        ])
    func wrongNames(name: String) {
        #expect(BlobID(name) == nil)
    }

    @Test(arguments: [0, 31, 33]) func wrongLengths(count: Int) {
        #expect(BlobID(bytes: [UInt8](repeating: 0, count: count)) == nil)
    }

    @Test func orderIsThatOfTheNames() {
        let words: [UInt64] = [0, 1, .max]
        let all = words.flatMap { a in words.flatMap { b in words.map { BlobID(words: (a, b, $0, a)) } } }
        #expect(all.sorted().map(\.description) == all.map(\.description).sorted())
    }

    @Test(
        "buckets and their folders",
        arguments: [
            ([2, 2], 65_536, "00/11"), ([2], 256, "00"), ([1], 16, "0"), ([1, 2], 4096, "0/01"),
            ([2, 1], 4096, "00/1"),
        ])
    func fanOut(digits: [Int], count: Int, path: String) throws {
        let fanOut = try #require(FanOut(digits))
        let id = try #require(BlobID(Self.digits))
        #expect(fanOut.bucketCount == count)
        #expect(fanOut.path(of: fanOut.bucket(of: id)) == path)
        let last = BlobID(words: (.max, .max, .max, .max))
        #expect(fanOut.bucket(of: last) == count - 1)
        #expect(fanOut.path(of: count - 1).allSatisfy { $0 == "f" || $0 == "/" })
    }

    @Test(arguments: [[], [0], [3], [1, 2, 1], [-1], [2, 3]]) func noFanOut(digits: [Int]) {
        #expect(FanOut(digits) == nil)
    }

    @Test(
        "raw values are in index files and words in reports: neither ever changes",
        arguments: [
            (BlobState.pending, 0, "pending"), (.claimed, 1, "claimed"), (.copying, 2, "copying"),
            (.placed, 3, "placed"),
            (.verified, 4, "verified"), (.sourceMissing, 5, "source_missing"), (.sourceCorrupt, 6, "source_corrupt"),
            (.corrupt, 7, "corrupt"), (.unreadable, 8, "unreadable"), (.lost, 9, "lost"), (.blocked, 10, "blocked"),
        ])
    func states(state: BlobState, raw: Int, word: String) {
        #expect(state.rawValue == raw && state.word == word && BlobState(word: word) == state)
        #expect([state.isSafe, state.isRemaining, state.isFailure].filter { $0 }.count == 1)
    }

    @Test func aTallySumsByKind() {
        var tally = Tally()
        for state in BlobState.allCases { tally[state] = Amount(count: 1 << state.rawValue, bytes: 1) }
        #expect(tally.total == Amount(count: 2047, bytes: 11))
        #expect(tally.safe == Amount(count: 8 + 16, bytes: 2))
        #expect(tally.remaining == Amount(count: 1 + 2 + 4 + 512, bytes: 4))
        #expect(tally.failed == Amount(count: 32 + 64 + 128 + 256 + 1024, bytes: 5))
        #expect(Tally()[.lost] == Amount() && BlobState(word: "Pending") == nil)
    }

    @Test(arguments: [
        ("0123456789abcdef", true), ("0123456789ABCDEF", false), ("123", false), ("0123456789abcdef0", false),
        ("../3456789abcdef", false),
    ])
    func runNames(text: String, isGood: Bool) {
        #expect((RunID(text) != nil) == isGood)
    }

    @Test func runNamesOfBitsAreFull() {
        #expect(RunID(bits: 0xab).text == "00000000000000ab" && RunID(bits: .max).text == "ffffffffffffffff")
    }
}
