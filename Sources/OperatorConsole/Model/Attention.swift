import BackupModel

/// What asks for a person: an open request or an alert.
enum Attention: Hashable, Sendable {
    case request(Request)
    case alert(Alert)

    enum ID: Hashable, Sendable {
        case request(Int)
        case alert(Int)
    }

    var id: ID {
        switch self {
        case .request(let request): .request(request.number)
        case .alert(let alert): .alert(alert.id)
        }
    }
}

extension Model {
    /// Open requests, oldest first; never of a frozen display, since somebody waits now.
    var openRequests: [Request] { (engine?.requests ?? []).filter(\.isOpen) }

    /// Requests on top, then alerts.
    var shownAttention: [Attention] {
        (shown?.requests ?? []).filter(\.isOpen).map(Attention.request) + shownAlerts.map(Attention.alert)
    }

    var selectedAttention: Attention? {
        let all = shownAttention
        return attention.index(in: all.map(\.id)).map { all[$0] }
    }

    /// What the tab counts: requests, and alerts that nobody has seen yet.
    var loudCount: Int {
        (shown?.requests.count(where: \.isOpen) ?? 0) + (shown?.alerts.count { $0.isLoud(at: now) } ?? 0)
    }

    /// Whether the Dashboard has more to show than mirrors.
    var hasOperations: Bool {
        guard let state = shown else { return false }
        return !state.jobs.isEmpty || !state.sets.isEmpty || !state.requests.isEmpty || !state.firings.isEmpty
    }
}
