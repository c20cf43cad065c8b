import BackupModel
import Foundation
import Testing

@Suite struct OutputTests {
    @Test("every command's JSON parses, one value a line, and nothing else is on standard output")
    func json() throws {
        let program = try Program(blobs: 10)
        defer { program.remove() }
        for number in 0..<3 {
            try program.addBlob("not what the name says", named: String(repeating: "c\(number)", count: 32))
        }
        let commands: [(arguments: [String], keys: Set<String>, lines: Int)] = [
            (["enrol", "cold", "--fan-out", "1,1"], ["identity", "folders", "warnings"], 1),
            (["scan", "cold"], ["kind", "result", "done"], 1),
            (["run", "cold", "--dry-run"], ["wanted", "free", "shortOf"], 1),
            (["run", "cold"], ["run", "result", "before", "done", "failed", "remaining"], 1),
            (["verify", "cold"], ["run", "result", "done"], 1),
            (["status", "cold"], ["tally", "volume", "runs"], 1),
            (["failures", "cold"], ["id", "state", "failure", "attempts"], 3),
            (["requeue", "cold"], ["result"], 1),
            (["failures", "cold"], [], 0),
        ]
        for command in commands {
            let result = try program.run(["mirror"] + command.arguments + ["--json"])
            #expect(result.error == "", "\(command.arguments)")
            let lines = result.out.split(separator: "\n")
            #expect(lines.count == command.lines, "\(command.arguments): \(result.out)")
            for line in lines {
                let value = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                #expect(command.keys.isSubset(of: Set((value ?? [:]).keys)), "\(command.arguments): \(line)")
            }
        }
    }

    @Test("the log has one JSON object a line, numbers that grow, and codes that scripts can rely on")
    func log() throws {
        let program = try Program(blobs: 10)
        defer { program.remove() }
        try program.addBlob("not what the name says", named: String(repeating: "ab", count: 32))
        #expect(try program.run("mirror", "enrol", "cold", "--fan-out", "1,1").status == 0)
        #expect(try program.run("mirror", "run", "cold").status == 3)
        #expect(try program.run("mirror", "requeue", "cold").status == 0)
        var codes: [String] = []
        var numbers: [Int] = []
        for line in program.log {
            let value = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let code = try #require(value["code"] as? String)
            #expect(code.allSatisfy { $0.isUppercase || $0.isNumber || $0 == "_" })
            codes.append(code)
            numbers.append(try #require(value["seq"] as? Int))
            #expect((value["time"] as? String)?.hasSuffix("Z") == true)
            #expect(["DEBUG", "INFO", "WARN", "ERROR"].contains(value["level"] as? String))
        }
        for code in ["VOLUME_ENROLLED", "INTENT", "RUN_STARTED", "SCAN_DONE", "BLOB_FAILED", "RUN_ENDED"] {
            #expect(codes.contains(code), "\(codes)")
        }
        // What is below the level of the file has numbers too.
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }, "\(numbers)")
    }

    @Test("progress goes to standard error, so that a summary can be piped")
    func progress() throws {
        let program = try Program(blobs: 5)
        defer { program.remove() }
        #expect(try program.run("mirror", "enrol", "cold", "--fan-out", "1,1").status == 0)
        let result = try program.run("mirror", "run", "cold")
        #expect(result.out.hasPrefix("run "))
        #expect(result.out.contains("made safe  5 files"), "\(result.out)")
        #expect(result.error.contains("cold: "))
        #expect(!result.error.contains("\u{1b}"))
    }

    @Test("hostile names of foreign files and blobs reach no terminal")
    func hostile() throws {
        let program = try Program(blobs: 3)
        defer { program.remove() }
        let folder = program.source.appending(path: "a/b")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in ["\u{1b}]0;owned\u{7}", "\u{202e}gnp.exe", "new\nline"] {
            try "x".write(to: folder.appending(path: name), atomically: false, encoding: .utf8)
        }
        #expect(try program.run("mirror", "enrol", "cold", "--fan-out", "1,1").status == 0)
        let results = [
            try program.run("mirror", "run", "cold"), try program.run("mirror", "failures", "cold"),
            try program.run("mirror", "status", "cold"), try program.run("mirror", "run", "\u{1b}[2J"),
        ]
        for text in results.flatMap({ [$0.out, $0.error] }) + program.log {
            let isPlain = text.unicodeScalars.allSatisfy { $0 == "\n" || ($0.value >= 0x20 && $0.value != 0x7f) }
            #expect(isPlain, "\(text)")
            #expect(!text.contains("\u{202e}"))
        }
    }
}
