import BackupModel
import Foundation
import Testing

/// The program with a virtual library of small cartridges without a clock of its own.
struct TapeProgram {
    let program: Program
    var tree: String { program.folder.appending(path: "tree").path }

    init() throws {
        program = try Program(blobs: 0)
        try FileManager.default.createDirectory(atPath: tree, withIntermediateDirectories: true)
        try program.write(
            settings: """
                [library.shelf]
                kind = "virtual"
                path = "\(program.folder.path)/shelf"
                drives = ["lto6"]
                time = "off"

                [drive.lto6]
                block_size = "256 KiB"
                buffer = "16 MiB"
                generation = "LTO-6"

                [pool.archive]
                retention = "7y"

                """)
    }

    func fill(megabytes: Int) throws {
        for number in 0..<megabytes {
            var random = SystemRandomNumberGenerator()
            let words = (0..<131_072).map { _ in random.next() }
            try words.withUnsafeBytes { Data($0) }.write(to: URL(fileURLWithPath: tree + "/film\(number)"))
        }
    }

    /// Runs a command that must end well; what it said.
    @discardableResult
    func ok(_ arguments: String...) throws -> String {
        let result = try program.run(arguments)
        #expect(result.status == 0, "\(arguments): \(result.error)")
        return result.out
    }
}

@Suite(.timeLimit(.minutes(3)), .serialized) struct TapeCommandTests {
    @Test(
        "a cartridge is added, labelled, written, read back, looked at and kept from erasure, each by a command of its own"
    )
    func wholeLife() throws {
        let tape = try TapeProgram()
        defer { tape.program.remove() }
        try tape.fill(megabytes: 2)
        try tape.ok("library", "add", "NX0001L6", "--capacity", "64 MiB")
        #expect(try tape.ok("library", "inventory").contains("NX0001L6"))
        try tape.ok("tape", "label", "--all", "--pool", "archive")
        let archived = try tape.ok("tape", "archive", tape.tree, "--json")
        let run = try JSONDecoder().decode(JobRun.self, from: Data(archived.utf8))
        #expect(run.result == .ok && run.done.bytes == 2 << 20 && run.kind == .tapeArchive)
        let volumes = try JSONDecoder().decode([VolumeRow].self, from: Data(tape.ok("tape", "volumes", "--json").utf8))
        let label = try #require(volumes.first?.volume.label)
        #expect(volumes.count == 1 && volumes.first?.archives == 1)
        #expect(try tape.ok("tape", "ls", label).isEmpty == false)
        #expect(try tape.ok("tape", "dump-label").contains("label: \(label)"))
        #expect(try tape.ok("tape", "ls", "--file", "1").contains("film0"))
        #expect(try tape.ok("tape", "seek", "--file", "1").contains("tape file 1"))
        #expect(try tape.ok("tape", "next", "--explain").contains(label))
        #expect(try tape.ok("tape", "status").contains(label))
        let copy = tape.program.folder.appending(path: "copy.tar").path
        try tape.ok("tape", "read", copy, "--file", "1")
        #expect((FileManager.default.contents(atPath: copy)?.count ?? 0) >= 2 << 20)

        // What is lost is named, or nothing is.
        let unnamed = try tape.program.run("tape", "erase")
        #expect(unnamed.status == ExitStatus.usage.rawValue && unnamed.error.contains("--overwrite"))
        #expect(try tape.program.run("tape", "erase", "--overwrite", "OTHER").status == ExitStatus.failed.rawValue)
        #expect(try tape.ok("tape", "dump-label").contains("label: \(label)"))
        // F11: what is kept is not lost by its right name either.
        let kept = try tape.program.run("tape", "erase", "--overwrite", label)
        #expect(kept.status == ExitStatus.failed.rawValue && kept.error.contains("not expired"))
        #expect(try tape.ok("tape", "dump-label").contains("label: \(label)"))
    }

    @Test("a full tape: the request is printed with its answers, another command brings the next, the archive ends ok")
    func asks() throws {
        let tape = try TapeProgram()
        defer { tape.program.remove() }
        try tape.fill(megabytes: 20)
        try tape.ok("library", "add", "NX0001L6", "--capacity", "16 MiB")
        try tape.ok("tape", "label", "--all")
        let running = try tape.program.start(["tape", "archive", tape.tree])
        var asked = ""
        let limit = Date().addingTimeInterval(60)
        while !asked.contains("change"), !asked.contains("lto6"), Date() < limit {
            asked = try tape.program.run("requests").out
            if !asked.contains("lto6") { Thread.sleep(forTimeInterval: 0.2) }
        }
        #expect(asked.contains("into drive lto6"))
        try tape.ok("library", "add", "NX0002L6", "--capacity", "16 MiB")
        let ended = try running.finish()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(ended.error.contains("holdfast answer 1 use LABEL"))
        #expect(ended.out.contains("on tape"))
    }

    @Test("names that are not in the settings are usage errors that name those there are")
    func unknown() throws {
        let tape = try TapeProgram()
        defer { tape.program.remove() }
        for arguments in [
            ["tape", "position", "lto9"], ["tape", "archive", "/x", "--pool", "nightly"],
            ["library", "inventory", "vault"],
        ] {
            let result = try tape.program.run(arguments)
            #expect(result.status == ExitStatus.usage.rawValue, "\(arguments): \(result.error)")
            #expect(result.error.contains("There are:") || result.error.contains("Pools are"))
        }
    }

    @Test("a key is made once, rotated, put on paper and listed")
    func keys() throws {
        let tape = try TapeProgram()
        defer { tape.program.remove() }
        let file = tape.program.folder.appending(path: "films.key").path
        let made = try tape.ok("key", "add", file)
        #expect(try tape.program.run("key", "add", file).status == ExitStatus.usage.rawValue)
        let text = try String(contentsOf: tape.program.settings, encoding: .utf8)
        try tape.program.write(settings: text + "encryption = \"file:\(file)\"\n")
        let id = try #require(made.split(separator: " ").dropFirst().first.map(String.init))
        #expect(try tape.ok("key", "list").contains(id))
        #expect(try tape.ok("key", "paper", "archive").contains("id \(id)"))
        #expect(try tape.ok("key", "rotate", "archive").contains("films.key.2"))
        #expect(FileManager.default.fileExists(atPath: file + ".2"))
    }
}
