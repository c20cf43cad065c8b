import BackupModel

extension DriveStanding {
    /// The two letters in front of it; colour only repeats them (H17).
    var mark: StateMark {
        switch self {
        case .empty: .queued
        case .ready: .ok
        case .loading, .initialising, .winding, .writing, .reading, .cleaning: .running
        case .waiting: .attention
        case .held: .disabled
        case .trouble: .failed
        }
    }

    /// The word in a title: what goes on in capitals.
    var title: SafeText {
        switch self {
        case .empty, .ready: SafeText(word)
        default: SafeText(word.uppercased())
        }
    }

    /// What a person should know of it.
    var sentence: SafeText {
        switch self {
        case .empty: "empty: no tape in it"
        case .ready: "ready: nobody uses it"
        case .loading: "loading a tape"
        case .initialising: "initialising: the first load takes up to two hours, that is no error"
        case .winding: "winding"
        case .writing: "writing"
        case .reading: "reading"
        case .waiting: "waiting for a tape, with its buffer kept"
        case .cleaning: "cleaning"
        case .held(let holder): "in use by " + SafeText(brief: holder)
        case .trouble(let words): "trouble: " + SafeText(brief: words)
        }
    }
}

extension DriveState {
    /// `NX0006, writing nightly/home, 97% full, buffer 97%, 118 MiB/s, full in ~59m, job ends in ~53m, fits`
    var summary: SafeText {
        var parts: [SafeText] = []
        if let medium { parts.append(medium.title) }
        let isBusy = standing == .writing || standing == .reading
        parts.append(isBusy ? "\(standing.word) " + SafeText(brief: job) : standing.sentence)
        if let request { parts.append("request #\(request)") }
        if let full = medium?.fill { parts.append("\(cut(full)) full") }
        if let stream {
            parts.append("buffer \(cut(stream.level))")
            if isBusy { parts.append("\(Quantity.rate(stream.driveRate))") }
            parts += stream.forecast().map(\.text)
        }
        return parts.dropFirst().reduce(parts.first ?? "") { $0 + ", " + $1 }
    }
}

extension LoadedMedium {
    /// Its label or barcode, or that it has neither.
    var title: SafeText { name.isEmpty ? "a tape without label" : SafeText(brief: name).prefix(cells: 32) }

    /// 0 to 1; nil where the capacity is not known.
    var fill: Double? {
        guard let capacity, capacity > 0 else { return nil }
        return min(1, max(0, Double(used) / Double(capacity)))
    }
}

extension StreamState {
    /// 0 to 1.
    var level: Double { size > 0 ? min(1, max(0, Double(fill) / Double(size))) : 0 }

    /// `full in ~59m`, `job ends in ~53m`, and whether it fits; where it is short, the verdict stands for the end.
    func forecast(isShort: Bool = false) -> [Span] {
        var spans: [Span] = []
        if let fullIn { spans.append(Span("full in ~\(about(fullIn))")) }
        if let endsIn, !isShort || margin == nil { spans.append(Span("job ends in ~\(about(endsIn))")) }
        guard let margin, !margin.isNaN else { return spans }
        return spans + [
            margin >= 0
                ? Span((isShort ? "job fits, " : "fits, ") + "\(about(margin)) to spare", .stateOK)
                : Span("!! \(about(-margin)) short: another tape", .stateWarn)
        ]
    }
}

/// `42s`, `59m`, `31h`: a time to come at one glance.
private func about(_ seconds: Double) -> String {
    seconds < 100 ? "\(whole(max(0, seconds)))s" : spanWord(seconds)
}

/// `97%`: cut, so that 100 % is all of it.
func cut(_ share: Double) -> String { "\(Int((share.isNaN ? 0 : min(max(0, share), 1)) * 100))%" }

extension Volume.State {
    var word: String { self == .empty ? "scratch" : rawValue }

    var role: StyleRole {
        switch self {
        case .empty, .appendable: .stateOK
        case .full, .cleaning: .textNormal
        case .error: .stateFailed
        case .retired: .stateDisabled
        case .unlabelled: .statePlanned
        case .foreign, .quarantined: .stateWarn
        }
    }
}

extension VolumeTally {
    var words: SafeText {
        let parts = [
            ("scratch", scratch), ("appendable", appendable), ("full", full), ("suspect", suspect),
            ("retired", retired),
        ]
        return SafeText(parts.map { "\($0.0) \(Quantity.count($0.1))" }.joined(separator: "   "))
    }
}

extension Clock {
    /// `2027-01-04 02:11`, cut to that many cells from the front: the day matters most.
    func stamp(_ time: WallTime) -> String {
        let shown = shifted(time)
        return shown.date + " " + shown.timeOfDay.prefix(5)
    }
}
