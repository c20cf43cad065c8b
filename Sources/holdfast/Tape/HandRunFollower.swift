import BackupModel
import Foundation

/// Orders an archive or a verification by hand and shows how it goes until it ends: in an engine of this command's own,
/// or in the one that runs already. Requests for tapes are printed as they are raised, with how to answer.
struct HandRunFollower {
    var tape: TapeOptions

    func follow(_ order: @Sendable (TapeHand) throws -> TapeOrder) async throws {
        let work = try await WorkingEngine.open(tape.place)
        do {
            let (run, signal) = try await run(TapeHand(work), order)
            await work.close()
            try report(run, signal: signal)
        } catch {
            await work.close()
            throw error
        }
    }

    private func run(
        _ hand: TapeHand, _ order: (TapeHand) throws -> TapeOrder
    ) async throws -> (run: JobRun?, signal: Int32?) {
        let work = hand.work, signals = EndSignals()
        let states = await work.port.states()
        let words = try await work.begin(.tape(order(hand)))
        // The engine's words end with the run's id.
        guard let run = words.split(separator: " ").last.flatMap({ RunID(String($0)) }) else {
            throw Failure.wrongAnswer
        }
        if !tape.json { Standard.error("\(words)") }
        signals.onEnd { _ in
            work.hurry()
            Task { _ = await work.port.send(.tape(.cancel(drive: run.text))) }
        }
        let ended = await watch(run, states)
        return (ended, signals.received)
    }

    private func watch(_ run: RunID, _ states: AsyncStream<EngineState>) async -> JobRun? {
        var line = TapeProgressLine(isLive: Standard.isTerminal(2) && !tape.json, isQuiet: tape.json)
        var told: [Int: Request] = [:]
        for await state in states {
            guard let record = state.tape?.byHand.first(where: { $0.run == run }) else { continue }
            for request in state.requests where request.jobs.contains(record.job) && told[request.number] != request {
                // A claim, or the next reminder, is no new question.
                if told[request.number]?.why != request.why {
                    line.clear()
                    Standard.error(RequestText(request: request, now: state.at).paragraph)
                }
                told[request.number] = request
            }
            if record.result != nil {
                line.clear()
                return record
            }
            line.show(state.tape?.drives.first { $0.job == record.job }, record, at: state.at)
        }
        line.clear()
        return nil
    }

    private func report(_ run: JobRun?, signal: Int32?) throws {
        guard let run, let result = run.result else {
            throw Ended(
                .failed, words: "holdfast: the engine ended before the run did; holdfast job history tells more")
        }
        if tape.json {
            Standard.json(run)
        } else {
            let seconds = Quantity.duration(run.seconds ?? 0)
            let verb = run.kind == .tapeVerify ? "read back" : "on tape"
            Standard.out(
                "\(run.kind.rawValue) \(run.run): \(result.words) in \(seconds)\n"
                    + "  \(verb.padded(to: 10)) \(Quantity.count(run.done.count)) files, \(Quantity.bytes(run.done.bytes))\n"
                    + "  warnings   \(run.warnings)\n  log        holdfast job log \(run.run)")
        }
        var status = result == .failed ? ExitStatus(run.failure) : result.status
        if result == .interrupted { status = signal == SIGTERM ? .terminated : .interrupted }
        guard status != .ok else { return }
        throw Ended(status, words: tape.json ? nil : run.failure.map { FailureText(failure: $0).paragraph })
    }
}

/// The live line of a terminal, or a line a minute.
struct TapeProgressLine {
    var isLive: Bool
    var isQuiet: Bool
    private var shownAt: WallTime?

    init(isLive: Bool, isQuiet: Bool) {
        self.isLive = isLive
        self.isQuiet = isQuiet
    }

    mutating func show(_ drive: DriveState?, _ run: JobRun, at: WallTime) {
        guard !isQuiet else { return }
        let text = TapeProgressText(drive: drive, run: run, at: at)
        if isLive {
            Standard.raw("\r" + text.short(width: terminalColumns()) + "\u{1b}[K")
        } else if shownAt.map({ at.seconds(since: $0) >= 60 }) ?? true {
            Standard.error(text.line)
            shownAt = at
        }
    }

    func clear() { if isLive, !isQuiet { Standard.raw("\r\u{1b}[K") } }
}

/// An archive's progress in one line.
struct TapeProgressText {
    var drive: DriveState?
    var run: JobRun
    var at: WallTime

    var line: String { "[\(at.iso8601())] \(run.job): " + parts.joined(separator: " | ") }

    func short(width: Int) -> String { String(parts.joined(separator: "  ").prefix(max(0, width - 1))) }

    private var parts: [String] {
        guard let drive else { return ["waits for a drive"] }
        let label = drive.mediumName
        var parts = ["\(printable(drive.name.utf8)) \(drive.standing.word)" + (label.isEmpty ? "" : " \(label)")]
        guard let stream = drive.stream else { return parts }
        var bytes = Quantity.bytes(max(stream.written, stream.received))
        if let expected = stream.expected, expected > 0 {
            bytes += " of \(Quantity.bytes(expected))"
        }
        parts.append(bytes)
        parts.append("in \(Quantity.rate(stream.sourceRate)) out \(Quantity.rate(stream.driveRate))")
        if stream.size > 0 { parts.append("buffer \(stream.fill * 100 / stream.size) %") }
        parts.append("stops \(stream.counts.stops)")
        if let ends = stream.endsIn { parts.append("ETA \(Quantity.duration(ends))") }
        if let full = stream.fullIn { parts.append("full in \(Quantity.duration(full))") }
        return parts
    }
}

/// Columns of the terminal behind standard error, 80 where nobody knows.
func terminalColumns() -> Int {
    var size = winsize()
    return ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
}
