import Foundation
import Testing

@Suite struct ModuleImportTests {
    @Test func everyFolderHasARow() throws {
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: SourceTree.root.appending(path: "Sources").path)
        let known = Set(moduleTable.map(\.module))
        #expect(Set(folders.filter { !$0.hasPrefix(".") }).union(["Themes"]) == known)
    }

    @Test(arguments: SourceTree.swiftSources)
    func importsOnlyWhatTheTableAllows(path: String) throws {
        let module = SourceTree.module(of: path)
        let row = try #require(moduleTable.first { $0.module == module })
        for name in imports(in: try SourceTree.text(path)) {
            #expect(row.allowed.contains(name), "\(path) imports \(name)")
        }
    }

    @Test(arguments: SourceTree.cSources)
    func headersStayInTheirModule(path: String) throws {
        let module = SourceTree.module(of: path)
        for match in try SourceTree.text(path).matches(of: /#\s*include\s*([<"])([^>"]+)[>"]/) {
            let header = String(match.2)
            if match.1 == "\"" {
                let siblings = try SourceTree.files(in: "Sources/\(module)", endingIn: ["/" + header, header])
                #expect(!siblings.isEmpty, "\(path) includes \(header) from elsewhere")
            }
            for owner in ownedHeaders where header.hasPrefix(owner.prefix) {
                #expect(owner.modules.contains(module), "\(path) includes \(header), which is for \(owner.modules)")
            }
        }
    }

    /// The table may not be wider than the package: a wall that nothing needs to be open is closed.
    @Test func theTableNamesOnlyWhatThePackageDeclares() throws {
        let package = try SourceTree.text("Package.swift")
        for row in moduleTable {
            for name in row.own.union(row.foreign) {
                #expect(package.contains("\"\(name)\""), "\(row.module) may import \(name), unknown to Package.swift")
            }
        }
    }

    @Test(
        "imports are found in all their forms",
        arguments: [
            ("import A", ["A"]), ("package import A\n@testable import B", ["A", "B"]),
            ("import struct A.B", ["A"]), ("@preconcurrency public import A", ["A"]), ("// import A", []),
            ("let a = \"\"\"\n import A\n\"\"\"", []), ("    import A", ["A"]), ("import A;import B", ["A", "B"]),
            ("@_spi(X) import A", ["A"]),
        ] as [(String, [String])])
    func importForms(text: String, expected: [String]) {
        #expect(imports(in: text) == expected)
    }

    private func imports(in text: String) -> [String] {
        let line =
            /(?:^|[\n;])[ \t]*(?:(?:@\w+(?:\(\w+\))?|public|package|internal|fileprivate|private)[ \t]+)*import[ \t]+(?:(?:struct|class|enum|protocol|func|var|let|typealias)[ \t]+)?(\w+)/
        return SwiftText(text).text.matches(of: line).map { String($0.1) }
    }
}
