import BackupModel
import Foundation
import Testing

@testable import EngineLink

@Suite(.serialized, .timeLimit(.minutes(3))) struct ClientTests {
    @Test("away is said at once, attached when the engine comes, away again when it stops")
    func standings() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        let client = bench.client()
        var standings = await client.standing().makeAsyncIterator()
        guard case .away(_, let reason)? = await standings.next() else {
            Issue.record("not away")
            return
        }
        #expect(reason.message.contains("no engine answers"))
        guard case .refused(let failure) = await client.send(.acceptClock) else {
            Issue.record("taken")
            return
        }
        #expect(failure.code == "ENGINE_AWAY")
        try await bench.serve {
            try await eventually("attached") {
                if case .attached = await client.firstStanding() { true } else { false }
            }
        }
        try await eventually("away") {
            if case .away(_, let reason) = await client.firstStanding() {
                reason.code == "ENGINE_STOPS"
            } else {
                false
            }
        }
        await client.close()
    }

    @Test("states go on after the engine was away")
    func statesGoOn() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        let client = bench.client()
        let states = await client.states()
        for round in 1...3 {
            try await bench.serve {
                await bench.engine.publish()
                var iterator = states.makeAsyncIterator()
                while let state = await iterator.next(), state.sequence < UInt64(round) + 1 {}
            }
        }
        await client.close()
        for await _ in states {}
    }

    @Test("I-8 an order whose result was lost goes again under its id and is done once")
    func lostResult() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        let client = bench.client()
        await bench.engine.hold()
        let sending = Task { await client.send(.runJob(name: "n"), id: "once", basis: nil) }
        try await bench.serve {
            try await eventually("attached") {
                if case .attached = await client.firstStanding() { true } else { false }
            }
            try await eventually("the order is there, its result is not") {
                await !bench.engine.orders.isEmpty
            }
        }
        try await bench.serve {
            #expect(await sending.value == .accepted("once"))
            #expect(await bench.engine.orders.count == 1)
        }
        await bench.engine.release()
        await client.close()
    }

    @Test("I-8 a result that never comes is refused in time, as unknown")
    func unknownResult() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        await bench.engine.hold()
        try await bench.serve {
            let client = bench.client(.operate) { $0.timing.replyWithin = .milliseconds(300) }
            guard case .refused(let failure) = await client.send(.runJob(name: "n")) else {
                Issue.record("taken")
                return
            }
            #expect(failure.code == "RESULT_UNKNOWN")
            await client.close()
        }
        await bench.engine.release()
    }

    @Test("orders of one console are done in the order they were given")
    func inOrder() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve {
            try await blocking {
                let caller = try RawCaller(bench.socket)
                defer { caller.close() }
                _ = try caller.attach()
                for number in 0..<60 {
                    try caller.say(.order(id: "o\(number)", intent: .acceptClock, basis: nil))
                }
                for _ in 0..<60 { _ = try caller.hear() }
            }
            #expect(await bench.engine.orders.map(\.id) == (0..<60).map { "o\($0)" })
        }
    }

    @Test("the engine knows who watches, and is read only while somebody does")
    func watchers() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve {
            let idle = bench.client()
            _ = await idle.firstStanding()
            #expect(await bench.engine.watchers == 0)
            let client = bench.client(.look)
            let watching = Task { for await _ in await client.states() {} }
            try await eventually("one watches") { await bench.engine.consoles.count == 1 }
            let console = try #require(await bench.engine.consoles.first)
            #expect(console.isReadOnly && console.person.via == "pts/1")
            watching.cancel()
            try await eventually("nobody watches") {
                let consoles = await bench.engine.consoles
                let streams = await bench.engine.openStreams
                return consoles.isEmpty && streams == 0
            }
            await client.close()
            await idle.close()
        }
    }

    @Test("events are followed without gaps: from the states, and asked for where those do not reach")
    func events() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        await bench.engine.remember((1...1200).map { event($0) })
        await bench.engine.publish(events: (1190...1200).map { event($0) })
        try await bench.serve {
            let client = bench.client()
            var feed = EventFeed(client, since: 3).makeAsyncIterator()
            for number in Int64(4)...1200 {
                let next = await feed.next()
                #expect(next?.number == number)
            }
            await bench.engine.publish(events: [event(1200), event(1201)])
            let last = await feed.next()
            #expect(last?.number == 1201)
            await client.close()
            let end = await feed.next()
            #expect(end == nil)
        }
    }

    @Test("hostile words of a console are escaped before anybody reads them")
    func hostileVia() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve {
            let client = bench.client(.operate) { $0.via = "\u{1b}[2Jpts\n" }
            _ = await client.send(.acceptClock)
            #expect(await bench.engine.orders.first?.by.via == #"\e[2Jpts\n"#)
            await client.close()
        }
    }
}
