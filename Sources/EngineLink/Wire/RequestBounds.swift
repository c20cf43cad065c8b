package import BackupModel

/// Values of foreign orders and queries that no console sends: refused before the engine computes with them.
package struct RequestBounds: Sendable {
    /// Longest text in an order.
    static let longestText = 4096
    static let longestID = 64
    /// Largest page of a query, in entries.
    static let largestPage = 10_000
    /// Ten years, in seconds and days.
    static let longestTime = 315_360_000.0
    static let mostDays = 3653
    /// The year 9999, in milliseconds.
    static let latest: Int64 = 253_402_300_799_000

    package init() {}

    /// Why the order is refused, or nil.
    package func problem(id: String, intent: Intent) -> Failure? {
        if id.isEmpty || id.utf8.count > Self.longestID { return refusal("an order's id has 1 to 64 bytes") }
        return texts(intent).contains { $0.utf8.count > Self.longestText }
            ? refusal("a text in an order is longer than 4 KiB") : numbers(intent)
    }

    package func problem(id: String, query: Query) -> Failure? {
        if id.isEmpty || id.utf8.count > Self.longestID { return refusal("a query's id has 1 to 64 bytes") }
        switch query {
        case .failures(let mirror, _, let limit): return name(mirror) ?? page(limit)
        case .runs(let mirror, let limit): return name(mirror) ?? page(limit)
        case .log(_, let limit, _), .requestHistory(let limit), .audit(_, let limit), .eventsSince(_, let limit):
            return page(limit)
        case .jobRuns(let job, let before, let limit): return name(job ?? "") ?? time(before) ?? page(limit)
        case .jobLog(let run, let offset):
            // Decoded as any text; it becomes part of a file's name.
            if RunID(run.text) == nil { return refusal("a run's id has 16 hex digits") }
            return offset >= 0 ? nil : refusal("an offset is not negative")
        case .findings(let mirror): return name(mirror)
        case .volumes(let pool, _, let limit): return name(pool ?? "") ?? page(limit)
        case .nextTape(let pool, let drive): return name(pool) ?? name(drive ?? "")
        case .volumeContents(let volume): return name(volume)
        case .tapeLook(let drive, _): return name(drive)
        case .tapeEstimate(let job, let drive):
            let order = TapeOrder.archive(job, drive: drive, policy: nil, buffer: nil)
            return order.texts.lazy.compactMap { name($0) }.first
        case .firings(let days):
            return (0...Self.mostDays).contains(days) ? nil : refusal("days are 0 to \(Self.mostDays)")
        }
    }

    private func numbers(_ intent: Intent) -> Failure? {
        switch intent {
        case .snooze(_, let seconds), .postpone(_, let seconds): span(seconds)
        case .maintenance(let until): time(until)
        case .enrolMirror(_, let fanOut):
            FanOut(fanOut.digits) == nil ? refusal("a fan-out is one or two levels of one or two digits") : nil
        case .runMirror(_, let overrides):
            small(overrides.batch) ?? small(overrides.workers) ?? small(overrides.limit, most: Int(Int32.max) * 1024)
        case .limitMirror(_, let limits):
            small(limits.workers) ?? small(limits.batch)
                ?? ((limits.rate ?? 0) >= 0 ? nil : refusal("a rate is not negative"))
        default: nil
        }
    }

    private func texts(_ intent: Intent) -> [String] {
        switch intent {
        case .runMirror(let name, _), .enrolMirror(let name, _), .scanMirror(let name), .verifyMirror(let name),
            .pauseMirror(let name), .resumeMirror(let name), .stopMirror(let name), .limitMirror(let name, _),
            .requeue(let name, _),
            .runJob(let name), .cancelJob(let name), .pauseJob(let name), .resumeJob(let name),
            .enableJob(let name, _), .skipNext(let name):
            [name]
        case .acknowledge(_, let note): [note]
        case .answer(_, let word): [word]
        case .tape(let order): order.texts
        case .snooze, .claim, .postpone, .maintenance, .drain, .acceptClock, .reloadSettings, .stopEngine: []
        }
    }

    private func name(_ text: String) -> Failure? {
        text.utf8.count <= Self.longestText ? nil : refusal("a name is longer than 4 KiB")
    }

    private func page(_ limit: Int) -> Failure? {
        (0...Self.largestPage).contains(limit) ? nil : refusal("a page has 0 to \(Self.largestPage) entries")
    }

    private func span(_ seconds: Double) -> Failure? {
        (0...Self.longestTime).contains(seconds) ? nil : refusal("a time span is 0 seconds to 10 years")
    }

    private func time(_ time: WallTime?) -> Failure? {
        guard let time else { return nil }
        return (0...Self.latest).contains(time.milliseconds) ? nil : refusal("a time lies in the years 1970 to 9999")
    }

    private func small(_ number: Int?, most: Int = 1_000_000) -> Failure? {
        guard let number else { return nil }
        return (0...most).contains(number) ? nil : refusal("a number is out of range: \(number)")
    }

    private func refusal(_ words: String) -> Failure { linkFailure("OUT_OF_RANGE", words) }
}
