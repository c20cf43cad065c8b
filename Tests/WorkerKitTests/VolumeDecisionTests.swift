import BackupModel
import Testing

@testable import WorkerKit

@Suite("Decisions about volumes")
struct VolumeDecisionTests {
    static let identity = VolumeIdentity(
        uuid: "00112233445566778899aabbccddeeff", root: .mountRoot, fileSystem: "ext4", fileSystemID: "uuid:aa",
        fanOut: .small, hash: .blake3, enrolledAt: WallTime(milliseconds: 1_760_000_000_000))
    static let marker = VolumeMarker(
        identity: identity, generation: VolumeGeneration(number: 7, nonce: "00000000000000aa"),
        capabilities: VolumeCapabilities())
    static let expected = IndexedVolume(
        identity: identity, capabilities: VolumeCapabilities(), confirmed: marker.generation,
        intended: VolumeGeneration(number: 8, nonce: "00000000000000bb"))
    static let facts = VolumeFacts(
        path: "/mnt/ntt", isMountRoot: true, device: 2, parentDevice: 1, isReadOnly: false, fileSystem: "ext4",
        isRemote: false, fileSystemID: "uuid:aa", marker: .found(marker))

    struct Case: CustomTestStringConvertible {
        var testDescription: String
        var code: String?
        var facts = VolumeDecisionTests.facts
        var expected = VolumeDecisionTests.expected

        init(
            _ name: String, _ code: String?,
            _ change: (inout VolumeFacts, inout IndexedVolume, inout VolumeMarker) -> Void
        ) {
            testDescription = name
            self.code = code
            var marker = VolumeDecisionTests.marker
            let found = facts.marker
            change(&facts, &expected, &marker)
            if facts.marker == found { facts.marker = .found(marker) }
        }

        static let all = [
            Case("as enrolled", nil) { _, _, _ in },
            Case("A11 not mounted, kernel says", "VOLUME_NOT_MOUNTED") { facts, _, _ in
                facts.isMountRoot = false
                facts.marker = .absent
            },
            Case("A11 not mounted, devices say", "VOLUME_NOT_MOUNTED") { facts, _, _ in
                facts.isMountRoot = nil
                facts.device = facts.parentDevice
            },
            Case("A11 not mounted, even with a copied marker", "VOLUME_NOT_MOUNTED") { facts, _, _ in
                facts.isMountRoot = false
            },
            Case("A11 folder became a mount", "VOLUME_ROOT_CHANGED") { _, expected, _ in
                expected.identity.root = .folder
            },
            Case("A11 no marker", "VOLUME_MARKER_MISSING") { facts, _, _ in facts.marker = .absent },
            Case("marker damaged", "VOLUME_MARKER_UNREADABLE") { facts, _, _ in
                facts.marker = .unreadable("not a marker")
            },
            Case("marker of a newer program", "VOLUME_MARKER_NEWER") { facts, _, _ in
                facts.marker = .newer(format: 2)
            },
            Case("A13 another volume", "VOLUME_WRONG") { _, _, marker in
                marker.identity.uuid = "ff112233445566778899aabbccddeeff"
            },
            Case("A14 files copied to another file system", "VOLUME_CLONED") { facts, _, _ in
                facts.fileSystemID = "uuid:bb"
            },
            Case("ids of two kinds are not compared", nil) { facts, _, _ in facts.fileSystemID = "fsid:bb" },
            Case("no id given", nil) { facts, _, _ in facts.fileSystemID = "" },
            Case("A14 intended, we died before confirming", nil) { _, expected, marker in
                marker.generation = expected.intended ?? marker.generation
            },
            Case("A14 rolled back", "VOLUME_CLONE_OR_ROLLBACK") { _, _, marker in marker.generation.number = 6 },
            Case("A14 clone with its own history", "VOLUME_CLONE_OR_ROLLBACK") { _, _, marker in
                marker.generation.nonce = "00000000000000cc"
            },
            Case("B9 written by another index", "VOLUME_CLONE_OR_ROLLBACK") { _, _, marker in
                marker.generation.number = 9
            },
            Case("A15 read-only", "DESTINATION_READONLY") { facts, _, _ in facts.isReadOnly = true },
        ]
    }

    @Test("A11 A13 A14 A15 what is found is the enrolled volume or refused", arguments: Case.all)
    func refusals(row: Case) {
        let refusal = row.facts.refusal(expecting: row.expected)
        #expect(refusal?.code == row.code)
        if let refusal {
            #expect(refusal.side == .destination && refusal.hint.hasSuffix("."))
            #expect(refusal.message.hasPrefix("/mnt/ntt "))
        }
    }

