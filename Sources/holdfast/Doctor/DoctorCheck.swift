import BackupModel

/// One thing that was looked at: what was found, and what to do where it is not right.
struct DoctorCheck: Hashable, Codable {
    enum State: String, Codable, CaseIterable {
        case ok
        /// Works, and may bite one day.
        case warning
        /// Something that the settings need is not there.
        case missing
        /// Something is there and is wrong.
        case bad
    }

    /// Stable, for scripts: `mirror.cold.target`, `kernel.openat2`.
    var id: String
    var state: State
    /// What was found, in a line; foreign bytes are escaped already.
    var words: String
    /// What to do; empty where there is nothing to do.
    var remedy: String

    static func ok(_ id: String, _ words: String) -> DoctorCheck {
        DoctorCheck(id: id, state: .ok, words: words, remedy: "")
    }

    static func warning(_ id: String, _ words: String, _ remedy: String) -> DoctorCheck {
        DoctorCheck(id: id, state: .warning, words: words, remedy: remedy)
    }

    static func missing(_ id: String, _ words: String, _ remedy: String) -> DoctorCheck {
        DoctorCheck(id: id, state: .missing, words: words, remedy: remedy)
    }

    static func bad(_ id: String, _ words: String, _ remedy: String) -> DoctorCheck {
        DoctorCheck(id: id, state: .bad, words: words, remedy: remedy)
    }
}

/// What `doctor` answers.
struct DoctorReport: Hashable, Codable {
    var checks: [DoctorCheck]

    func count(_ state: DoctorCheck.State) -> Int { checks.count { $0.state == state } }

    var status: ExitStatus {
        if count(.bad) + count(.missing) > 0 { return .failed }
        return count(.warning) > 0 ? .warnings : .ok
    }

    /// A line for each check, its remedy below it; the sum at the end.
    var text: String {
        var lines: [String] = []
        for check in checks {
            lines.append(check.state.rawValue.padded(to: 8) + " " + check.id.padded(to: 26) + " " + check.words)
            if !check.remedy.isEmpty { lines.append("         do now " + check.remedy) }
        }
        let counts = DoctorCheck.State.allCases.map { "\(count($0)) \($0.rawValue)" }
        return (lines + [counts.joined(separator: ", ")]).joined(separator: "\n")
    }
}
