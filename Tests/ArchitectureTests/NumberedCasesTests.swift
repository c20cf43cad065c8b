import Foundation
import Testing

/// The numbered cases of failure this program answers for now: A1 to A30 and B21 to B26.
@Suite struct NumberedCasesTests {
    static let cases = (1...30).map { "A\($0)" } + (21...26).map { "B\($0)" }
    /// Those that may wait, four at most, each with its reason in `Docs/Testing.md`.
    static let mayWait = Set((26...30).map { "A\($0)" } + ["B26"])

    @Test func everyCaseHasATestOrAReason() throws {
        let proved = try provedCases()
        let waiting = try waitingCases()
        let neither = Self.cases.filter { !proved.contains($0) && !waiting.contains($0) }
        #expect(neither.isEmpty, "no test and no reason: \(neither.joined(separator: " "))")
        #expect(proved.isDisjoint(with: waiting), "proved, yet said to wait")
        #expect(waiting.isSubset(of: Self.mayWait))
        #expect(waiting.count <= 4)
    }

    /// Numbers that begin the display name of a test, or the title of a proof.
    private func provedCases() throws -> Set<String> {
        var found: Set<String> = []
        for path in SourceTree.swiftTests {
            for match in try SourceTree.text(path).matches(of: /@Test\(\s*"((?:[A-Z]\d+[ ,]+)+)/) {
                found.formUnion(match.1.split { " ,".contains($0) }.map(String.init))
            }
        }
        for path in (try? SourceTree.files(in: "Tests", endingIn: [".py"])) ?? [] {
            for match in try SourceTree.text(path).matches(of: /"""((?:[A-Z]\d+[ ,]+)+)/) {
                found.formUnion(match.1.split { " ,".contains($0) }.map(String.init))
            }
        }
        return found
    }

    /// The rows of the table under "Cases that wait".
    private func waitingCases() throws -> Set<String> {
        let text = try SourceTree.text("Docs/Testing.md")
        let start = try #require(text.range(of: "## Cases that wait"))
        let section = text[start.upperBound...].prefix { $0 != "#" }
        return Set(section.matches(of: /\n\| ([A-Z]\d+) \| \S/).map { String($0.1) })
    }
}
