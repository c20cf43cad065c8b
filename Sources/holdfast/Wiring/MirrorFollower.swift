import BackupEngine
import BackupModel
import Foundation

/// Sends one intent for a mirror and shows how it goes until it ends: in an engine of this command's own, or in the one
/// that runs already.
///
/// A live line on a terminal, one line a minute otherwise; with `--json` the summary alone, on standard output. The
/// log file has every event as JSON Lines either way.
struct MirrorFollower {
    var mirror: MirrorOptions

    func follow(_ intent: Intent) async throws {
        let work = try await WorkingEngine.open(mirror.place)
        let signals = EndSignals()
        let name = mirror.name
        signals.onEnd { _ in
            work.hurry()
            Task { _ = await work.port.send(.stopMirror(name: name)) }
        }
        let states = await work.port.states()
        let before = await before(states)
        do { try await work.begin(intent) } catch {
            await work.close()
            throw error
        }
        // A signal that came before the run began was refused there.
        if signals.received != nil { _ = await work.port.send(.stopMirror(name: name)) }
        let summary = await watch(states, before: before)
        await work.close()
        try report(summary, signal: signals.received)
    }

    /// The run that ended last before ours.
    private func before(_ states: AsyncStream<EngineState>) async -> RunID? {
        for await state in states { return state.copies.first { $0.name == mirror.name }?.lastRun?.run }
        return nil
    }

    /// Follows the states until the run begun here has ended.
    private func watch(_ states: AsyncStream<EngineState>, before: RunID?) async -> RunSummary? {
        var line = ProgressLine(isLive: Standard.isTerminal(2) && !mirror.json, isQuiet: mirror.json)
        var hasBegun = false
        for await state in states {
            guard let copy = state.copies.first(where: { $0.name == mirror.name }) else { break }
            if copy.phase.isBusy { hasBegun = true }
            if case .finished = copy.phase, hasBegun || copy.lastRun?.run != before {
                line.end(copy, at: state.at)
                return copy.lastRun
            }
            line.show(copy, at: state.at)
        }
        line.clear()
        return nil
    }

    private func report(_ summary: RunSummary?, signal: Int32?) throws {
        guard let summary, let result = summary.result else {
            throw Ended(.failed, words: "holdfast: the run ended without a summary")
        }
        if mirror.json { Standard.json(summary) } else { Standard.out(SummaryText(summary: summary).lines) }
        let status = result == .failed ? ExitStatus(summary.failure) : ExitStatus(result, signal: signal)
        guard status != .ok else { return }
        throw Ended(status, words: mirror.json ? nil : summary.failure.map { FailureText(failure: $0).paragraph })
    }
}

/// The live line of a terminal, or a line a minute.
struct ProgressLine {
    var isLive: Bool
    var isQuiet: Bool
    private var shownAt: WallTime?

    init(isLive: Bool, isQuiet: Bool) {
        self.isLive = isLive
        self.isQuiet = isQuiet
    }

    mutating func show(_ copy: CopyState, at: WallTime) {
        guard !isQuiet else { return }
        if isLive {
            Standard.raw("\r" + ProgressText(copy: copy, at: at).short(width: terminalColumns()) + "\u{1b}[K")
        } else if shownAt.map({ at.seconds(since: $0) >= 60 }) ?? true {
            Standard.error(ProgressText(copy: copy, at: at).line)
            shownAt = at
        }
    }

    /// However short the run, a file of its progress has a line.
    mutating func end(_ copy: CopyState, at: WallTime) {
        clear()
        if !isLive, shownAt == nil { show(copy, at: at) }
    }

    func clear() {
        if isLive, !isQuiet { Standard.raw("\r\u{1b}[K") }
    }
}

/// A finished run in words.
struct SummaryText {
    var summary: RunSummary

    var lines: String {
        let seconds = summary.endedAt?.seconds(since: summary.startedAt) ?? 0
        let verb = summary.kind == .run ? "made safe" : summary.kind == .verify ? "proved" : "found new"
        var rows = [
            "\(summary.kind.rawValue) \(summary.run): \((summary.result ?? .failed).words) in"
                + " \(Quantity.duration(seconds))",
            "  before     \(amount(summary.before))",
            "  \(verb)".padded(to: 13) + amount(summary.done),
            "  failed     \(amount(summary.failed))",
            "  remaining  \(amount(summary.remaining))",
        ]
        if summary.retries > 0 { rows.append("  retries    \(Quantity.count(summary.retries))") }
        if summary.failed.count > 0 { rows.append("  see        holdfast mirror failures NAME") }
        return rows.joined(separator: "\n")
    }

    private func amount(_ amount: Amount) -> String {
        Quantity.count(amount.count) + " files, " + Quantity.bytes(amount.bytes)
    }
}

extension RunResult {
    /// As people read it.
    var words: String {
        switch self {
        case .ok: "ok"
        case .okWithWarnings: "ok with warnings"
        case .failed: "failed"
        case .interrupted: "interrupted"
        }
    }
}

extension String {
    /// Filled with spaces on the right.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
