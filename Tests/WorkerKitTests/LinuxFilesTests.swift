import BackupModel
import Foundation
import Testing

@testable import WorkerKit

@Suite("Linux file calls")
struct LinuxFilesTests {
    let scratch: Scratch
    let files = LinuxFiles(side: .destination)
    let root: Descriptor

    init() throws {
        scratch = try Scratch()
        root = try files.openRoot(PathBytes(scratch.path))
    }

    private func make(_ name: PathBytes, _ text: String) throws {
        try files.withFile(name, beneath: root, .create(mode: 0o600)) { file throws(FileError) in
            try files.writeAll(Array(text.utf8), to: file)
            try files.sync(file)
        }
    }

    struct Path: CustomTestStringConvertible {
        var testDescription: String
        var path: String
        var expected: Int32

        init(_ name: String, _ path: String, _ expected: Int32) {
            testDescription = name
            self.path = path
            self.expected = expected
        }

        static let all = [
            Path("parent", "../x", EXDEV), Path("absolute", "/etc/passwd", EXDEV), Path("link", "link", ELOOP),
            Path("link on the way", "dir/link/x", ELOOP), Path("missing", "missing", ENOENT),
            Path("empty", "", ENOENT), Path("long name", String(repeating: "n", count: 300), ENAMETOOLONG),
            Path("long path", String(repeating: "n/", count: 3000), ENAMETOOLONG), Path("NUL", "a\0b", EINVAL),
        ]
    }

    @Test("A12 names resolve beneath the pinned directory only", arguments: Path.all)
    func beneath(path: Path) throws {
        try FileManager.default.createSymbolicLink(atPath: scratch.path + "/link", withDestinationPath: "/etc/passwd")
        try FileManager.default.createDirectory(atPath: scratch.path + "/dir", withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: scratch.path + "/dir/link", withDestinationPath: "..")
        let found = errno { () throws(FileError) in
            _ = try files.open(PathBytes(path.path), beneath: root, .read)
        }
        #expect(found == path.expected)
    }

    @Test("A19 a rename never replaces")
    func renameNeverReplaces() throws {
        try make("a", "one")
        try make("b", "two")
        #expect(errno { () throws(FileError) in try files.rename("a", to: "b", in: root) } == EEXIST)
        #expect(scratch.read("b") == Array("two".utf8))
        try files.rename("a", to: "c", in: root)
        #expect(scratch.names() == ["b", "c"])
        try files.replace("c", to: "b", in: root)
        #expect(scratch.read("b") == Array("one".utf8))
    }

    @Test(
        "A19 without the kernel's call a hard link stands in, and a taken name stays",
        arguments: [
            (0, 0, 0, "rename 0", 1), (EEXIST, 0, 0, "rename \(EEXIST)", 1), (EIO, 0, 0, "rename \(EIO)", 1),
            (EINVAL, 0, 0, "unlink 0", 3), (ENOSYS, 0, 0, "unlink 0", 3), (EINVAL, EEXIST, 0, "rename \(EEXIST)", 2),
            (EINVAL, EPERM, 0, "rename \(EPERM)", 2), (EINVAL, 0, EIO, "unlink \(EIO)", 3),
        ] as [(Int32, Int32, Int32, String, Int)])
    func renameFallback(rename: Int32, link: Int32, unlink: Int32, expected: String, calls: Int) {
        var made = 0
        func answer(_ errno: Int32) -> Int32 {
            made += 1
            return -errno
        }
        let found = renamedWithoutReplacing(
            rename: { answer(rename) }, link: { answer(link) }, unlink: { answer(unlink) })
        #expect("\(found.operation) \(-found.result)" == expected)
        #expect(made == calls)
    }

    @Test(
        "Names given for one entry hold no slash and no dots",
        arguments: ["", ".", "..", "a/b", "/a"] as [PathBytes])
    func plainNames(name: PathBytes) throws {
        try make("a", "one")
        #expect(errno { () throws(FileError) in try files.unlink(name, in: root) } == EINVAL)
        #expect(errno { () throws(FileError) in try files.rename("a", to: name, in: root) } == EINVAL)
        #expect(errno { () throws(FileError) in try files.replace(name, to: "b", in: root) } == EINVAL)
        #expect(errno { () throws(FileError) in try files.removeDirectory(name, in: root) } == EINVAL)
    }

