import BackupModel

/// A few typed or chosen values in front of an order about tapes: a label with its pool, or a drive's buffer policy.
package struct TapeForm: Hashable, Sendable {
    enum Purpose: Hashable {
        /// `overwriting`: what lies on the tape that is not proved blank.
        case label(drive: String, overwriting: String?)
        case flow(drive: String)
    }

    struct Row: Hashable {
        var label: SafeText
        var explanation: SafeText
        /// Where one is chosen; empty where something is typed.
        var options: [String] = []
        var field = TextField()
        var chosen = 0

        var text: String { options.isEmpty ? field.text : options[chosen] }
    }

    enum Outcome: Equatable {
        case open, closed
        case done(TapeOrder)
    }

    let purpose: Purpose
    let openedAt: Double
    private(set) var rows: [Row]
    private(set) var focus = 0
    private(set) var problem: SafeText?

    static func label(
        drive: String, suggested: String, pools: [String], pool: String, overwriting: String?, at monotonic: Double
    ) -> Self {
        var choice = Row(label: "pool", explanation: "Left or Right: the next pool", options: pools)
        choice.chosen = pools.firstIndex(of: pool) ?? 0
        return TapeForm(
            purpose: .label(drive: drive, overwriting: overwriting),
            rows: [Row(label: "label", explanation: "its name from now on", field: TextField(suggested)), choice],
            openedAt: monotonic)
    }

    static func flow(drive: String, policy: String, high: Int?, low: Int?, at monotonic: Double) -> Self {
        let kinds = ["paced", "adaptive", "watermark"]
        var choice = Row(label: "policy", explanation: "Left or Right: the next one", options: kinds)
        choice.chosen = kinds.firstIndex { policy.hasPrefix($0) } ?? 0
        return TapeForm(
            purpose: .flow(drive: drive),
            rows: [
                choice,
                Row(
                    label: "high", explanation: "watermark: writes from that % on",
                    field: TextField(String(high ?? 80))),
                Row(label: "low", explanation: "watermark: holds from that % on", field: TextField(String(low ?? 20))),
            ], openedAt: monotonic)
    }

    private init(purpose: Purpose, rows: [Row], openedAt: Double) {
        self.purpose = purpose
        self.openedAt = openedAt
        self.rows = rows
    }

    var title: SafeText {
        switch purpose {
        case .label(let drive, _): "Label the tape in \(brief(drive))"
        case .flow(let drive): "Buffer policy of \(brief(drive))"
        }
    }

    /// What Enter does.
    var foot: SafeText {
        switch purpose {
        case .label: "Enter goes on to the question, nothing is written before it"
        case .flow: "Enter sets it at once; what is in the buffer stays"
        }
    }

    private func brief(_ name: String) -> SafeText { SafeText(brief: name).prefix(cells: 32) }

    mutating func take(_ key: Key, at monotonic: Double) -> Outcome {
        switch key {
        case .escape, .control("c"): return .closed
        case .up, .backTab: focus = (focus + rows.count - 1) % rows.count
        case .down, .tab: focus = (focus + 1) % rows.count
        case .enter:
            // In the first half second it was meant for the screen below (H11).
            if monotonic - openedAt >= Model.sleep { return finish() }
        case .left where !rows[focus].options.isEmpty: turn(-1)
        case .right where !rows[focus].options.isEmpty, .character(" ") where !rows[focus].options.isEmpty: turn(1)
        default:
            if rows[focus].options.isEmpty, rows[focus].field.take(key) { problem = nil }
        }
        return .open
    }

    mutating func take(pasted bytes: [UInt8]) {
        if rows[focus].options.isEmpty { rows[focus].field.take(pasted: bytes) }
    }

    private mutating func turn(_ step: Int) {
        let count = rows[focus].options.count
        rows[focus].chosen = (rows[focus].chosen + step + count) % count
        problem = nil
    }

    private mutating func finish() -> Outcome {
        switch purpose {
        case .label(let drive, let overwriting):
            let label = rows[0].text.trimmed
            guard !label.isEmpty else { return complain(0, "label: type one") }
            return .done(.label(drive: drive, label: label, pool: rows[1].text, overwriting: overwriting))
        case .flow(let drive):
            let kind = rows[0].text
            let words = kind == "watermark" ? "watermark(\(rows[1].text), \(rows[2].text))" : kind
            do throws(FlowRuleProblem) {
                return .done(.setFlow(drive: drive, policy: try FlowRule(words)))
            } catch {
                return complain(1, "it " + SafeText(error.message))
            }
        }
    }

    private mutating func complain(_ row: Int, _ text: SafeText) -> Outcome {
        focus = row
        problem = text
        return .open
    }
}
