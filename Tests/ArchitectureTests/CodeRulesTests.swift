import Foundation
import Testing

@Suite struct CodeRulesTests {
    @Test(arguments: SourceTree.swiftSources + SourceTree.cSources + SourceTree.swiftTests)
    func filesAreShort(path: String) throws {
        let count = try SourceTree.lines(path).count - 1
        #expect(count <= longestFile, "\(path) has \(count) lines")
    }

    @Test(arguments: SourceTree.swiftSources + SourceTree.swiftTests)
    func functionsAreShort(path: String) throws {
        for function in SwiftText(try SourceTree.text(path)).functions() {
            #expect(
                function.length <= longestFunction,
                "\(path):\(function.line): \(function.name) has \(function.length) lines")
        }
    }

    @Test(arguments: SourceTree.swiftSources)
    func nothingCrashesOnPurpose(path: String) throws {
        let code = SwiftText(try SourceTree.text(path)).text
        for match in code.matches(of: /\b(?:try!|as!|fatalError\()/.wordBoundaryKind(.simple)) {
            Issue.record("\(path):\(line(of: match.range.lowerBound, in: code)): \(match.0)")
        }
    }

    @Test(arguments: SourceTree.swiftSources)
    func childrenHaveNoShell(path: String) throws {
        let text = try SourceTree.text(path)
        for match in text.matches(of: /(case\s+|func\s+|[.\w])?(?:Process|system|popen)\(|"(?:\/bin\/)?(?:ba)?sh"/)
        where match.1 == nil {
            Issue.record("\(path):\(line(of: match.range.lowerBound, in: text)): \(match.0)")
        }
    }

    @Test(arguments: SourceTree.swiftSources)
    func filesAreOpenedAtTheSeam(path: String) throws {
        if pathUsers.contains(where: { path.hasPrefix($0.folder) }) { return }
        // Without the C library there is nothing to go around the seam with.
        let row = try #require(moduleTable.first { $0.module == SourceTree.module(of: path) })
        if !row.system.contains("Glibc") && !row.system.contains("Foundation") { return }
        let code = SwiftText(try SourceTree.text(path)).text
        let own = Self.declared[SourceTree.module(of: path)] ?? []
        for match in code.matches(of: pathCall) where match.1 == nil && !own.contains(String(match.0.dropLast())) {
            Issue.record("\(path):\(line(of: match.range.lowerBound, in: code)): \(match.0) goes around the seam")
        }
    }

    @Test(
        "path calls are found, calls on the seam are not",
        arguments: [
            ("try open(path, O_RDONLY)", true), ("files.open(path)", false), ("func open(_ p: P)", false),
            ("Glibc.open(p)", true), ("FileManager.default", true), ("a.append(contentsOf: b)", false),
            ("Data(contentsOf: u)", true), ("reopen(p)", false), ("FileDescriptor.open(p)", true),
        ])
    func pathCalls(code: String, isFound: Bool) {
        #expect(code.matches(of: pathCall).contains { $0.1 == nil } == isFound)
    }

    @Test func everyUnsafeEscapeIsProved() throws {
        var count = 0
        for path in SourceTree.swiftSources {
            let lines = try SourceTree.lines(path)
            let code = SwiftText(try SourceTree.text(path)).text.split(
                separator: "\n", omittingEmptySubsequences: false)
            for (index, text) in code.enumerated()
            where text.contains("@unchecked Sendable") || text.contains("nonisolated(unsafe)") {
                count += 1
                let above = index > 0 ? lines[index - 1].trimmingCharacters(in: .whitespaces) : ""
                let isProved = lines[index].contains("//") || above.hasPrefix("//")
                #expect(isProved, "\(path):\(index + 1): no proof beside it")
            }
        }
        #expect(count <= mostUnsafeEscapes)
    }

    @Test func longFunctionsAreFound() {
        let body = String(repeating: "    f(\"}\") // }\n", count: 61)
        let text =
            "protocol P { func p() }\nfunc a<T>(_ c: () -> Void = {}) async throws(E) -> [T] where T: P {\n\(body)}\n"
        let found = SwiftText(text).functions()
        #expect(found.map(\.name) == ["a"])
        #expect(found.map(\.line) == [2])
        #expect(found.map(\.length) == [63])
    }

    /// Calls that name a file by path; the first capture is there when it is a method or a declaration.
    private var pathCall: Regex<(Substring, Substring?)> {
        /\bFileManager\b|\bFileHandle\b|\b(?:Data|String)\(contentsOf|\bcontentsOfFile:|\b(?:FileDescriptor|Glibc)\.open\(|(func\s+|\.)?\b(?:open|openat|fopen|creat|opendir|stat|lstat|unlink|rename|mkdir|rmdir|symlink|link|chmod|chown|realpath|truncate|remove)\(/
            .wordBoundaryKind(.simple)
    }

    /// Functions of each module itself, which a call without a dot may mean.
    private static let declared: [String: Set<String>] = SourceTree.swiftSources.reduce(into: [:]) { found, path in
        let functions = SwiftText((try? SourceTree.text(path)) ?? "").functions()
        found[SourceTree.module(of: path), default: []].formUnion(functions.map(\.name))
    }

    private func line(of index: String.Index, in code: String) -> Int {
        code[..<index].utf8.count { $0 == UInt8(ascii: "\n") } + 1
    }
}