    @Test("A new file never opens an old one, and reading leaves the access time alone")
    func create() throws {
        try make("a", "hello")
        #expect(
            errno { () throws(FileError) in _ = try files.open("a", beneath: root, .create(mode: 0o600)) } == EEXIST)
        let before = try accessTime("a")
        let content = try files.withFile("a", beneath: root, .read) { file throws(FileError) in
            try files.readAll(file, limit: 100)
        }
        #expect(content == Array("hello".utf8))
        #expect(try accessTime("a") == before)
    }

    private func accessTime(_ name: String) throws -> Int {
        var found = stat()
        try #require(stat(scratch.path + "/" + name, &found) == 0)
        return found.st_atim.tv_sec * 1_000_000_000 + found.st_atim.tv_nsec
    }

    @Test("Status tells kind, size, times, links and the mount")
    func status() throws {
        try make("a", "hello")
        let file = try files.open("a", beneath: root, .readWrite(mode: 0o600))
        try files.setModified(file, FileTime(nanoseconds: -1_500_000_000))
        let status = try files.status(at: "a", beneath: root)
        #expect(status.kind == .file && status.size == 5 && status.links == 1)
        #expect(status.modified == FileTime(nanoseconds: -1_500_000_000))
        #expect(status == (try files.status(of: file)))
        #expect(try files.status(of: root).kind == .directory)
        #expect(try files.status(of: root).isMountRoot == false)
        #expect(try files.status(of: files.openRoot("/proc")).isMountRoot == true)
        #expect(errno { () throws(FileError) in _ = try files.status(at: "b/c", beneath: root) } == ENOENT)
        try files.close(file)
    }

    @Test("A folder's entries are listed once each, again from the start every time")
    func list() throws {
        try files.makeDirectory("d", beneath: root, mode: 0o700)
        try files.makeDirectory("d/e", beneath: root, mode: 0o700)
        let folder = try files.open("d", beneath: root, .directory)
        let names = (0..<3000).map { "file-\($0)-" + String(repeating: "x", count: $0 % 200) }
        for name in names { try files.close(files.open(PathBytes(name), beneath: folder, .create(mode: 0o600))) }
        for _ in 0..<2 {
            var found: [String] = []
            try files.list(folder) { entry throws(FileError) in found.append(entry.name.description) }
            #expect(found.sorted() == (names + ["e"]).sorted())
        }
        try files.close(folder)
    }

    @Test("A lock is held by one descriptor at a time")
    func lock() throws {
        let first = try files.open("lock", beneath: root, .readWrite(mode: 0o600))
        let second = try files.open("lock", beneath: root, .readWrite(mode: 0o600))
        #expect(try files.lock(first))
        #expect(try !files.lock(second))
        try files.close(first)
        #expect(try files.lock(second))
        try files.close(second)
    }

    @Test("A FIFO in the place of a file does not hang its reader", .timeLimit(.minutes(1)))
    func fifo() throws {
        try #require(mkfifo(scratch.path + "/fifo", 0o600) == 0)
        let file = try files.open("fifo", beneath: root, .read)
        #expect(try files.status(of: file).kind == .other)
        try files.close(file)
    }

    @Test("Space, allocation, unnamed files and both barriers answer on a real file system")
    func barriers() throws {
        let space = try files.space(of: root)
        #expect(space.free > 0 && space.free <= space.capacity && space.freeInodes > 0 && !space.isReadOnly)
        let file = try files.open("a", beneath: root, .create(mode: 0o600))
        try files.allocate(file, bytes: 1 << 20)
        #expect(try files.status(of: file).size == 0)
        try files.sync(file)
        try files.syncFileSystem(root)
        files.dropCache(file)
        try files.close(file)
        #expect(errno { () throws(FileError) in try files.close(Descriptor(raw: 1 << 30)) } == EBADF)
    }
}
