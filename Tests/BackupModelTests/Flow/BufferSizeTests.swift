import BackupModel
import Testing

@Suite("Buffer sizes")
struct BufferSizeTests {
    static let gibibyte: Int64 = 1 << 30
    static let mebibyte: Int64 = 1 << 20

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var size: BufferSize
        var room: MemoryRoom
        var isOverridden = false
        /// Bytes, or nil for refused.
        var given: Int64?
        var allowed: Int64 = 0
    }

    static let big = MemoryRoom(available: 22 * gibibyte)
    static let small = MemoryRoom(available: 22 * gibibyte, group: gibibyte)
    static let cases = [
        Case(testDescription: "a quarter by default", size: .standard, room: big, given: 5632 * mebibyte),
        Case(testDescription: "8 GiB fits", size: .bytes(8 * gibibyte), room: big, given: 8 * gibibyte),
        Case(
            testDescription: "20 GiB of 24 is refused", size: .bytes(20 * gibibyte), room: big, given: nil,
            allowed: 13516 * mebibyte),
        Case(
            testDescription: "20 GiB by name", size: .bytes(20 * gibibyte), room: big, isOverridden: true,
            given: 20 * gibibyte),
        Case(
            testDescription: "61 % is refused", size: .share(percent: 61), room: big, given: nil,
            allowed: 13516 * mebibyte),
        Case(testDescription: "60 % is not", size: .share(percent: 60), room: big, given: 13516 * mebibyte),
        Case(testDescription: "a quarter of a small group", size: .standard, room: small, given: 256 * mebibyte),
        Case(
            testDescription: "8 GiB in a small group", size: .bytes(8 * gibibyte), room: small, given: nil,
            allowed: 614 * mebibyte),
        Case(testDescription: "never below four blocks", size: .bytes(1), room: big, given: 4 * mebibyte),
        Case(
            testDescription: "four blocks where there is nothing", size: .standard, room: MemoryRoom(available: 0),
            given: nil, allowed: 0),
    ]

    @Test("L1 more than 60 % of the memory there is is refused with what is allowed", arguments: cases)
    func decided(example: Case) {
        do throws(BufferRefusal) {
            let given = try example.size.decide(
                in: example.room, blockSize: Self.mebibyte, isOverridden: example.isOverridden)
            #expect(given == example.given)
        } catch {
            #expect(example.given == nil)
            #expect(error.allowed == example.allowed)
            #expect(error.isByGroup == example.room.isBoundByGroup)
            #expect(error.message.contains("\(example.allowed) bytes"))
            #expect(error.message.contains("buffer_override"))
        }
    }

    @Test(
        "shares are read in percent",
        arguments: [
            ("25 %", 25), ("100%", 100), ("0 %", nil), ("101 %", nil), ("25", nil), ("-1 %", nil), (" 5%", nil),
        ])
    func shares(text: String, percent: Int?) {
        #expect(BufferSize(share: text) == percent.map { .share(percent: $0) })
    }

    @Test("L1 the room of control groups is read in version 1 and 2, the tightest of all above us counts")
    func groups() {
        let files = [
            "/proc/meminfo": "MemTotal: 25165824 kB\nMemFree: 1 kB\nMemAvailable:   23068672 kB\n",
            "/proc/self/cgroup": "0::/a/b\n",
            "/sys/fs/cgroup/a/memory.max": "1073741824\n", "/sys/fs/cgroup/a/memory.current": "400000000\n",
            "/sys/fs/cgroup/a/memory.stat": "anon 5\ninactive_file 300000000\n",
            "/sys/fs/cgroup/a/b/memory.max": "max\n", "/sys/fs/cgroup/a/b/memory.high": "2147483648\n",
        ]
        let room = MemoryRoom { files[$0] }
        #expect(room == MemoryRoom(available: 22 << 30, group: 1_073_741_824 - 100_000_000))
        let old = [
            "/proc/meminfo": "MemAvailable: 1024 kB\n", "/proc/self/cgroup": "9:cpu:/x\n4:memory:/\n",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": "268435456\n",
            "/sys/fs/cgroup/memory/memory.usage_in_bytes": "268435400\n",
            "/sys/fs/cgroup/memory/memory.stat": "total_inactive_file 0\n",
        ]
        #expect(MemoryRoom { old[$0] } == MemoryRoom(available: 1 << 20, group: 56))
        #expect(MemoryRoom { _ in nil } == MemoryRoom(available: 0))
        #expect(
            MemoryRoom.groups(of: "0::/a/b\n").map(\.limitFile) == [
                "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/a/memory.max", "/sys/fs/cgroup/a/b/memory.max",
            ])
        #expect(MemoryGroup.limit("max\n") == nil)
        #expect(MemoryGroup.limit("9223372036854771712\n") == nil)
    }
}
