import BackupModel

/// One typed line on the hint row, in front of an act that needs words or a time.
package struct Prompt: Hashable, Sendable {
    enum Purpose: Hashable, Sendable {
        case note(alert: Int)
        case snooze(alert: Int)
        case postpone(request: Int)
        case maintenance
    }

    enum Outcome: Equatable {
        case open, closed
        case done(Intent)
    }

    let purpose: Purpose
    let openedAt: Double
    private(set) var field = TextField()
    private(set) var problem: SafeText?

    init(_ purpose: Purpose, openedAt: Double) {
        self.purpose = purpose
        self.openedAt = openedAt
    }

    var label: SafeText {
        switch purpose {
        case .note(let alert): "note for alert \(alert): "
        case .snooze(let alert): "silence alert \(alert) for: "
        case .postpone(let request): "remind about #\(request) in: "
        case .maintenance: "hold jobs for or until: "
        }
    }

    var help: SafeText {
        switch purpose {
        case .note: "Enter acknowledges, Esc does not"
        case .snooze, .postpone: "15m, 2h, 1d"
        case .maintenance: "2h, or 06:00"
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
        }
        problem = "not a time: " + help
        return .open
    }
}
