import BackupCatalog
import BackupEngine
import BackupModel
import Foundation
import Synchronization
import Testing
import WorkerKit

/// A catalog file in a folder of its own; `reopen` is what a new engine finds after a crash.
final class CatalogPlace {
    let folder = NSTemporaryDirectory() + "holdfast-desk-" + UUID().uuidString
    private(set) var catalog: Catalog
    let clock = ManualTime(wall: start)

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        catalog = try Catalog(path: folder + "/catalog.sqlite")
    }

    deinit {
        catalog.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    func reopen() throws {
        catalog.close()
        catalog = try Catalog(path: folder + "/catalog.sqlite")
    }

    func desk(_ news: News = News()) async throws -> RequestDesk {
        try await RequestDesk.open(RequestStore(catalog), time: clock.time) { news.add($0) }
    }
}

final class News: Sendable {
    private let all = Mutex<[RequestNews]>([])
    func add(_ news: RequestNews) { all.withLock { $0.append(news) } }
    var reminders: [String] {
        all.withLock { $0.compactMap { if case .reminder(let reminder) = $0 { reminder.key } else { nil } } }
    }
    var ended: [Int] {
        all.withLock { $0.compactMap { if case .ended(let request) = $0 { request.number } else { nil } } }
    }
}

func order(_ intent: Intent, by: Person = ana, id: String = UUID().uuidString) -> Order {
    Order(id: id, intent: intent, by: by)
}

@Suite struct RequestDeskTests {
    @Test("requests, claims and numbers survive every end of the engine")
    func survives() async throws {
        let place = try CatalogPlace()
        let first = try await place.desk()
        for uuid in ["u1", "u2"] { _ = try await first.raise(volume(uuid: uuid)) }
        _ = await first.carryOut(order(.claim(request: 1)))
        _ = await first.carryOut(order(.answer(request: 2, word: "cancel")))
        let open = await first.open
        try place.reopen()
        let second = try await place.desk()
        let found = await second.open
        #expect(found == open && found.map(\.number) == [1] && found.first?.claim?.by == ana)
        let joined = try await second.raise(volume("other"))
        #expect(joined.request.number == 1)
        let next = try await second.raise(volume("other", uuid: "u3"))
        #expect(next.request.number == 3)
        #expect(try await second.history(limit: 9).map(\.number) == [2])
    }

    @Test("jobs that wait are woken by the answer, those of the same volume together")
    func wakes() async throws {
        let place = try CatalogPlace()
        let news = News()
        let desk = try await place.desk(news)
        let raised = Counter()
        let waiting = ["a", "b"].map { job in Task { try await desk.ask(volume(job)) { _ in raised.add() } } }
        while raised.count < 2 { await Task.yield() }
        let result = await desk.carryOut(order(.answer(request: 1, word: "attached"), by: ben))
        #expect(result == .accepted("request 1 answered"))
        let answered = RequestState.answered(word: "attached", by: ben, at: start)
        for task in waiting {
            let state = try await task.value
            #expect(state == answered)
        }
        #expect(news.ended == [1])
        // Both have taken it: a later engine asks anew.
        try place.reopen()
        let later = try await place.desk().raise(volume("a"))
        #expect(later.request.number == 2)
    }

    @Test("an answer that the engine's end kept from the job is not asked for again")
    func notAskedTwice() async throws {
        let place = try CatalogPlace()
        let desk = try await place.desk()
        _ = try await desk.raise(volume())
        _ = await desk.carryOut(order(.answer(request: 1, word: "attached")))
        try place.reopen()
        let next = try await place.desk()
        let state = try await next.ask(volume())
        #expect(state == .answered(word: "attached", by: ana, at: start))
        #expect(await next.open.isEmpty)
    }

    @Test("a cancelled job waits no longer, and a wait that is cancelled leaves the question")
    func cancelled() async throws {
        let place = try CatalogPlace()
        let desk = try await place.desk()
        let waiting = Task { try await desk.ask(volume("a")) }
        while await desk.open.isEmpty { await Task.yield() }
        waiting.cancel()
        #expect(try await waiting.value == .open)
        #expect(await desk.open.count == 1)
        try await desk.leave(job: "a", reason: "cancelled")
        #expect(await desk.open.isEmpty)
    }

    @Test("a reminder comes again until it was taken, and never twice after")
    func reminders() async throws {
        let place = try CatalogPlace()
        let news = News()
        let desk = try await place.desk(news)
        _ = try await desk.raise(volume())
        for minute in 0..<20 {
            await desk.tick()
            await desk.tick()
            if minute == 7 { try place.reopen() }
            place.clock.advance(seconds: 60)
            if minute == 7 { break }
        }
        let next = try await place.desk(news)
        for _ in 0..<12 {
            await next.tick()
            place.clock.advance(seconds: 60)
        }
        #expect(news.reminders.count == 3 && Set(news.reminders).count == 3)
    }

    @Test("a change that cannot be kept is no change")
    func unkept() async throws {
        let place = try CatalogPlace()
        let desk = try await place.desk()
        _ = try await desk.raise(volume())
        place.catalog.close()
        let result = await desk.carryOut(order(.answer(request: 1, word: "attached")))
        guard case .refused(let failure) = result else { throw Wrong("\(result)") }
        #expect(failure.code == "CATALOG_CLOSED")
        #expect(await desk.open.map(\.isOpen) == [true])
        await #expect(throws: Failure.self) { try await desk.raise(volume(uuid: "u2")) }
        #expect(await desk.open.count == 1)
    }

    @Test("answer and audit entry are one transaction")
    func oneTransaction() async throws {
        let place = try CatalogPlace()
        let desk = try await place.desk()
        _ = try await desk.raise(volume())
        let log = AuditLog(place.catalog)
        let order = order(.answer(request: 1, word: "attached"), by: ben)
        guard case .fresh(let number) = try log.begin(order, words: "answer request 1: attached", at: start) else {
            throw Wrong("not fresh")
        }
        let ticket = OrderTicket(number: number)
        _ = await desk.carryOut(order, ticket: ticket)
        #expect(ticket.isRecorded)
        let entries = try log.page(before: nil, limit: 9)
        #expect(entries.map(\.result) == [.accepted("request 1 answered")])
        #expect(entries.map(\.order) == [order])
    }
}

final class Counter: Sendable {
    private let value = Atomic(0)
    func add() { value.add(1, ordering: .relaxed) }
    var count: Int { value.load(ordering: .relaxed) }
}
