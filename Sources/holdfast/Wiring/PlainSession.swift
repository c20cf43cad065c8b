import BackupModel
import EngineLink
import Foundation
import WorkerKit

/// The engine in lines: what happened as it happens, a status block now and then, answers by typed words.
struct PlainSession {
    var place: PlaceOptions
    /// Seconds between two status blocks.
    var every = 300.0

    func run() async throws {
        let reach = try await Reach.attachOrStart(place, via: Caller.terminal)
        let signals = EndSignals()
        let (ends, ending) = AsyncStream.makeStream(of: Void.self)
        signals.onEnd { _ in ending.finish() }
        let show = Task { await self.show(reach) }
        let listen = Task { await self.listen(reach, ending) }
        for await _ in ends {}
        show.cancel()
        listen.cancel()
        await reach.client.close()
        if let number = signals.received { throw Ended(number == 15 ? .terminated : .interrupted) }
    }

    private func show(_ reach: Reach) async {
        var shown: Int64?
        var asked: Set<Int> = []
        var blockAt: WallTime?
        for await state in await reach.client.states() {
            // Only what happens from now on: the past is in `holdfast watch` and the log.
            for event in state.recentEvents where event.number > (shown ?? .max) { Standard.out(event.line) }
            shown = state.recentEvents.last?.number ?? shown ?? 0
            for request in state.requests where asked.insert(request.number).inserted {
                Standard.out(RequestText(request: request, now: state.at).paragraph)
            }
            guard blockAt.map({ state.at.seconds(since: $0) >= every }) ?? true else { continue }
            blockAt = state.at
            Standard.out(StatusText(state: state).text)
        }
    }

    /// Typed words: `status`, `answer N WORD`, `quit`. The end of the input is no end when nobody types.
    private func listen(_ reach: Reach, _ ending: AsyncStream<Void>.Continuation) async {
        guard Standard.isTerminal(0) else { return }
        while let line = try? await runBlocking(name: "typed", { readLine() }) {
            let words = line.split(separator: " ").map(String.init)
            switch words.first {
            case "q", "quit": return ending.finish()
            case "status":
                if let state = try? await reach.state() { Standard.out(StatusText(state: state).text) }
            case "answer" where words.count >= 3:
                guard let number = Int(words[1]) else { continue }
                await say(reach, .answer(request: number, word: words.dropFirst(2).joined(separator: " ")))
            case nil: continue
            default: Standard.out("type status, answer N WORD, or quit")
            }
        }
        ending.finish()
    }

    private func say(_ reach: Reach, _ intent: Intent) async {
        switch await reach.client.send(intent) {
        case .accepted(let words): Standard.out(words)
        case .refused(let failure): Standard.out(FailureText(failure: failure).paragraph)
        }
    }
}
