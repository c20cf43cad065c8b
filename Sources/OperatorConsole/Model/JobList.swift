import BackupModel

/// How the jobs are sorted; `s` goes to the next.
enum JobSort: CaseIterable, Hashable, Sendable {
    case asConfigured, state, name, next

    var following: JobSort {
        let all = JobSort.allCases
        return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
    }

    var word: String {
        switch self {
        case .asConfigured: "as configured"
        case .state: "what needs a look first"
        case .name: "by name"
        case .next: "next to run first"
        }
    }

    func sorted(_ jobs: [JobState]) -> [JobState] {
        func by<K: Comparable>(_ key: (JobState) -> K) -> [JobState] {
            jobs.enumerated().map { (key($0.element), $0.offset, $0.element) }
                .sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
        }
        switch self {
        case .asConfigured: return jobs
        case .state: return by { -$0.urgency }
        case .name: return by(\.name)
        case .next: return by { $0.nextAt?.milliseconds ?? .max }
        }
    }
}

extension JobState {
    fileprivate var urgency: Int {
        switch phase {
        case .waiting: return 6
        case .queued: return 4
        case .running, .pausing, .cancelling: return 2
        case .paused: return 3
        case .idle: return lastRun?.result == .failed ? 5 : lastRun?.result == .interrupted ? 4 : 0
        }
    }
}

extension Model {
    var shownJobs: [JobState] {
        let all = shown?.jobs ?? []
        return jobSort.sorted(jobFilter.isEmpty ? all : all.filter { contains($0.name, jobFilter) })
    }

    /// The job under the cursor.
    var job: JobState? {
        guard let selected = jobs.selected else { return shownJobs.first }
        return shown?.jobs.first { $0.name == selected } ?? shownJobs.first
    }

    /// The run whose log `o` opens: the one under the cursor of the history, else the one at work, else the last.
    var runUnderCursor: JobRun? {
        if screen == .jobs, focusedPane == .history, let index = history.position.index(in: history.ids) {
            return history.runs[index]
        }
        return job?.current ?? job?.lastRun
    }
}
