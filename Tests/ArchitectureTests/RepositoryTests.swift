import Foundation
import Testing

@Suite struct RepositoryTests {
    @Test func onlyTheAgreedEntriesAtTheTop() throws {
        let entries = try FileManager.default.contentsOfDirectory(atPath: SourceTree.root.path)
        // SwiftPM writes Package.resolved; it is ignored, since every dependency is pinned exactly.
        let shown = Set(entries.filter { !$0.hasPrefix(".") && $0 != "Package.resolved" })
        #expect(shown == topLevel)
        #expect(try SourceTree.lines(".gitignore").contains("Package.resolved"))
    }

    @Test func everyDependencyIsExact() throws {
        let lines = try SourceTree.lines("Package.swift").filter { $0.contains(".package(") }
        #expect(!lines.isEmpty)
        for line in lines { #expect(line.contains("exact: \""), "\(line)") }
    }

    @Test(arguments: SourceTree.written)
    func noAddressesAndNoMachinePaths(path: String) throws {
        // The name of the SVG format looks like an address and is none.
        let text = try SourceTree.text(path).replacing("http:/" + "/www.w3.org/2000/svg", with: "")
        #expect(text.firstMatch(of: /https?:\/\//) == nil, "\(path) holds an address")
        #expect(text.firstMatch(of: /\/work\/\w/) == nil, "\(path) holds a path of some machine")
    }

    @Test(arguments: SourceTree.written.filter { $0.hasSuffix(".md") })
    func everyLinkLeadsSomewhere(path: String) throws {
        let folder = SourceTree.root.appending(path: path).deletingLastPathComponent()
        for match in try SourceTree.text(path).matches(of: /\]\(([^)#\s]+)[^)]*\)/) {
            let there = FileManager.default.fileExists(atPath: folder.appending(path: String(match.1)).path)
            #expect(there, "\(path) links to \(match.1), which is not there")
        }
    }

    @Test func theReadmeHoldsTheTwoCommands() throws {
        let readme = try SourceTree.text("README.md")
        let commands = readme.matches(of: /<!-- run: (\w+) -->\n```(?:sh)?\n([^`]*)\n```/).map {
            (name: String($0.1), command: String($0.2))
        }
        #expect(commands.map(\.name) == ["demo", "tests"])
        #expect(
            commands.map(\.command) == [
                "apt-get update && apt-get install -y libncursesw5-dev libpq-dev libsqlite3-dev"
                    + " && swift run -c release holdfast demo",
                "Tests/run",
            ])
        for script in ["Tests/run", ".ci/run"] {
            let path = SourceTree.root.appending(path: script).path
            #expect(FileManager.default.isExecutableFile(atPath: path), "\(script) cannot be run")
        }
    }
}
