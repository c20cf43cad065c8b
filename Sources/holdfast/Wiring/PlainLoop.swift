import Settings
import BackupModel
import EngineLink
import Foundation
import OperatorConsole
import WorkerKit

/// Joins `PlainSession`, which is a value, to the engine, to standard input and to standard output.
struct PlainLoop {
    var place: PlaceOptions

    private enum Input: Sendable {
        case state(EngineState)
        case standing(BackupModel.LinkStanding)
        case line(String)
        case result(Intent, IntentResult)
        case tick
        case end
    }

    func run() async throws {
        let reach = try await Reach.attachOrStart(place, via: Caller.terminal, stay: .console)
        let signals = EndSignals()
        let (inputs, put) = AsyncStream.makeStream(of: Input.self)
        signals.onEnd { _ in put.yield(.end) }
        let feeds = await feeds(reach.client, put)
        await step(inputs, reach, put)
        for feed in feeds { feed.cancel() }
        await reach.close()
        if let number = signals.received { throw Ended(number == 15 ? .terminated : .interrupted) }
    }

    private func feeds(_ client: LinkClient, _ put: AsyncStream<Input>.Continuation) async -> [Task<Void, Never>] {
        let states = await client.states()
        let standings = await client.standing()
        return [
            Task { for await state in states { put.yield(.state(state)) } },
            Task { for await standing in standings { put.yield(.standing(BackupModel.LinkStanding(standing))) } },
            Task {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(1))
                    put.yield(.tick)
                }
            },
            Task { await listen(put) },
        ]
    }

    /// Without a terminal nobody types, and the end of the input is no wish to end.
    private func listen(_ put: AsyncStream<Input>.Continuation) async {
        guard Standard.isTerminal(0) else { return }
        while let line = try? await runBlocking(name: "typed", { readLine() }) { put.yield(.line(line)) }
        put.yield(.end)
    }

    private func step(
        _ inputs: AsyncStream<Input>, _ reach: Reach, _ put: AsyncStream<Input>.Continuation
    ) async {
        var session = PlainSession(text: PlainText(utcOffset: reach.settings.console.utcOffset))
        let client = reach.client
        for await input in inputs {
            let now = WallTime.now
            switch input {
            case .state(let state): show(session.take(state, now: now))
            case .standing(let standing): show(session.take(standing, now: now))
            case .tick: show(session.tick(now: now))
            case .result(let intent, let result): show(session.take(result, of: intent))
            case .line(let line):
                let step = session.take(line: line, now: now)
                show(step.lines)
                for intent in step.orders {
                    Task { put.yield(.result(intent, await client.send(intent))) }
                }
                if step.isEnd { return }
            case .end: return
            }
        }
    }

    private func show(_ lines: [String]) { for line in lines { Standard.out(line) } }
}
