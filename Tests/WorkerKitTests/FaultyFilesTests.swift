import BackupModel
import Glibc
import Testing
import WorkerKit

@Suite("Faults by plan")
struct FaultyFilesTests {
    let scratch: Scratch
    let plan = FaultPlan(keepsJournal: true)
    let files: FaultyFiles

    init() throws {
        scratch = try Scratch()
        files = FaultyFiles(LinuxFiles(side: .destination), plan)
    }

    /// Root, create, write, sync, close, rename, close of the root: at most seven calls.
    private func place(_ text: String) throws(FileError) {
        let root = try files.openRoot(PathBytes(scratch.path))
        defer { try? files.close(root) }
        try files.withFile("temp", beneath: root, .create(mode: 0o600)) { file throws(FileError) in
            try files.writeAll(Array(text.utf8), to: file)
            try files.sync(file)
        }
        try files.rename("temp", to: "final", in: root)
    }

    @Test("The N-th call fails once, every N, with its own words", arguments: 1...6)
    func sweep(number: Int) throws {
        plan.add(FaultRule(.fail(ENOSPC), from: number))
        let operations = ["open root", "open", "write", "fsync", "close", "rename"]
        do throws(FileError) {
            try place("hello")
            Issue.record("nothing failed")
        } catch {
            #expect(error.operation == operations[number - 1])
            #expect(error.errno == ENOSPC && error.side == .destination)
        }
        #expect(plan.struck == 1)
        #expect(plan.openPaths.isEmpty)
        #expect(scratch.names() == (number <= 2 ? [] : ["temp"]))
    }

    @Test("A18 short writes are finished by the loop", arguments: [1, 2, 3, 1000])
    func shortWrites(size: Int) throws {
        plan.add(FaultRule(.short(size), [.write], times: nil))
        try place("hello world")
        #expect(scratch.read("final") == Array("hello world".utf8))
    }

    @Test("A18 three writes without progress are an error, two are not", arguments: [2, 3])
    func zeroWrites(times: Int) throws {
        plan.add(FaultRule(.short(0), [.write], times: times))
        #expect(errno { () throws(FileError) in try place("hello") } == (times == 3 ? EIO : nil))
    }

    @Test("A17 a failing close is an error and closes all the same")
    func failingClose() throws {
        plan.add(FaultRule(.fail(EIO), [.close], from: 1) { $0 == "temp" })
        #expect(errno { () throws(FileError) in try place("hello") } == EIO)
        #expect(plan.openPaths.isEmpty)
    }

    @Test("A24 a hanging call waits for its release", .timeLimit(.minutes(1)))
    func hang() async throws {
        plan.add(FaultRule(.hang, [.sync]))
        async let placed: Void = runBlocking(name: "hang") { [self] in try place("hello") }
        while plan.hangingCalls == 0 { await Task.yield() }
        #expect(scratch.names() == ["temp"])
        plan.release()
        try await placed
        #expect(scratch.names() == ["final"])
    }

    @Test("Content is flipped, files go missing, by path")
    func byPath() throws {
        try scratch.write(Array("good".utf8), to: "a")
        try scratch.write(Array("good".utf8), to: "b")
        plan.add(FaultRule(.flip, [.read], times: nil) { $0 == "a" })
        plan.add(FaultRule(.fail(ENOENT), [.open, .status], times: nil) { $0 == "c" })
        let root = try files.openRoot(PathBytes(scratch.path))
        func content(_ name: PathBytes) throws(FileError) -> [UInt8] {
            try files.withFile(name, beneath: root, .read) { file throws(FileError) in
                try files.readAll(file, limit: 10)
            }
        }
        #expect(try content("a") == [~UInt8(ascii: "g")] + Array("ood".utf8))
        #expect(try content("b") == Array("good".utf8))
        #expect(errno { () throws(FileError) in _ = try content("c") } == ENOENT)
        #expect(errno { () throws(FileError) in _ = try files.status(at: "c", beneath: root) } == ENOENT)
        try files.close(root)
    }

    @Test("The journal has the calls in their order, and a call may fail after it was done")
    func journal() throws {
        plan.add(FaultRule(.failAfterwards(EIO), [.rename]))
        #expect(errno { () throws(FileError) in try place("hello") } == EIO)
        #expect(scratch.names() == ["final"])
        #expect(plan.journal.map(\.operation) == [.openRoot, .open, .write, .sync, .close, .rename, .close])
        #expect(plan.journal[2].path == "temp" && plan.journal[5].path == "final")
    }
}
