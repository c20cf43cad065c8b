import TapeArchive
import Testing
import WorkerKit

@Suite("The ring between source and drive")
struct BlockRingTests {
    struct Broken: Error, Equatable { var side: String }

    /// Bytes that tell their place in the stream.
    static func byte(_ position: Int) -> UInt8 { UInt8(truncatingIfNeeded: position &* 31 &+ position >> 8 &* 7) }

    static func fill(_ ring: BlockRing, from: Int, count: Int) throws {
        try [UInt8]((from..<from + count).map(byte)).withUnsafeBytes { try ring.append($0) }
    }

    /// The next block's bytes; nil when there is none yet or no more.
    static func next(_ ring: BlockRing) throws -> [UInt8]? {
        guard case .block(let bytes) = try ring.peek() else { return nil }
        return Array(bytes)
    }

    static func expected(_ from: Int, _ count: Int) -> [UInt8] { (from..<from + count).map(byte) }

    @Test("blocks come whole, in order and aligned, the last as short as it is, over many turns of the ring")
    func inOrder() throws {
        let ring = try BlockRing(bytes: 10_000, blockSize: 1024)
        #expect(ring.capacity == 9216)
        var (given, taken) = (0, 0)
        for step in 1...200 {
            let count = min(ring.space, step * 37 % 3000)
            try Self.fill(ring, from: given, count: count)
            given += count
            #expect(ring.fill == given - taken)
            while let block = try Self.next(ring) {
                #expect(block == Self.expected(taken, 1024))
                #expect(try Self.next(ring) == block)
                ring.release()
                taken += 1024
            }
        }
        ring.finish()
        if given > taken { #expect(try Self.next(ring) == Self.expected(taken, given - taken)) }
        ring.release()
        guard case .end = try ring.peek() else {
            Issue.record("no end")
            return
        }
    }

    @Test("a block that was not released comes again: refused at early warning it goes to the next tape")
    func refused() throws {
        let ring = try BlockRing(bytes: 4096, blockSize: 1024)
        try Self.fill(ring, from: 0, count: 2048)
        #expect(try Self.next(ring) == Self.expected(0, 1024))
        #expect(try Self.next(ring) == Self.expected(0, 1024))
        ring.release()
        #expect(try Self.next(ring) == Self.expected(1024, 1024))
    }

    @Test("F3 F4 released blocks are kept as far as the retention goes, until a filemark proves them")
    func retention() throws {
        let ring = try BlockRing(bytes: 8192, blockSize: 1024, retention: 3000)
        #expect(ring.retention == 3072)
        #expect(ring.room == 5120)
        try Self.fill(ring, from: 0, count: 8192)
        for _ in 0..<5 { ring.release() }
        #expect(ring.kept == 3072)
        #expect(ring.space == 2048)
        #expect(!ring.goBack(to: 1024))
        #expect(!ring.goBack(to: 2500))
        #expect(ring.goBack(to: 2048))
        for block in 2..<5 {
            #expect(try Self.next(ring) == Self.expected(block * 1024, 1024))
            ring.release()
        }
        ring.settle()
        #expect(ring.kept == 0)
        #expect(ring.space == 5120)
        #expect(!ring.goBack(to: 4096))
    }

    @Test("a ring can be used again after its end and after an abort")
    func restart() throws {
        let ring = try BlockRing(bytes: 4096, blockSize: 1024)
        try Self.fill(ring, from: 0, count: 100)
        ring.abort(Broken(side: "drive"))
        ring.abort(Broken(side: "source"))
        #expect(throws: Broken(side: "drive")) { try ring.peek() }
        #expect(throws: Broken(side: "drive")) { try ring.reserve() }
        ring.restart()
        try Self.fill(ring, from: 7, count: 1024)
        #expect(try Self.next(ring) == Self.expected(7, 1024))
    }

    @Test("a reserved stretch never reaches past the ring's end nor over what is not freed")
    func stretches() throws {
        let ring = try BlockRing(bytes: 4096, blockSize: 1024)
        #expect(try ring.reserve(most: 100).count == 100)
        #expect(try ring.reserve().count == 4096)
        ring.commit(3000)
        #expect(try ring.reserve(least: 2000).count == 1096)
        ring.release()
        ring.release()
        ring.commit(1096)
        #expect(try ring.reserve().count == 2048)
    }

    @Test("an abort wakes both sides out of their sleep", .timeLimit(.minutes(1)))
    func abortWakes() async throws {
        let ring = try BlockRing(bytes: 4096, blockSize: 1024)
        let asleep = try BlockRing(bytes: 4096, blockSize: 1024)
        try Self.fill(ring, from: 0, count: 4096)
        async let producer: Void = runBlocking(name: "producer") {
            #expect(throws: Broken(side: "drive")) { try ring.reserve() }
        }
        async let consumer: Void = runBlocking(name: "consumer") {
            asleep.sleepUntilBlock(seconds: 1000)
        }
        while !ring.isSourceAsleep { await Task.yield() }
        ring.abort(Broken(side: "drive"))
        asleep.abort(Broken(side: "source"))
        _ = try await (producer, consumer)
    }

    @Test("two threads at full speed lose, double and mix nothing", .timeLimit(.minutes(2)), arguments: [0, 5000])
    func twoThreads(retention: Int) async throws {
        let ring = try BlockRing(bytes: 64 << 10, blockSize: 4096, retention: retention)
        let whole = 20_000_003
        async let producer: Void = runBlocking(name: "producer") {
            var (at, size) = (0, 1)
            while at < whole {
                size = size &* 7919 % 9001 + 1
                let span = try ring.reserve(least: min(size, 3000), most: min(size, whole - at))
                let count = min(span.count, whole - at)
                for index in 0..<count { span[index] = Self.byte(at + index) }
                ring.commit(count)
                at += count
            }
            ring.finish()
        }
        async let consumer = runBlocking(name: "consumer") {
            var at = 0
            while true {
                switch try ring.peek() {
                case .end: return at
                case .nothing: ring.sleepUntilBlock(seconds: 10)
                case .block(let bytes):
                    for index in 0..<bytes.count where bytes[index] != Self.byte(at + index) {
                        throw Broken(side: "byte \(at + index)")
                    }
                    at += bytes.count
                    ring.release()
                }
            }
        }
        let (_, taken) = try await (producer, consumer)
        #expect(taken == whole)
    }
}
