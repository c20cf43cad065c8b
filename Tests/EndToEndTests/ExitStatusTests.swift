import BackupModel
import Foundation
import Testing

@Suite struct ExitStatusTests {
    /// A store that takes a minute at the lowest rate that may be set, enrolled.
    private func slowProgram() throws -> Program {
        let program = try Program(blobs: 0)
        for number in 0..<32 { try program.addBlob(String(repeating: "\(number % 10)", count: (128 << 10) + number)) }
        try program.write(settings: settings(program, "rate_limit = \"64 KiB/s\"\nworkers = 2\nbatch = 4\n"))
        #expect(try program.run("mirror", "enrol", "cold", "--fan-out", "1,1").status == 0)
        return program
    }

    private func settings(_ program: Program, _ more: String) -> String {
        "[mirror.cold]\nsource = \"\(program.source.path)\"\ntarget = \"\(program.target.path)\"\n"
            + "hash = \"sha256\"\nkeep_free = \"0 B\"\n" + more
    }

    @Test("a signal ends a run cleanly, with its own status", arguments: [SIGINT, SIGTERM])
    func signals(number: Int32) throws {
        let program = try slowProgram()
        defer { program.remove() }
        let running = try program.start(["mirror", "run", "cold", "--json"])
        #expect(running.wait { program.log.contains { $0.contains("RUN_STARTED") } })
        kill(running.process.processIdentifier, number)
        let result = try running.finish()
        #expect(result.status == (number == SIGINT ? 130 : 143), "\(result.error)")
        let summary = try JSONDecoder().decode(RunSummary.self, from: Data(result.out.utf8))
        #expect(summary.result == .interrupted)
        #expect(running.process.terminationReason == .exit)

        try program.write(settings: settings(program, ""))
        let next = try program.run("mirror", "run", "cold", "--json")
        #expect(next.status == 0, "\(next.error)")
        let rest = try JSONDecoder().decode(RunSummary.self, from: Data(next.out.utf8))
        #expect(rest.before.count + rest.done.count == 32)
    }

    @Test("B21 a second engine on the state folder ends with 75 and names the first; looking works beside it")
    func busy() throws {
        let program = try slowProgram()
        defer { program.remove() }
        let running = try program.start(["mirror", "run", "cold"])
        #expect(running.wait { program.log.contains { $0.contains("RUN_STARTED") } })
        let commands = [
            ["run"], ["scan"], ["verify"], ["requeue"], ["enrol"],
        ]
        for command in commands {
            let second = try program.run(["mirror"] + command + ["cold"])
            #expect(second.status == ExitStatus.busy.rawValue, "\(command): \(second.error)")
            #expect(second.error.contains("pid \(running.process.processIdentifier)"))
            #expect(second.error.contains("BUSY"))
        }
        let status = try program.run("mirror", "status", "cold")
        #expect(status.status == 0, "\(status.error)")
        #expect(status.out.contains("not ended"))
        #expect(try program.run("mirror", "failures", "cold").out == "no failures\n")
        kill(running.process.processIdentifier, SIGTERM)
        #expect(try running.finish().status == ExitStatus.terminated.rawValue)
    }

    @Test("a run that cannot begin ends with 1, words and, where asked for, JSON")
    func refused() throws {
        let program = try Program(blobs: 3)
        defer { program.remove() }
        let plain = try program.run("mirror", "run", "cold")
        #expect(plain.status == 1)
        #expect(plain.error.contains("VOLUME_NOT_ENROLLED"))
        #expect(plain.error.contains("holdfast mirror enrol cold"))
        let json = try program.run("mirror", "run", "cold", "--json")
        #expect(json.status == 1)
        let summary = try JSONDecoder().decode(RunSummary.self, from: Data(json.out.utf8))
        #expect(summary.failure?.code == "VOLUME_NOT_ENROLLED")
        for command in ["status", "failures"] {
            let looked = try program.run("mirror", command, "cold")
            #expect(looked.status == 1)
            #expect(looked.error.contains("VOLUME_NOT_ENROLLED"))
        }
    }

    @Test("A3 an emptied source is refused with 1 and changes nothing")
    func emptied() throws {
        let program = try Program(blobs: 20)
        defer { program.remove() }
        #expect(try program.run("mirror", "enrol", "cold", "--fan-out", "1,1").status == 0)
        #expect(try program.run("mirror", "run", "cold").status == 0)
        try FileManager.default.removeItem(at: program.source)
        try FileManager.default.createDirectory(at: program.source, withIntermediateDirectories: true)
        let refused = try program.run("mirror", "scan", "cold")
        #expect(refused.status == 1)
        #expect(refused.error.contains("code"))
        let status = try program.run("mirror", "status", "cold")
        #expect(status.out.contains("verified 20 files"), "\(status.out)")
    }

    @Test("without settings the console ends with 2 and says what to do", arguments: [[], ["console"]] as [[String]])
    func noSettings(arguments: [String]) throws {
        let program = try Program(blobs: 0)
        defer { program.remove() }
        let result = try program.run(arguments, environment: ["TERM": "xterm-256color"])
        #expect(result.status == 2)
        #expect(result.error.contains("there is no settings file"))
        #expect(result.error.contains("--config"))
        #expect(result.out == "")
    }

    @Test("help and version end with 0 on standard output", arguments: ["--help", "--version"])
    func help(argument: String) throws {
        let program = try Program(blobs: 0)
        defer { program.remove() }
        let result = try program.run(argument)
        #expect(result.status == 0)
        #expect(!result.out.isEmpty)
        #expect(result.error == "")
    }

    @Test("the demo finds what it planted, and leaves nothing behind")
    func demo() throws {
        let program = try Program(blobs: 0)
        defer { program.remove() }
        let result = try program.run("demo", "--headless", "--blobs", "200")
        #expect(result.status == 0, "\(result.error)")
        #expect(result.out.contains("every planted fault was found"))
        let left = try FileManager.default.contentsOfDirectory(atPath: program.folder.path)
        #expect(left.filter { $0.hasPrefix("holdfast-demo") } == [])
    }
}
