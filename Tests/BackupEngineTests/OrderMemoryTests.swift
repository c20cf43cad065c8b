import BackupCatalog
import BackupModel
import Foundation
import Testing
import WorkerKit

@testable import BackupEngine

@Suite struct OrderMemoryTests {
    @Test("sent twice, done once: at the same time, later, and by the next engine")
    func once() async throws {
        let place = try CatalogPlace()
        let done = Counter()
        let memory = try await OrderMemory.open(AuditLog(place.catalog), time: place.clock.time)
        let one = order(.runJob(name: "nightly"), id: "id-1")
        let results = await withTaskGroup(of: IntentResult.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    await memory.once(one, words: "run nightly") { _ in
                        done.add()
                        await Task.yield()
                        return .accepted("run \(done.count)")
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(results) == [.accepted("run 1")] && results.count == 20)
        try place.reopen()
        let next = try await OrderMemory.open(AuditLog(place.catalog), time: place.clock.time)
        let again = await next.once(one, words: "run nightly") { _ in .accepted("twice") }
        #expect(again == .accepted("run 1") && done.count == 1)
        #expect(try await next.page(before: nil, limit: 9).map(\.words) == ["run nightly"])
    }

    @Test("an order whose engine died in the middle is not done again by itself")
    func interrupted() async throws {
        let place = try CatalogPlace()
        let one = order(.runJob(name: "nightly"), id: "id-1")
        _ = try AuditLog(place.catalog).begin(one, words: "run", at: start)
        try place.reopen()
        let memory = try await OrderMemory.open(AuditLog(place.catalog), time: place.clock.time)
        let result = await memory.once(one, words: "run") { _ in .accepted("done again") }
        guard case .refused(let failure) = result else { throw Wrong("\(result)") }
        #expect(failure.code == "ORDER_INTERRUPTED")
        #expect(try await memory.page(before: nil, limit: 9).map(\.result) == [result])
    }

    @Test(
        "ids that are refused, and nothing is done",
        arguments: ["", "a b", "a\nb", "\u{1b}", "é", String(repeating: "x", count: 65)])
    func ids(id: String) async throws {
        let place = try CatalogPlace()
        let done = Counter()
        let memory = try await OrderMemory.open(AuditLog(place.catalog), time: place.clock.time)
        let result = await memory.once(order(.stopEngine, id: id), words: "stop") { _ in
            done.add()
            return .accepted("")
        }
        guard case .refused(let failure) = result else { throw Wrong("\(result)") }
        #expect(failure.code == "ORDER_ID" && done.count == 0)
    }

    @Test("an id belongs to one order of one user", arguments: [true, false])
    func taken(otherUser: Bool) async throws {
        let place = try CatalogPlace()
        let memory = try await OrderMemory.open(AuditLog(place.catalog), time: place.clock.time)
        _ = await memory.once(order(.stopEngine, id: "x"), words: "stop") { _ in .accepted("") }
        let other = otherUser ? order(.stopEngine, by: ben, id: "x") : order(.drain(isOn: true), id: "x")
        let result = await memory.once(other, words: "w") { _ in .accepted("") }
        guard case .refused(let failure) = result else { throw Wrong("\(result)") }
        #expect(failure.code == "ORDER_ID_TAKEN")
    }

    @Test("what cannot be written down is not done")
    func unwritten() async throws {
        let place = try CatalogPlace()
        let done = Counter()
        let memory = try await OrderMemory.open(AuditLog(place.catalog), time: place.clock.time)
        let huge = order(.acknowledge(alert: 1, note: String(repeating: "x", count: 70_000)))
        let large = await memory.once(huge, words: "w") { _ in
            done.add()
            return .accepted("")
        }
        place.catalog.close()
        let closed = await memory.once(order(.stopEngine), words: "stop") { _ in
            done.add()
            return .accepted("")
        }
        let codes = [large, closed].map { if case .refused(let failure) = $0 { failure.code } else { "done" } }
        #expect(codes == ["ORDER_TOO_LARGE", "CATALOG_CLOSED"] && done.count == 0)
    }

    @Test("the audit log is read in pages, newest first, and its words carry no foreign bytes")
    func pages() async throws {
        let place = try CatalogPlace()
        let memory = try await OrderMemory.open(AuditLog(place.catalog), time: place.clock.time)
        for number in 0..<10 {
            _ = await memory.once(order(.runJob(name: "j\(number)")), words: "run \u{1b}[31m\(number)") { _ in
                number % 2 == 0 ? .accepted("ok") : .refused(.unknown(number))
            }
        }
        let first = try await memory.page(before: nil, limit: 4)
        #expect(first.map(\.words) == (6...9).reversed().map { "run \\e[31m\($0)" })
        let second = try await memory.page(before: first.last?.number, limit: 100)
        #expect(second.count == 6)
        #expect(second.last?.order.intent == .runJob(name: "j0"))
    }
}
