import BackupModel
import Foundation
import Testing

@Suite struct MirrorCommandTests {
    @Test("a store is enrolled, mirrored, proved and asked about")
    func wholeLife() throws {
        let program = try Program(blobs: 40)
        defer { program.remove() }
        #expect(try program.run("mirror", "enrol", "cold", "--fan-out", "1,1").status == 0)

        let first = try program.run("mirror", "run", "cold", "--json")
        #expect(first.status == 0, "\(first.error)")
        let summary = try JSONDecoder().decode(RunSummary.self, from: Data(first.out.utf8))
        #expect(summary.result == .ok)
        #expect(summary.done.count == 40)
        #expect(summary.remaining.count == 0)

        let again = try program.run("mirror", "run", "cold", "--json")
        let second = try JSONDecoder().decode(RunSummary.self, from: Data(again.out.utf8))
        #expect(second.done.count == 0)
        #expect(second.before.count == 40)

        #expect(try program.run("mirror", "verify", "cold").status == 0)
        let status = try program.run("mirror", "status", "cold")
        #expect(status.out.contains("40"))
    }

    @Test("A1 a corrupt source blob is reported once, on the source's side, and the status says warnings")
    func corruptSource() throws {
        let program = try Program(blobs: 10)
        defer { program.remove() }
        let name = String(repeating: "ab", count: 32)
        try program.addBlob("not what the name says", named: name)
        #expect(try program.run("mirror", "enrol", "cold", "--fan-out", "1,1").status == 0)
        #expect(try program.run("mirror", "run", "cold").status == ExitStatus.warnings.rawValue)

        let failures = try program.run("mirror", "failures", "cold", "--json")
        let rows = failures.out.split(separator: "\n")
        #expect(rows.count == 1)
        let row = try JSONDecoder().decode(BlobFailure.self, from: Data(try #require(rows.first).utf8))
        #expect(row.id.description == name)
        #expect(row.failure.side == .source)
        #expect(row.state == .sourceCorrupt)

        #expect(try program.run("mirror", "requeue", "cold").out.contains("1"))
    }

    @Test("a dry run prints what would be done and writes nothing")
    func dryRun() throws {
        let program = try Program(blobs: 12)
        defer { program.remove() }
        #expect(try program.run("mirror", "enrol", "cold", "--fan-out", "1,1").status == 0)
        #expect(try program.run("mirror", "scan", "cold").status == 0)
        let dry = try program.run("mirror", "run", "cold", "--dry-run")
        #expect(dry.status == 0)
        #expect(dry.out.contains("12"))
        let copied = try FileManager.default.subpathsOfDirectory(atPath: program.target.path)
            .filter { $0.hasPrefix("by-hash/") && $0.count > 60 }
        #expect(copied == [])
    }

    struct Misuse: CustomTestStringConvertible, Sendable {
        var settings: String
        var arguments: [String]
        var says: [String]
        var testDescription: String { arguments.joined(separator: " ") + " on " + settings }
    }

    @Test(
        "misuse ends with status 2 and words that name the place",
        arguments: [
            Misuse(
                settings: "[mirror.cold]\nsorce = \"/a\"\n", arguments: ["mirror", "run", "cold"],
                says: ["2", "sorce", "source"]),
            Misuse(settings: "[mirror.cold\n", arguments: ["mirror", "status", "cold"], says: ["1"]),
            Misuse(settings: "", arguments: ["mirror", "run", "cold"], says: ["empty"]),
            Misuse(
                settings: "[console]\ntheme = \"dark\"\n", arguments: ["mirror", "run", "cold"],
                says: ["no mirror is named cold", "MIRROR_UNKNOWN"]),
            Misuse(settings: "", arguments: ["mirror", "run"], says: ["name"]),
            Misuse(settings: "", arguments: ["mirror", "run", "cold", "--workers", "0"], says: ["--workers"]),
            Misuse(settings: "", arguments: ["mirro"], says: ["mirro"]),
        ])
    func misuse(_ row: Misuse) throws {
        let program = try Program(blobs: 0)
        defer { program.remove() }
        try program.write(settings: row.settings)
        let result = try program.run(row.arguments)
        #expect(result.status == ExitStatus.usage.rawValue, "\(result.error)")
        for word in row.says { #expect(result.error.contains(word), "\(result.error)") }
    }
}