    @Test("A13 the refusal shows both volumes and when they were enrolled")
    func bothShown() {
        var facts = Self.facts
        var other = Self.marker
        other.identity.uuid = "ff112233445566778899aabbccddeeff"
        other.identity.enrolledAt = WallTime(milliseconds: 1_700_000_000_000)
        facts.marker = .found(other)
        #expect(
            facts.refusal(expecting: Self.expected)?.message
                == "/mnt/ntt is volume ff112233 enrolled 2023-11-14, not 00112233 enrolled 2025-10-09")
    }

    @Test("Enrolling refuses what bears a marker of any kind")
    func enrolment() throws {
        var facts = Self.facts
        #expect(facts.enrolmentRefusal?.code == "VOLUME_ENROLLED")
        facts.marker = .unreadable("x")
        #expect(facts.enrolmentRefusal?.code == "VOLUME_MARKER_UNREADABLE")
        facts.marker = .absent
        #expect(facts.enrolmentRefusal == nil)
        facts.isReadOnly = true
        #expect(facts.enrolmentRefusal?.code == "DESTINATION_READONLY")
    }

    @Test("A marker's bytes may be anything")
    func hostileMarkers() throws {
        let good = try Self.marker.encoded()
        #expect(MarkerState(good) == .found(Self.marker))
        let text = String(decoding: good, as: UTF8.self)
        func state(_ text: String) -> MarkerState { MarkerState(Array(text.utf8)) }
        for bad in [
            "", "{}", "[]", "null", "{\"format\": 1}", "{\"format\": \"1\"}", "\u{0}\u{1b}[2J",
            String(repeating: "[", count: 60_000), text.replacing("00112233", with: "../../.."),
            text.replacing("\"number\" : 7", with: "\"number\" : -7"), String(text.dropLast(20)),
            text.replacing("\"format\" : 1", with: "\"format\" : -1"),
        ] {
            guard case .unreadable = state(bad) else {
                Issue.record("taken for a marker: \(bad.prefix(40))")
                continue
            }
        }
        #expect(state(text + String(repeating: " ", count: 64 << 10)) == .unreadable("larger than 64 KiB"))
        #expect(state(text.replacing("\"format\" : 1", with: "\"format\" : 2")) == .newer(format: 2))
    }

    @Test(
        "B22 a lease of another host binds until it was silent for three minutes",
        arguments: [
            ("none", nil, 0, "free"), ("ours", "host-a", 0, "free"), ("other", "host-b", 0, "held"),
            ("other, two minutes", "host-b", 120, "held"), ("other, silent", "host-b", 180, "free"),
        ] as [(String, String?, Double, String)])
    func lease(name: String, host: String?, seconds: Double, expected: String) {
        let lease = host.map {
            VolumeLease(
                host: $0, hostName: $0, instance: "i", since: WallTime(milliseconds: 0), pid: 1, command: "run")
        }
        var watch = LeaseWatch()
        var verdict = watch.judge(lease, host: "host-a", now: 5)
        if seconds > 0 { verdict = watch.judge(lease, host: "host-a", now: 5 + Int64(seconds * 1e9)) }
        #expect((verdict == .free ? "free" : "held") == expected)
    }

    @Test("B22 a sign of life begins the wait anew")
    func signsOfLife() {
        var lease = VolumeLease(
            host: "b", hostName: "b", instance: "i", since: WallTime(milliseconds: 0), pid: 1, command: "run")
        var watch = LeaseWatch()
        for step in 0..<10 {
            lease.sequence += 1
            #expect(watch.judge(lease, host: "a", now: Int64(step) * 170_000_000_000) == .held(lease))
        }
    }

    @Test("A29 B10 inside the source is refused, a shared file system only warns")
    func placement() {
        func place(_ path: PathBytes, _ nodes: [(UInt64, UInt64)]) -> PathPlace {
            PathPlace(path: path, ancestry: nodes.map { PathPlace.Node(device: $0.0, inode: $0.1) })
        }
        let source = place("/data/cold", [(1, 30), (1, 20), (1, 2)])
        let inside = place("/data/cold/copy", [(1, 40), (1, 30), (1, 20), (1, 2)])
        let beside = place("/data/copy", [(1, 50), (1, 20), (1, 2)])
        let drive = place("/mnt/ntt", [(2, 2), (1, 60), (1, 2)])
        let state = place("/var/lib/holdfast", [(1, 70), (1, 2)])
        // A bind mount of the source elsewhere keeps its device and inode.
        let bound = place("/mnt/b/copy", [(1, 40), (1, 30), (1, 80), (1, 2)])
        #expect(Placement.refusal(source: source, target: inside, state: state)?.code == "TARGET_INSIDE_SOURCE")
        #expect(Placement.refusal(source: source, target: source, state: state)?.code == "TARGET_INSIDE_SOURCE")
        #expect(Placement.refusal(source: source, target: bound, state: state)?.code == "TARGET_INSIDE_SOURCE")
        #expect(Placement.refusal(source: source, target: drive, state: inside)?.code == "TARGET_INSIDE_SOURCE")
        #expect(Placement.refusal(source: source, target: beside, state: state) == nil)
        func warnings(_ target: PathPlace, remote: Bool = false) -> Int {
            Placement.warnings(
                source: source, target: target, state: state, targetIsRemote: remote, stateIsRemote: remote
            ).count
        }
        #expect(warnings(drive) == 0 && warnings(beside) == 2 && warnings(drive, remote: true) == 2)
    }

    @Test("A29 a path is followed to its true place")
    func observedPlaces() throws {
        let scratch = try Scratch()
        try LinuxFiles(side: .source).makeDirectory(
            "store", beneath: LinuxFiles(side: .source).openRoot(PathBytes(scratch.path)), mode: 0o700)
        let store = try #require(PathPlace(observing: PathBytes(scratch.path) / "store"))
        let parent = try #require(PathPlace(observing: PathBytes(scratch.path)))
        #expect(store.isInside(parent) && !parent.isInside(store) && store.isInside(store))
        #expect(store.ancestry.last == PathPlace(observing: "/")?.ancestry.first)
        #expect(PathPlace(observing: PathBytes(scratch.path) / "missing") == nil)
    }
}

