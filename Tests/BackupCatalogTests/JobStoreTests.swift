import BackupCatalog
import BackupModel
import Foundation
import Testing

@Suite struct JobStoreTests {
    private static let start = WallTime(milliseconds: 1_760_000_000_000)

    /// `counts` runs in each millisecond, of two jobs by turns, and one that goes on.
    private func store(_ folder: TemporaryFolder, _ counts: [Int]) throws -> (Catalog, JobStore) {
        let catalog = try Catalog(path: folder.path + "/catalog.sqlite")
        let store = JobStore(catalog)
        var change = JobChange(), bits: UInt64 = 0
        for (millisecond, count) in counts.enumerated() {
            for _ in 0..<count {
                bits += 1
                var run = JobRun(
                    run: RunID(bits: bits), job: bits % 2 == 0 ? "even" : "odd", kind: .command, trigger: .chain,
                    startedAt: WallTime(milliseconds: Self.start.milliseconds + Int64(millisecond)))
                run.endedAt = run.startedAt
                run.result = .skipped
                change.closed.append(run)
            }
        }
        change.opened.append(
            JobRun(run: RunID(bits: .max), job: "even", kind: .command, trigger: .chain, startedAt: Self.start))
        try store.keep(change)
        return (catalog, store)
    }

    @Test(
        "pages lose no run and tell none twice, however many began in one millisecond",
        arguments: [[250], [1, 250, 1], [3, 1, 4, 1, 5, 9, 2, 6], [50, 50, 50], []], [1, 50, 200, 400])
    func pages(_ counts: [Int], limit: Int) throws {
        let folder = try TemporaryFolder()
        let (catalog, store) = try store(folder, counts)
        defer { catalog.close() }
        for job in [nil, "even"] {
            var seen: [UInt64] = [], before: WallTime?
            while true {
                let page = try store.runs(of: job, before: before, limit: limit)
                guard let last = page.last else { break }
                seen += page.compactMap { UInt64($0.run.text, radix: 16) }
                before = last.startedAt
            }
            let all = (1...UInt64(max(1, counts.reduce(0, +)))).reversed()
            let wanted = counts.isEmpty ? [] : job == nil ? Array(all) : all.filter { $0 % 2 == 0 }
            #expect(seen == wanted)
        }
    }

    @Test("a page is no longer than asked for when its runs began apart, and of none it is empty")
    func length() throws {
        let folder = try TemporaryFolder()
        let (catalog, store) = try store(folder, [1, 1, 1, 1])
        #expect(try store.runs(of: nil, before: nil, limit: 3).count == 3)
        #expect(try store.runs(of: nil, before: nil, limit: 0).isEmpty)
        catalog.close()
    }
}
