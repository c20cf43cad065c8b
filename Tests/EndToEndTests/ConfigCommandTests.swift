import Foundation
import Testing

@Suite struct ConfigCommandTests {
    private func run(_ arguments: [String], settings more: String = "") throws -> Program.Result {
        let program = try Program(blobs: 0)
        defer { program.remove() }
        let text = try String(contentsOf: program.settings, encoding: .utf8)
        try program.write(settings: text + more)
        return try program.run(["config"] + arguments + ["--config", program.settings.path])
    }

    @Test func goodSettingsAreOk() throws {
        let result = try run(["check"])
        #expect(result.status == 0)
        #expect(result.out.hasSuffix("ok: 1 mirrors, 0 jobs, 0 sets, 0 channels\n"))
    }

    @Test("J1 problems go to standard error with their places, or to JSON")
    func problems() throws {
        let mistakes = "wrkers = 3\n[job.n]\nkind = \"mirror.run\"\nmirror = \"gone\"\n"
        let plain = try run(["check"], settings: mistakes)
        #expect(plain.status == 2)
        #expect(plain.out.isEmpty)
        #expect(plain.error.contains("holdfast.toml:5:1: unknown key \"wrkers\"; did you mean \"workers\"?"))
        let json = try run(["check", "--json"], settings: mistakes)
        #expect(json.status == 2)
        #expect(json.out.contains("\"line\":5"))
    }

    @Test func showMarksDefaultsAndHidesSecrets() throws {
        let hook =
            "[channel.h]\nkind = \"webhook\"\nurl = \"https:\u{2F}/hooks.example.org/hunter2\"\ntoken = \"file:/etc/t\"\n"
        let result = try run(["show"], settings: hook)
        #expect(result.status == 0)
        #expect(result.out.contains("hash = \"sha256\"\n"))
        #expect(result.out.contains("workers = 8                               # default\n"))
        #expect(result.out.contains("token = \"file:/etc/t\"\n"))
        #expect(!result.out.contains("hunter2"))
        let short = try run(["show", "--set"], settings: hook)
        #expect(!short.out.contains("default"))
    }

    @Test func explainTellsMeaningDefaultAndPlace() throws {
        let result = try run(["explain", "mirror.cold.hash"])
        #expect(result.status == 0)
        #expect(result.out.contains("The hash that names the blobs."))
        #expect(result.out.contains("holdfast.toml:4:1"))
        let unknown = try run(["explain", "mirror.cold.hsah"])
        #expect(unknown.status == 2)
        #expect(unknown.error.contains("did you mean \"hash\"?"))
    }
}
