import BackupModel

/// A mirror's progress in one line, as a log or a terminal without full screen shows it.
///
/// The seed's line and more: what was there before this run, what this run did, what remains, and the range of the ETA.
struct ProgressText {
    var copy: CopyState
    var at: WallTime

    /// `[2025-10-13T14:23:45Z] cold: copying 62% ...`
    var line: String {
        let p = copy.progress
        return [
            "[\(at.iso8601())] \(copy.name): \(phase) \(percent)",
            "safe \(amount(p.before + p.thisRun)) (before \(Quantity.count(p.before.count)),"
                + " this run \(amount(p.thisRun)))",
            "rate \(Quantity.count(Int(copy.rates.blobsPerMinute))) files/min,"
                + " \(Quantity.bytes(Int64(copy.rates.oneMinute * 60)))/min",
            "remaining \(amount(p.remaining))", "failed \(Quantity.count(p.failed.count))", "ETA \(eta)",
        ].joined(separator: " | ")
    }

    /// The same for a terminal of `width` columns, on one row.
    func short(width: Int) -> String {
        let p = copy.progress
        let text =
            "\(copy.name) \(phase) \(percent)  \(Quantity.count((p.before + p.thisRun).count))"
            + "/\(Quantity.count(p.total.count))  \(Quantity.rate(copy.rates.now))  failed \(p.failed.count)  ETA \(eta)"
        return String(text.prefix(max(0, width - 1)))
    }

    private var percent: String {
        let total = copy.progress.total
        guard total.count > 0 else { return "-" }
        let safe = copy.progress.before + copy.progress.thisRun
        let share =
            total.bytes > 0
            ? Double(safe.bytes) / Double(total.bytes) : Double(safe.count) / Double(total.count)
        return Quantity.fixed((share * 1000).rounded(.down) / 10, 1) + "%"
    }

    private func amount(_ amount: Amount) -> String {
        Quantity.count(amount.count) + " files, " + Quantity.bytes(amount.bytes)
    }

    private var phase: String {
        switch copy.phase {
        case .idle: "idle"
        case .scanning(let seen, let all): "scanning \(Quantity.count(seen))/\(Quantity.count(all)) folders"
        case .reconciling: "checking"
        case .copying: "copying"
        case .verifying: "verifying"
        case .paused: "paused"
        case .waiting(let reason): "waiting: " + reason
        case .finished(let result): result.rawValue
        }
    }

    private var eta: String {
        switch copy.eta {
        case .unknown: "-"
        case .seconds(let likely, let low, let high):
            Quantity.duration(likely) + " (" + Quantity.duration(low) + " to " + Quantity.duration(high) + ")"
        case .stalled(let seconds): "stalled " + Quantity.duration(seconds)
        case .waiting(let reason): "waiting: " + reason
        case .done: "done"
        }
    }
}
