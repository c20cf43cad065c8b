import BackupModel

/// Events as they happen: by long poll, or as server-sent events.
enum EventReading {
    /// Seconds after which a quiet stream says that it lives, which also finds listeners that are gone.
    static let heartbeat = 15.0

    static func events(_ call: Call) async throws(Problem) -> Response {
        let since = call.integer("since") ?? 0
        let limit = Int(call.integer("limit") ?? 100)
        var events = try await page(call, since: since, limit: limit)
        if events.isEmpty, let wait = call.number("wait"), wait > 0 {
            guard let states = await call.context.watch.changes() else { throw .tooManyStreams }
            let woken = await first(of: states, within: .seconds(wait)) { $0.newestEvent > since }
            if woken != nil { events = try await page(call, since: since, limit: limit) }
        }
        return .json(EventList(events: events, since: since))
    }

    /// Goes on after `Last-Event-ID`, else after `since`, else with what happens from now on.
    static func stream(_ call: Call) async throws(Problem) -> Response {
        let start: Int64
        if let id = call.lastEventID {
            guard let number = Int64(id), number >= 0 else { throw .malformed("Last-Event-ID is no event's number") }
            start = number
        } else if let since = call.integer("since") {
            start = since
        } else {
            start = try await call.state().newestEvent
        }
        guard let states = await call.context.watch.changes() else { throw .tooManyStreams }
        return Response(
            type: "text/event-stream", headers: ["Cache-Control": "no-store"],
            content: .stream { send in await follow(call, states, from: start, send) })
    }

    private static func follow(
        _ call: Call, _ states: AsyncStream<EngineState>, from start: Int64, _ send: @escaping Response.Send
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                var at = start
                guard await send(": events after \(at)\n\n") else { return }
                for await state in states where state.newestEvent > at {
                    guard let next = await sendAll(call, after: at, send) else { return }
                    at = next
                }
            }
            group.addTask {
                while (try? await Task.sleep(for: .seconds(heartbeat))) != nil {
                    guard await send(": \n\n") else { return }
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Sends what lies after a number and returns the last one sent; nil when nobody listens or nobody answers.
    private static func sendAll(_ call: Call, after start: Int64, _ send: Response.Send) async -> Int64? {
        var at = start
        while !Task.isCancelled {
            let events: [Event]
            do throws(Problem) {
                events = try await page(call, since: at, limit: Reading.mostEvents)
            } catch {
                return nil
            }
            guard let last = events.last, last.number > at else { return at }
            let text = events.map { "id: \($0.number)\nevent: event\ndata: \($0.json.text)\n\n" }.joined()
            guard await send(text) else { return nil }
            at = last.number
        }
        return nil
    }

    private static func page(_ call: Call, since: Int64, limit: Int) async throws(Problem) -> [Event] {
        try await call.ask(.eventsSince(number: since, limit: limit)) { answer in
            if case .events(let events) = answer { events } else { nil }
        }
    }
}

extension EngineState {
    /// The number of the newest event, or 0.
    var newestEvent: Int64 { recentEvents.last?.number ?? 0 }
}
