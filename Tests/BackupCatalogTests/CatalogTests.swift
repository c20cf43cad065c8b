import BackupModel
import GRDB
import Testing

@testable import BackupCatalog

@Suite struct CatalogTests {
    @Test func eventsAreNumberedAndComeBackInPages() throws {
        let folder = try TemporaryFolder()
        let catalog = try Catalog(path: folder.file("catalog.sqlite"))
        let kept = try catalog.append((0..<10).map(event))
        #expect(kept.map(\.number) == Array(1...10))
        #expect(try catalog.events(before: nil, limit: 3) == kept.suffix(3).reversed())
        #expect(try catalog.events(before: 8, limit: 100) == kept.prefix(7).reversed())
        let grave = try catalog.events(before: nil, limit: 100, atLeast: .error)
        #expect(grave == kept.filter { $0.severity == .error }.reversed() && !grave.isEmpty)
        #expect(try catalog.append([]).isEmpty)
    }

    @Test("I12 a number is never used twice, even when the newest events are gone")
    func numbersGrow() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("catalog.sqlite")
        let first = try Catalog(path: path)
        _ = try first.append([event(0), event(1)])
        try first.file.write { try $0.execute(sql: "DELETE FROM events") }
        first.close()
        let second = try Catalog(path: path)
        #expect(try second.append([event(2)]).map(\.number) == [3])
    }

    @Test func oldEventsGoInSmallSteps() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("catalog.sqlite")
        let wide = try Catalog(path: path)
        _ = try wide.append((0..<2000).map(event))
        wide.close()
        let narrow = try Catalog(path: path, keptEvents: 100)
        _ = try narrow.append([event(0)])
        #expect(try narrow.events(before: nil, limit: 9999).count == 2001 - 501)
        for _ in 0..<4 { _ = try narrow.append([event(0)]) }
        let left = try narrow.events(before: nil, limit: 9999)
        #expect(left.map(\.number) == Array((1906...2005).reversed()))
    }

    @Test func evidenceComesBackByJobNewestFirst() throws {
        let folder = try TemporaryFolder()
        let catalog = try Catalog(path: folder.file("catalog.sqlite"))
        var kept: [Evidence] = []
        for (index, method) in Evidence.Method.allCases.enumerated() {
            var one = Evidence(
                at: noon, job: index == 2 ? "warm" : "cold", volume: "v", run: index == 0 ? nil : runA, method: method,
                result: .okWithWarnings, proved: Amount(count: index, bytes: 9), failed: Amount(count: 1, bytes: 2),
                by: "root on house")
            one.number = Int64(index + 1)
            kept.append(one)
        }
        #expect(try catalog.keep(Array(kept.prefix(1))) + catalog.keep(Array(kept.dropFirst())) == kept)
        #expect(try catalog.evidence(of: "cold", limit: 9) == [kept[3], kept[1], kept[0]])
        #expect(try catalog.evidence(of: "cold", before: kept[3].number, limit: 1) == [kept[1]])
        #expect(try catalog.evidence(of: "unknown", limit: 9).isEmpty)
    }

    @Test("what is asked after the end is refused, from any thread, and closing twice is nothing")
    func closed() async throws {
        let folder = try TemporaryFolder()
        let catalog = try Catalog(path: folder.file("catalog.sqlite"))
        _ = try catalog.append((0..<50).map(event))
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for _ in 0..<50 {
                        if number == 0 { catalog.close() }
                        _ = try? catalog.events(before: nil, limit: 10)
                        _ = try? catalog.append([event(number)])
                    }
                }
            }
        }
        let read = #expect(throws: Failure.self) { try catalog.events(before: nil, limit: 1) }
        let written = #expect(throws: Failure.self) { try catalog.append([event(1)]) }
        #expect([read?.code, written?.code] == ["CATALOG_CLOSED", "CATALOG_CLOSED"])
    }

    private func event(_ number: Int) -> Event {
        Event(
            at: WallTime(milliseconds: Int64(1000 - number)), severity: Severity.allCases[number % 4],
            component: "copy", code: "RUN_STARTED", job: "cold", message: "number \(number)",
            failure: number % 3 == 0 ? trouble() : nil)
    }
}
