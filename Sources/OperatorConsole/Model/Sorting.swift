import BackupModel

/// How the mirrors of the Dashboard are sorted; `s` goes to the next.
enum MirrorSort: CaseIterable, Hashable, Sendable {
    case asConfigured, state, name, done, rate, end

    var next: MirrorSort { following(self) }

    var word: String {
        switch self {
        case .asConfigured: "as configured"
        case .state: "worst first"
        case .name: "by name"
        case .done: "least done first"
        case .rate: "fastest first"
        case .end: "first to end first"
        }
    }

    func sorted(_ mirrors: [CopyState]) -> [CopyState] {
        switch self {
        case .asConfigured: mirrors
        case .state: stable(mirrors) { $0.urgency > $1.urgency }
        case .name: stable(mirrors) { $0.name < $1.name }
        case .done: stable(mirrors) { $0.fraction < $1.fraction }
        case .rate: stable(mirrors) { $0.rates.now > $1.rates.now }
        case .end: stable(mirrors) { $0.eta.order < $1.eta.order }
        }
    }
}

enum WorkerSort: CaseIterable, Hashable, Sendable {
    case number, rate, size, done

    var next: WorkerSort { following(self) }

    func sorted(_ workers: [WorkerState]) -> [WorkerState] {
        switch self {
        case .number: workers
        case .rate: stable(workers) { $0.rate > $1.rate }
        case .size: stable(workers) { $0.size > $1.size }
        case .done: stable(workers) { $0.fraction > $1.fraction }
        }
    }
}

enum FailureSort: CaseIterable, Hashable, Sendable {
    case newest, name, side, size

    var next: FailureSort { following(self) }

    func sorted(_ failures: [BlobFailure]) -> [BlobFailure] {
        switch self {
        case .newest: stable(failures) { $0.at > $1.at }
        case .name: failures.sorted { $0.id < $1.id }
        case .side: stable(failures) { $0.failure.side.rawValue < $1.failure.side.rawValue }
        case .size: stable(failures) { $0.size > $1.size }
        }
    }
}

func following<S: CaseIterable & Equatable>(_ value: S) -> S {
    let all = Array(S.allCases)
    let index = all.firstIndex(of: value) ?? 0
    return all[(index + 1) % all.count]
}

/// Equal items keep their order, so that rows do not dance.
private func stable<T>(_ items: [T], _ isBefore: (T, T) -> Bool) -> [T] {
    items.enumerated().sorted { a, b in
        isBefore(a.element, b.element) || !isBefore(b.element, a.element) && a.offset < b.offset
    }.map(\.element)
}

extension Estimate {
    /// Soonest first, those without an answer last.
    fileprivate var order: Double {
        switch self {
        case .done: 0
        case .seconds(let seconds, _, _): seconds
        case .stalled, .waiting, .unknown: .infinity
        }
    }
}

extension WorkerState {
    var fraction: Double { size > 0 ? min(1, Double(done) / Double(size)) : 0 }
}

extension CopyState {
    /// How badly it needs a look.
    fileprivate var urgency: Int {
        switch phase {
        case .waiting: 6
        case .finished(.failed): 5
        case .finished(.interrupted): 4
        case _ where isStalled: 7
        case .paused: 3
        case _ where progress.failed.count > 0: 3
        case .finished(.okWithWarnings): 2
        case .scanning, .reconciling, .copying, .verifying: 1
        case .idle, .finished(.ok): 0
        }
    }

    var isStalled: Bool {
        if case .stalled = eta { return true }
        return phase.isRunning && rates.stalledFor > 0
    }

    /// 0 to 1, by bytes where there are any.
    var fraction: Double {
        if case .scanning(let seen, let all) = phase { return all > 0 ? Double(seen) / Double(all) : 0 }
        let safe = phase == .verifying ? progress.verified : progress.before + progress.thisRun
        if progress.total.bytes > 0 { return Double(safe.bytes) / Double(progress.total.bytes) }
        return progress.total.count > 0 ? Double(safe.count) / Double(progress.total.count) : 0
    }
}

extension CopyPhase {
    /// A run of this mirror is under way, moving or not.
    var isRunning: Bool {
        switch self {
        case .scanning, .reconciling, .copying, .verifying, .paused, .waiting: true
        case .idle, .finished: false
        }
    }
}
