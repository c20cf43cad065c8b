import BackupModel

extension CopyState {
    /// The two letters in front of it; colour only repeats them (H17).
    var mark: StateMark {
        switch phase {
        case .idle: .queued
        case .paused: .disabled
        case .waiting: .waiting
        case .finished(.ok): .ok
        case .finished(.okWithWarnings), .finished(.interrupted): .attention
        case .finished(.failed): .failed
        case .scanning, .reconciling, .copying, .verifying: isStalled ? .attention : .running
        }
    }

    var stage: String {
        switch phase {
        case .idle: "idle"
        case .scanning: "scanning"
        case .reconciling: "settling"
        case .copying: isStalled ? "STALLED" : "copying"
        case .verifying: isStalled ? "STALLED" : "verifying"
        case .paused: "paused"
        case .waiting: "WAITING"
        case .finished(.ok): "done"
        case .finished(.okWithWarnings): "warnings"
        case .finished(.failed): "FAILED"
        case .finished(.interrupted): "stopped"
        }
    }

    /// What holds it up, in a few words; `-` when nothing does.
    var trouble: String {
        switch phase {
        case .waiting(let reason): reason
        case _ where isStalled: "stalled " + Quantity.duration(stalledSeconds)
        default: progress.failed.count > 0 ? Quantity.count(progress.failed.count) + " failed" : "-"
        }
    }

    var stalledSeconds: Double {
        if case .stalled(let seconds) = eta { return seconds }
        return rates.stalledFor
    }

    var troubleRole: StyleRole {
        switch phase {
        case .waiting: .stateWaiting
        case _ where isStalled: .stateWarn
        default: progress.failed.count > 0 ? .stateFailed : .textDim
        }
    }

    /// `now / average`, or nothing while nothing is copied.
    var movesBytes: Bool {
        switch phase {
        case .copying, .verifying: true
        default: false
        }
    }

    var safe: Amount { progress.before + progress.thisRun }
}

/// `85.3%`: cut, not rounded, so that 100 % is all of it.
func percent(_ fraction: Double) -> String {
    let share = fraction.isNaN ? 0 : min(max(0, fraction), 1)
    return Quantity.fixed((share * 1000).rounded(.down) / 10, 1) + "%"
}

/// The nearest whole number, also for what is none.
func whole(_ value: Double) -> Int { value.isNaN ? 0 : Int(min(max(-1e15, value), 1e15).rounded()) }

/// `1.21 of 1.42 TiB`; both units where they differ.
func pair(_ part: Int64, of whole: Int64, by separator: String = " of ") -> String {
    let left = Quantity.bytes(part).split(separator: " ")
    let right = Quantity.bytes(whole)
    guard left.count == 2, right.hasSuffix(" " + left[1]) else {
        return left.joined(separator: " ") + separator + right
    }
    return left[0] + separator + right
}

/// Times of day as an operator reads them: with the date when it is not today.
struct Clock {
    let now: WallTime
    /// When the estimates were made; they are not moved on while the data is old.
    var base: WallTime
    /// Seconds east of UTC at a time; nil shows UTC.
    var offset: (@Sendable (WallTime) -> Int)?

    init(now: WallTime, base: WallTime? = nil, offset: (@Sendable (WallTime) -> Int)? = nil) {
        self.now = now
        self.base = base ?? now
        self.offset = offset
    }

    /// The time whose UTC fields are those of the operator's zone.
    func shifted(_ time: WallTime) -> WallTime {
        offset.map { time.adding(seconds: Double(min(max(-86_400, $0(time)), 86_400))) } ?? time
    }

    /// `Z`, `+02`, `-0330`: what stands behind a time of day.
    var zone: String {
        guard let offset else { return "Z" }
        let minutes = min(max(-1440, offset(now) / 60), 1440)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let rest = minutes.magnitude % 60
        return (minutes < 0 ? "-" : "+") + two(Int(minutes.magnitude / 60)) + (rest == 0 ? "" : two(Int(rest)))
    }

