import BackupModel

/// One typed line on the hint row, in front of an act that needs words or a time.
package struct Prompt: Hashable, Sendable {
    enum Purpose: Hashable, Sendable {
        case note(alert: Int)
        case snooze(alert: Int)
        case postpone(request: Int)
        case maintenance
        case useVolume(request: Int)
        case blankVolume(request: Int)
        case offsite(volume: String)
    }

    enum Outcome: Equatable {
        case open, closed
        case done(Intent)
    }

    let purpose: Purpose
    let openedAt: Double
    private(set) var field: TextField
    private(set) var problem: SafeText?

    init(_ purpose: Purpose, text: String = "", openedAt: Double) {
        self.purpose = purpose
        field = TextField(text)
        self.openedAt = openedAt
    }

    var label: SafeText {
        switch purpose {
        case .note(let alert): "note for alert \(alert): "
        case .snooze(let alert): "silence alert \(alert) for: "
        case .postpone(let request): "remind about #\(request) in: "
        case .maintenance: "hold jobs for or until: "
        case .useVolume: "label of the volume to use: "
        case .blankVolume: "label for the blank tape: "
        case .offsite(let volume): "place of " + SafeText(brief: volume).prefix(cells: 24) + ": "
        }
    }

    var help: SafeText {
        switch purpose {
        case .note: "Enter acknowledges, Esc does not"
        case .snooze, .postpone: "15m, 2h, 1d"
        case .maintenance: "2h, or 06:00"
        case .useVolume, .blankVolume: "Enter answers, Esc does not"
        case .offsite: "empty: it is back"
        }
    }

    mutating func take(_ key: Key, at monotonic: Double, now: WallTime, offset: Int) -> Outcome {
        switch key {
        case .escape, .control("c"): return .closed
        case .enter:
            guard monotonic - openedAt >= Model.sleep else { return .open }
            return finish(now: now, offset: offset)
        default:
            if field.take(key) { problem = nil }
            return .open
        }
    }

    mutating func take(pasted bytes: [UInt8]) {
        field.take(pasted: bytes)
        problem = nil
    }

    private mutating func finish(now: WallTime, offset: Int) -> Outcome {
        let text = field.text
        switch purpose {
        case .note(let alert): return .done(.acknowledge(alert: alert, note: text))
        case .snooze(let alert):
            if let seconds = TypedTime.duration(text) { return .done(.snooze(alert: alert, seconds: seconds)) }
        case .postpone(let request):
            if let seconds = TypedTime.duration(text) { return .done(.postpone(request: request, seconds: seconds)) }
        case .maintenance:
            if let until = TypedTime.next(text, after: now, offset: offset) {
                return .done(.maintenance(until: until))
            }
            if let seconds = TypedTime.duration(text) {
                return .done(.maintenance(until: now.adding(seconds: seconds)))
            }
        case .useVolume(let request), .blankVolume(let request):
            let label = text.trimmed
            guard !label.isEmpty else {
                problem = "type the label"
                return .open
            }
            let verb = if case .useVolume = purpose { Request.use } else { Request.blank }
            return .done(.answer(request: request, word: verb + label))
        case .offsite(let volume): return .done(.tape(.markOffsite(volume: volume, place: text.trimmed)))
        }
        problem = "not a time: " + help
        return .open
    }
}

extension String {
    /// Without the blanks around it.
    var trimmed: String {
        let lead = unicodeScalars.drop { $0 == " " || $0 == "\t" }
        let body = lead.reversed().drop { $0 == " " || $0 == "\t" }.reversed()
        return String(String.UnicodeScalarView(body))
    }
}