@Suite("Space")
struct FreeSpaceTests {
    struct Case: CustomTestStringConvertible {
        var testDescription: String
        var free: Int64 = 1 << 30
        var inodes: Int64 = 1000
        var placed: Int64 = 0
        var more: Int64
        var files: Int64 = 1
        var budget: Int64?
        var expected: FreeSpace.Verdict

        static let all = [
            Case(testDescription: "fits", more: 1 << 20, expected: .enough),
            Case(testDescription: "fits to the byte", more: (1 << 30) - 4096 - 1000, expected: .enough),
            Case(testDescription: "one byte short", more: (1 << 30) - 4096 - 999, expected: .short(1)),
            Case(testDescription: "nothing to do on a full volume", free: 0, more: 0, files: 0, expected: .enough),
            Case(testDescription: "empty files take blocks too", free: 5000, more: 0, files: 1, expected: .short(96)),
            Case(testDescription: "inodes", inodes: 3, more: 5, files: 5, expected: .shortOfInodes(2)),
            Case(testDescription: "budget", placed: 90, more: 20, budget: 100, expected: .overBudget(10)),
            Case(testDescription: "budget to the byte", placed: 90, more: 10, budget: 100, expected: .enough),
        ]
    }

    @Test("A6 what is missing is told to the byte", arguments: Case.all)
    func verdicts(row: Case) {
        let verdict = FreeSpace(keepFree: 1000, sizeBudget: row.budget).verdict(
            space: VolumeSpace(free: row.free, capacity: 1 << 40, freeInodes: row.inodes, isReadOnly: false),
            placed: row.placed, moreBytes: row.more, moreFiles: row.files)
        #expect(verdict == row.expected)
        #expect((verdict.failure(target: "/mnt") == nil) == (row.expected == .enough))
    }

    @Test(
        "A7 the reserve is 64 MiB, less on small volumes",
        arguments: [(1 << 40, 64 << 20), (4 << 30, 64 << 20), (128 << 20, 2 << 20), (0, 0), (100, 0)]
            as [(Int64, Int64)])
    func reserve(capacity: Int64, expected: Int64) {
        #expect(FreeSpace.reserveBytes(capacity: capacity) == expected)
    }
}

@Suite("Mount table")
struct MountTableTests {
    static let text = """
        22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/root rw,discard
        40 22 0:35 /sub /mnt/my\\040drive rw shared:9 master:2 - btrfs /dev/sdb1 rw,compress=zstd:3,subvolid=5
        41 22 0:36 / /net rw - nfs4 server:/export rw,vers=4.2
        42 22 0:37 / /fuse rw - fuse.sshfs me@there:/ rw
        broken line
        43 22 0:38 / /x rw -
        44 22 0:39 / /tank rw - zfs tank/data rw
        45 22 7:0 / /xfs rw - xfs /dev/loop0 rw
        """

    @Test("Lines are understood or left out")
    func parse() {
        let mounts = MountTable.parse(Array(Self.text.utf8))
        #expect(mounts.map(\.id) == [22, 40, 41, 42, 44, 45])
        #expect(mounts[1].point == "/mnt/my drive" && mounts[1].fileSystem == "btrfs")
        #expect(mounts.map(\.isRemote) == [false, false, true, true, false, false])
        #expect(mounts.map(\.compression) == [nil, "zstd:3", nil, nil, nil, nil])
        #expect(mounts.map(\.deduplication) == [nil, "offline", nil, nil, nil, "offline"])
        #expect(MountTable.parse(Array("\u{0}\\9 - -".utf8)).isEmpty)
    }

    @Test(
        "ZFS tells compression and deduplication by its properties",
        arguments: [
            ("lz4\non\n", "lz4", "on"), ("off\noff\n", nil, nil), ("", nil, nil), ("a\nb\nc\n", nil, nil),
        ] as [(String, String?, String?)])
    func zfs(answer: String, compression: String?, deduplication: String?) {
        var found = VolumeCapabilities()
        found.setZFS(answer: Array(answer.utf8))
        #expect(found.compression == compression && found.deduplication == deduplication)
    }
}