    /// `2026-10-04T14:02:51Z`
    func full(_ time: WallTime, milliseconds: Bool = false) -> String {
        shifted(time).iso8601(milliseconds: milliseconds).dropLast() + zone
    }

    /// `14:02:51Z`
    var titleTime: String { shifted(now).timeOfDay + zone }

    /// `2026-10-04`
    var today: String { shifted(now).date }

    /// `15:32:07` or `10-05`: never more than eight cells.
    func brief(_ time: WallTime) -> String {
        let shown = shifted(time)
        return shown.date == today ? shown.timeOfDay : String(shown.date.dropFirst(5))
    }

    /// `15:32` or `10-05 15:32`
    func minute(_ time: WallTime) -> String { day(time) + shifted(time).timeOfDay.prefix(5) }

    /// `15:32:07` or `10-05 15:32:07`
    func second(_ time: WallTime) -> String { day(time) + shifted(time).timeOfDay }

    private func day(_ time: WallTime) -> String {
        let date = shifted(time).date
        return date == today ? "" : date.dropFirst(5) + " "
    }

    /// `15:32 +-9m`
    func short(_ estimate: Estimate) -> String {
        guard case .seconds(let seconds, let low, let high) = estimate else { return word(estimate) }
        return minute(base.adding(seconds: clamped(seconds))) + " +-" + span((high - low) / 2)
    }

    /// `15:32 (15:21-15:46)`
    func long(_ estimate: Estimate) -> String {
        guard case .seconds(let seconds, let low, let high) = estimate else { return word(estimate) }
        func at(_ seconds: Double) -> String { minute(base.adding(seconds: clamped(seconds))) }
        return "\(at(seconds)) (\(at(low))-\(at(high)))"
    }

    func word(_ estimate: Estimate) -> String {
        switch estimate {
        case .unknown, .seconds: "-"
        case .stalled: "stalled"
        case .waiting: "waiting"
        case .done: "done"
        }
    }

    private func span(_ seconds: Double) -> String {
        let span = whole(clamped(seconds))
        if span < 60 { return "\(span)s" }
        return span < 5940 ? "\((span + 30) / 60)m" : "\((span + 1800) / 3600)h"
    }

    private func clamped(_ seconds: Double) -> Double { seconds.isFinite ? min(max(0, seconds), 1e9) : 0 }
}

extension Model {
    var clock: Clock { Clock(now: now, base: shown?.at, offset: utcOffset) }
}

extension Severity {
    var role: StyleRole {
        switch self {
        case .debug: .logDebug
        case .info: .logInfo
        case .warn: .logWarn
        case .error: .logError
        }
    }

    var alertMark: StateMark { self >= .error ? .failed : self == .warn ? .attention : .queued }
}

extension CopyState {
    /// Whether the target's volume is there, as far as anybody looked: before the first run since the engine's start
    /// nobody has, and a run that waits has found it gone.
    var presence: Span {
        if case .waiting = phase { return Span("NOT HERE", .stateFailed) }
        if volume.isPresent { return Span("here", .stateOK) }
        return phase.isRunning || volume.capacity > 0 ? Span("NOT HERE", .stateFailed) : Span("not looked at", .textDim)
    }
}

extension WorkerState {
    var word: String {
        switch activity {
        case .idle: "idle"
        case .copying: "copying"
        case .readBack: "read-back"
        case .waiting: "waiting"
        case .backoff: "back-off"
        }
    }
}

extension Failure {
    /// For one row of a list.
    var words: SafeText { SafeText(brief: message) }
}

extension Alert {
    /// `fails: the last run failed`; what is about the engine itself has no name before it.
    var words: SafeText { subject.isEmpty ? failure.words : SafeText(brief: subject) + ": " + failure.words }
}

extension SafeText {
    /// For one row: what is beyond the widest screen is never looked at, however long the text is (H16).
    init(brief text: String) {
        self.init(String(text.unicodeScalars.prefix(1024)))
    }
}
