package import BackupModel

/// Whom an alert reaches and when: a pure rule over the ladder of the settings.
package struct Escalation: Hashable, Sendable {
    /// One rung of one alert on one channel.
    package struct Call: Hashable, Sendable {
        /// The id of its message, the same after every restart.
        package var id: String
        package var rung: Int
        package var step: EscalationStep
    }

    package var from: Severity
    package var rungs: [EscalationRung]

    /// Without rungs every channel is told at once.
    package init(_ settings: VoiceSettings) {
        from = settings.escalation.from
        let all = EscalationRung(after: 0, channels: settings.channels.map(\.name))
        let known = Set(all.channels)
        let ladder = settings.escalation.rungs.isEmpty ? [all] : settings.escalation.rungs
        rungs = ladder.sorted { $0.after < $1.after }.map { rung in
            EscalationRung(after: rung.after, channels: rung.channels.filter(known.contains))
        }
    }

    /// The channels that are told first, of good news too.
    package var firstChannels: [String] { rungs.first?.channels ?? [] }

    /// Channels that are reached when something stands open for so many seconds.
    package func channels(after seconds: Double) -> [String] {
        var seen: Set<String> = []
        return rungs.filter { $0.after <= seconds }.flatMap(\.channels).filter { seen.insert($0).inserted }
    }

    /// The whole ladder of an alert, first call first; none once somebody has acknowledged it.
    ///
    /// A snooze starts the ladder again at its end.
    package func calls(for alert: Alert) -> [Call] {
        guard alert.severity >= from, alert.acknowledgement == nil else { return [] }
        let begin = max(alert.raisedAt, alert.snoozedUntil ?? alert.raisedAt)
        return rungs.enumerated().flatMap { number, rung in
            rung.channels.map { channel in
                Call(
                    id: "alert.\(Self.key(of: alert)).\(begin.milliseconds - alert.raisedAt.milliseconds)"
                        + ".\(number).\(channel)",
                    rung: number,
                    step: EscalationStep(at: begin.adding(seconds: rung.after), channel: channel))
            }
        }
    }

    /// Who is told next and when, if nobody acts: for the console.
    package func ahead(of alert: Alert, told: Set<String> = []) -> [EscalationStep] {
        calls(for: alert).filter { !told.contains($0.id) }.map(\.step)
    }

    /// What is due: of each channel the last rung reached, unless it or a later one was told already.
    ///
    /// After a night switched off nobody is told one thing three times.
    package func due(for alert: Alert, told: Set<String>, now: WallTime) -> [Call] {
        var newest: [String: Call] = [:]
        var done: Set<String> = []
        for call in calls(for: alert) where call.step.at <= now {
            newest[call.step.channel] = call
            if told.contains(call.id) { done.insert(call.step.channel) } else { done.remove(call.step.channel) }
        }
        return newest.values.filter { !done.contains($0.step.channel) }.sorted {
            ($0.step.at, $0.step.channel) < ($1.step.at, $1.step.channel)
        }
    }

    /// Tells one raising of an alert from the next.
    package static func key(of alert: Alert) -> String { "\(alert.id).\(alert.raisedAt.milliseconds)" }
}
