import BackupModel
import Foundation
import Glibc
import Synchronization
import TapeArchive
import Testing
import WorkerKit

@Suite("Reading a source")
struct SourceReaderTests {
    let tree: SourceTree

    init() throws { tree = try SourceTree() }

    private func bytes(_ count: Int, seed: Int = 0) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 31 &+ seed) >> 2) }
    }

    @Test("All kinds of nodes, in order, with their content and hash")
    func kinds() async throws {
        try tree.file("b/small", bytes(1000))
        try tree.file("b/large", bytes(3 << 20))
        try tree.file("empty", [])
        try tree.folder("a")
        symlink("gone", tree.path + "/link")
        mkfifo(tree.path + "/pipe", 0o600)
        link(tree.path + "/b/small", tree.path + "/c")
        let socket = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array((tree.path + "/s").utf8)) }
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        let found = try await Collected.all(tree.plan())
        #expect(found.names(below: tree) == ["", "a", "b", "b/large", "b/small", "c", "empty", "link", "pipe"])
        #expect(
            found.items.map(\.entry.kind)
                == [.directory, .directory, .directory, .file, .file, .hardLink, .file, .symlink, .fifo])
        #expect(found.item("link", in: tree)?.entry.linkTarget == Array("gone".utf8))
        #expect(found.item("c", in: tree)?.entry.linkTarget == Array((tree.name + "/b/small").utf8))
        for (name, wanted) in [("b/small", bytes(1000)), ("b/large", bytes(3 << 20))] {
            let item = try #require(found.item(name, in: tree))
            #expect(item.data == wanted)
            let hasher = try BlobHasher(.blake3)
            wanted.withUnsafeBytes { hasher.update($0) }
            #expect(try item.end?.hash == hasher.finish())
            #expect(item.end?.isWhole == true)
        }
        #expect(found.tally.leftOut == [.notArchivable: 1] && found.warnings.isEmpty)
    }

    @Test("G12 ten thousand levels and paths of 80,000 bytes", .timeLimit(.minutes(2)))
    func deep() async throws {
        let files = LinuxFiles(side: .source)
        let depth = 10_000
        try await runBlocking(name: "dig") { [path = tree.path] in
            var folder = try files.openRoot(PathBytes(path))
            for _ in 0..<depth {
                try files.makeDirectory("folder7", beneath: folder, mode: 0o755)
                let below = try files.open("folder7", beneath: folder, .directory)
                try files.close(folder)
                folder = below
            }
            // What comes after the folder in each level that was closed meanwhile.
            try files.close(try files.open("z", beneath: folder, .create(mode: 0o600)))
            try files.close(folder)
        }
        try tree.file("folder7/folder7/z")
        let found = try await Collected.all(tree.plan())
        #expect(found.items.count == depth + 3 && found.warnings.isEmpty)
        #expect(found.items.map(\.entry.name.count).max() == tree.name.utf8.count + depth * 8 + 2)
        #expect(found.items.last?.entry.name == Array((tree.name + "/folder7/folder7/z").utf8))
    }

    @Test("G13 holes are kept, of small and of large files", arguments: [128 << 10, 40 << 20])
    func sparse(size: Int) async throws {
        try tree.file("f", [])
        truncate(tree.path + "/f", size)
        let file = open(tree.path + "/f", O_WRONLY)
        let part = bytes(4096, seed: 5)
        pwrite(file, part, part.count, 64 << 10)
        close(file)
        let item = try #require(try await Collected.all(tree.plan()).item("f", in: tree))
        #expect(item.entry.size == Int64(size))
        #expect(item.entry.sparse?.regions == [SparseMap.Region(offset: 64 << 10, length: 4096)])
        #expect(item.data == part && item.end?.isWhole == true)
    }

    @Test("Attributes and ACLs come along")
    func attributes() async throws {
        try tree.file("f")
        let script = "import os, sys; p = sys.argv[1]; os.setxattr(p + '/f', 'user.origin', b'here')"
        _ = try ChildCommand(["python3", "-c", script + "; os.setxattr(p, 'user.root', b'x')", tree.path]).runHere()
        let found = try await Collected.all(tree.plan())
        #expect(
            found.item("f", in: tree)?.entry.attributes
                == [ExtendedAttribute(Array("user.origin".utf8), Array("here".utf8))])
        #expect(found.items.first?.entry.attributes.count == 1)
    }

    @Test("What rules leave out is counted by its reason")
    func leftOut() async throws {
        for name in ["a.o", "cache/x", "keep/y.mov", "private/.nobackup", "private/z"] { try tree.file(name) }
        try tree.file("cache/CACHEDIR.TAG", SourceRules.cacheSignature + [10])
        let patterns = [GlobPattern("*.o")].compactMap { $0 }
        let rules = SourceRules(exclude: patterns, marker: Array(".nobackup".utf8))
        let found = try await Collected.all(tree.plan(rules))
        #expect(found.names(below: tree) == ["", "cache", "cache/CACHEDIR.TAG", "keep", "keep/y.mov"])
        #expect(found.tally.leftOut == [.pattern("*.o"): 1, .cacheTag: 1, .marker: 1])
    }

    @Test("G14 a group split by a filter keeps its content")
    func splitGroup() async throws {
        try tree.file("a.o", bytes(100))
        link(tree.path + "/a.o", tree.path + "/b")
        link(tree.path + "/a.o", tree.path + "/c")
        let found = try await Collected.all(tree.plan(SourceRules(exclude: [GlobPattern("*.o")].compactMap { $0 })))
        #expect(found.items.map(\.entry.kind) == [.directory, .file, .hardLink])
        #expect(found.item("b", in: tree)?.data == bytes(100))
    }

    @Test("A3 a source that is empty or not there is refused with words", arguments: ["", "/gone"])
    func refused(below: String) async throws {
        let path = PathBytes(tree.path + below)
        let refusal = await #expect(throws: Failure.self) { try await Collected.all(SourcePlan([path])) }
        #expect(refusal?.code == (below.isEmpty ? "SOURCE_EMPTY" : "SOURCE_MISSING"))
        #expect(refusal?.hint.contains("mounted") == true)
    }

    @Test("An incremental takes what is new or changed, and tells what is gone; a renamed folder is both")
    func incremental() async throws {
        for name in ["a/1", "a/2", "b/3", "c", "d.o"] { try tree.file(name) }
        let base = try await Collected.all(tree.plan())
        try tree.file("a/2", bytes(10))
        rename(tree.path + "/b", tree.path + "/e")
        unlink(tree.path + "/c")
        let rules = SourceRules(exclude: [GlobPattern("*.o")].compactMap { $0 })
        let found = try await Collected.all(tree.plan(rules), former: base.listing())
        #expect(["a/2", "e", "e/3"].allSatisfy(found.names(below: tree).contains))
        #expect(found.deleted.map { Collected.below(tree, $0.name) } == ["b", "b/3", "c", "d.o"])
        #expect(found.deleted.map(\.cause) == [.gone, .gone, .gone, .leftOut])
        #expect(found.tally.unchanged == 2)
    }

    @Test("A5 one file that cannot be read is a warning, and the others come", arguments: [100, 2 << 20])
    func unreadable(size: Int) async throws {
        for name in ["a", "b", "c"] { try tree.file(name, bytes(size)) }
        let plan = FaultPlan([FaultRule(.fail(EIO), [.read], side: .source, times: nil) { $0 == "b" }])
        let found = try await Collected.all(tree.plan(), files: FaultyFiles(LinuxFiles(side: .source), plan))
        #expect(found.names(below: tree) == ["", "a", "c"])
        #expect(found.warnings.map(\.code) == ["SOURCE_UNREADABLE"] && found.tally.warnings == 1)
        #expect(found.warnings.first?.subject == Array((tree.path + "/b").utf8))
        #expect(plan.openPaths.isEmpty)
    }

    @Test("A5 a file that fails in its middle is filled up and told of")
    func failsInside() async throws {
        try tree.file("f", bytes(3 << 20))
        let plan = FaultPlan([FaultRule(.fail(EIO), [.read], from: 2)])
        let found = try await Collected.all(tree.plan(), files: FaultyFiles(LinuxFiles(side: .source), plan))
        let end = try #require(found.item("f", in: tree)?.end)
        #expect(end.missing == 2 << 20 && end.failure?.errno == EIO && found.warnings.count == 1)
        let hasher = try BlobHasher(.blake3)
        (bytes(3 << 20).prefix(1 << 20) + [UInt8](repeating: 0, count: 2 << 20)).withUnsafeBytes { hasher.update($0) }
        #expect(try end.hash == hasher.finish())
    }

    @Test("A5 twenty in a row stop it")
    func failingDisk() async throws {
        for number in 0..<30 { try tree.file("f\(number)") }
        let plan = FaultPlan([FaultRule(.fail(EIO), [.read], times: nil)])
        let failure = await #expect(throws: Failure.self) {
            try await Collected.all(tree.plan(), files: FaultyFiles(LinuxFiles(side: .source), plan))
        }
        #expect(failure?.code == "SOURCE_FAILING" && failure?.hint.contains("smartctl") == true)
    }

    @Test("A file that changes under the reader is read again when small, and marked when large")
    func changes() async throws {
        for (size, isWhole) in [(1000, true), (2 << 20, false)] {
            try tree.file("f", bytes(size))
            let files = touching(tree.path + "/f")
            let item = try #require(try await Collected.all(tree.plan(), files: files).item("f", in: tree))
            #expect(item.end?.isWhole == isWhole && item.end?.isChanged == !isWhole)
        }
    }

    /// Files whose first read is preceded by a change of the file's times.
    private func touching(_ path: String) -> FaultyFiles {
        let isDone = Mutex(false)
        let rule = FaultRule(.delay(seconds: 0), [.read], times: nil) { _ in
            isDone.withLock { isDone in
                if !isDone { utimes(path, nil) }
                isDone = true
            }
            return true
        }
        return FaultyFiles(LinuxFiles(side: .source), FaultPlan([rule]))
    }

    @Test("Memory stays within its limit while the consumer is slow, and all comes in order")
    func bounded() async throws {
        for number in 0..<40 { try tree.file("f\(number + 100)", bytes(number % 4 == 0 ? 1 << 20 : 90_000)) }
        let limits = ReadLimits(memory: 1 << 20, chunk: 128 << 10, smallFile: 64 << 10, readers: 4)
        let found = try await Collected.all(tree.plan(), limits: limits)
        #expect(found.items.count == 41 && found.items.allSatisfy { Int64($0.data.count) == $0.entry.size })
        #expect(found.names(below: tree) == found.names(below: tree).sorted())
    }

    @Test("Stopped within a second, also while a disk hangs", .timeLimit(.minutes(1)))
    func stops() async throws {
        for number in 0..<10 { try tree.file("f\(number)") }
        let plan = FaultPlan([FaultRule(.hang, [.read], times: nil)])
        let files = FaultyFiles(LinuxFiles(side: .source), plan)
        defer { plan.release() }
        let time = try await runBlocking(name: "stopped") { [source = tree.plan()] in
            let reader = try SourceReader(source, files: files)
            let stop = reader.stop
            while plan.hangingCalls == 0 { usleep(1000) }
            let start = ContinuousClock.now
            try WorkerThread.start(name: "stop") { stop() }
            #expect(throws: CancellationError.self) { while try reader.next() != nil {} }
            return ContinuousClock.now - start
        }
        #expect(time < .seconds(1))
    }

    @Test("An image is one stream")
    func image() async throws {
        try tree.file("films.img", bytes(2_500_000))
        symlink("films.img", tree.path + "/link")
        let path = PathBytes(tree.path + "/link")
        let found = try await runBlocking(name: "image") {
            try Collected(try SourceReader(image: path, files: LinuxFiles(side: .source)))
        }
        #expect(found.items.map(\.data) == [bytes(2_500_000)])
        #expect(found.items.first?.entry.name == Array((tree.name + "/link").utf8))
    }

    @Test("An estimate says what the archive is to the byte where nothing is special")
    func estimate() throws {
        for name in ["a", "b/c"] { try tree.file(name, bytes(5000)) }
        let estimate = try SourceEstimate(walking: tree.plan(), files: LinuxFiles(side: .source))
        #expect(estimate.tally.files == 2 && estimate.tally.bytes == 10_000)
        #expect(estimate.archiveBytes >= 2 * 5120 + 4 * 512 + 1024)
    }
}
