package import BackupModel

/// `holdfast plain` as a value: states, results and typed lines go in, lines and orders come out.
///
/// Nothing is asked of the person by itself: a request is told when it comes and answered by a typed command.
package struct PlainSession: Sendable {
    /// What comes of one typed line.
    package struct Step: Hashable, Sendable {
        package var lines: [String]
        package var orders: [Intent]
        package var isEnd: Bool

        init(_ lines: [String] = [], orders: [Intent] = [], isEnd: Bool = false) {
            self.lines = lines
            self.orders = orders
            self.isEnd = isEnd
        }
    }

    package let text: PlainText
    /// Seconds between two status blocks.
    package let interval: Double
    private(set) var state: EngineState?
    private var standing: LinkStanding?
    private var told: Int64?
    private var blockAt: WallTime?
    /// What is sent when the next line is `yes`.
    private var pending: Intent?

    package init(text: PlainText = PlainText(), interval: Double = 300) {
        self.text = text
        self.interval = max(1, interval)
    }

    /// What is new in a state: events, requests that came or went, and the status block when it is due.
    package mutating func take(_ new: EngineState, now: WallTime) -> [String] {
        let old = state
        state = new
        let lines = newEvents(new, now: now) + requestChanges(from: old, to: new, now: now)
        guard let blockAt else { return status(now) + lines }
        return now >= blockAt ? lines + status(now) : lines
    }

    /// The status block when its time has come, also while nothing changes.
    package mutating func tick(now: WallTime) -> [String] {
        guard state != nil, let blockAt, now >= blockAt else { return [] }
        return status(now)
    }

    package mutating func take(_ new: LinkStanding, now: WallTime) -> [String] {
        let old = standing
        standing = new
        switch new {
        case .attached(let version, let isReadOnly):
            guard old?.isAttached != true else { return [] }
            return [text.cut("-- attached to engine \(SafeText(brief: version))" + (isReadOnly ? ", read-only" : ""))]
        case .away(let since, let reason):
            if case .away? = old { return [] }
            return [text.cut("!! engine away since \(text.clock(now).second(since)): " + SafeText(brief: reason))]
        case .refused(let failure): return [text.cut("xx refused: " + failure.words)]
        }
    }

    package func take(_ result: IntentResult, of intent: Intent) -> [String] {
        switch result {
        case .accepted(let words): [text.cut("ok " + (words.isEmpty ? SafeText(intent.done) : SafeText(brief: words)))]
        case .refused(let failure):
            [text.cut("xx refused: " + failure.words)]
                + (failure.hint.isEmpty ? [] : [text.cut("   do now " + SafeText(brief: failure.hint))])
        }
    }

    /// One typed line, without its line end.
    package mutating func take(line: String, now: WallTime) -> Step {
        if let intent = pending {
            pending = nil
            guard line.split(separator: " ") == ["yes"] else { return Step(["-- not done"]) }
            return send(intent)
        }
        guard let state else { return Step(["-- no data from the engine yet"]) }
        switch PlainCommand.parse(line, state: state, now: now, offset: text.utcOffset?(now) ?? 0) {
        case .nothing: return Step()
        case .status: return Step(status(now))
        case .requests:
            let open = state.requests.filter(\.isOpen)
            return Step(open.isEmpty ? ["ok nothing waits for an answer"] : open.flatMap { text.request($0, now: now) })
        case .help: return Step(PlainCommand.helpLines)
        case .quit: return Step(isEnd: true)
        case .complaint(let words): return Step([text.cut("xx " + SafeText(brief: words))])
        case .order(let intent):
            guard state.level(of: intent) >= .word else { return send(intent) }
            pending = intent
            return Step(["?? " + intent.plainWords + ": type yes, anything else leaves it"])
        }
    }

    private func send(_ intent: Intent) -> Step {
        switch standing {
        case .away?: Step(["xx not sent: the engine is away"])
        case .refused?: Step(["xx not sent: the engine refuses this console"])
        case .attached(_, true)?: Step(["xx not sent: this console may only look (read-only)"])
        case .attached?, nil: Step(orders: [intent])
        }
    }

    private mutating func status(_ now: WallTime) -> [String] {
        guard let state else { return [] }
        blockAt = now.adding(seconds: interval)
        return text.status(state, now: now, standing: standing)
    }

    private mutating func newEvents(_ new: EngineState, now: WallTime) -> [String] {
        defer { told = new.recentEvents.last?.number ?? told }
        // What was before we came is in the log; only what happens now is told. A smaller number is another engine's.
        guard let told else { return [] }
        let restarted = (new.recentEvents.last?.number ?? told) < told
        return new.recentEvents.filter { restarted || $0.number > told }.map { text.event($0, now: now) }
    }

    private func requestChanges(from old: EngineState?, to new: EngineState, now: WallTime) -> [String] {
        let before = Set((old?.requests ?? []).filter(\.isOpen).map(\.number))
        let open = new.requests.filter(\.isOpen)
        let current = Set(open.map(\.number))
        let raised = open.filter { !before.contains($0.number) }.flatMap { text.request($0, now: now) }
        let closed = before.subtracting(current).sorted().map { number in
            let words = new.requests.first { $0.number == number }?.closing(text.clock(now))
            return text.cut("-- " + (words ?? "request #\(number) is closed"))
        }
        return raised + closed
    }
}
