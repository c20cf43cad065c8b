import BackupCatalog
package import BackupModel
import WorkerKit

/// What the engine tells the voice.
extension Voice {
    /// The newest state; alerts in it are told by the ladder, and their end too.
    package func note(state: EngineState) {
        let isNews = latest.map { $0.alerts != state.alerts || $0.hold != state.hold } ?? true
        latest = state
        if isNews { look(now: time.wall()) }
    }

    /// A run that ended: told when it ended well and the settings want it. A failed one is told by its alert.
    package func note(jobEnded run: JobRun) {
        guard settings.on.contains(.completion), run.result == .ok || run.result == .okWithWarnings else { return }
        let now = time.wall()
        post(escalation.firstChannels.map { wording.ended(run, channel: $0, now: now) })
    }

    /// Tells of an open request now, over the channels that its age has reached.
    package func note(requestReminder request: Request) {
        let now = time.wall()
        // The reminder to come tells this one from the next; a restart does not make it another.
        let number = (request.reminders.first { $0 > now } ?? now).milliseconds / 60_000
        let channels = escalation.channels(after: now.seconds(since: request.raisedAt))
        post(
            channels.map { channel in
                wording.request(
                    request, id: "request.\(request.number).\(number).\(channel)", channel: channel, now: now)
            })
    }

    /// Sends a test over a channel at the next tick; false when there is none of that name.
    package func sendTest(_ channel: String) -> Bool {
        guard settings.channels.contains(where: { $0.name == channel }) else { return false }
        let now = time.wall()
        post([wording.test(channel: channel, id: time.randomHex(digits: 8), now: now)])
        pump(now: now)
        return true
    }

    // MARK: Alerts

    /// Tells what is due of the ladders, and what is well again.
    func look(now: WallTime) {
        guard let latest else { return }
        let isMuted = latest.hold.maintenanceUntil.map { $0 > now } ?? false
        if !isMuted, settings.on.contains(.error) {
            for alert in latest.alerts where alert.isLoud(at: now) { tell(alert, now) }
        }
        settle(latest.alerts, now)
    }

    private func tell(_ alert: Alert, _ now: WallTime) {
        let key = Escalation.key(of: alert)
        var known = told[key] ?? ToldAlert(key: key, alert: alert)
        let calls = escalation.due(for: alert, told: known.messages, now: now)
        guard !calls.isEmpty else { return }
        known.alert = alert
        for call in calls {
            known.messages.insert(call.id)
            known.channels.insert(call.step.channel)
        }
        let next = escalation.ahead(of: alert, told: known.messages).first { $0.at > now }
        told[key] = known
        post(calls.map { wording.alert(alert, $0, next: next, now: now) }, telling: [known])
    }

    /// An alert that is gone for a minute is over. What was still to be told of it then is told by its end: news of
    /// trouble after the news that it is over would be false.
    private func settle(_ alerts: [Alert], _ now: WallTime) {
        let open = Set(alerts.map(Escalation.key))
        for (key, one) in told {
            if open.contains(key) {
                goneSince[key] = nil
                continue
            }
            let since = goneSince[key] ?? now
            goneSince[key] = since
            guard now.seconds(since: since) >= 60 || since > now else { continue }
            told[key] = nil
            goneSince[key] = nil
            let good = settings.on.contains(.recovery) ? one.channels.sorted() : []
            let untold = good.flatMap { waiting[$0] ?? [] }.filter { $0.attempts == 0 && one.messages.contains($0.id) }
            let ends = good.map { channel in
                let words = ToldAlertWords(
                    key: key, alert: one.alert, wasTold: !untold.contains { $0.channel == channel })
                return wording.recovered(words, channel: channel, now: now)
            }
            post(ends, settling: [key], insteadOf: untold)
        }
    }

    // MARK: The outbox

    /// Keeps messages on disk. When the disk takes nothing they wait in memory: told is better than kept.
    func post(
        _ messages: [Message], telling: [ToldAlert] = [], settling: [String] = [], insteadOf old: [Message] = []
    ) {
        let known = Set(settings.channels.map(\.name))
        let messages = messages.filter { known.contains($0.channel) }
        guard !messages.isEmpty || !telling.isEmpty || !settling.isEmpty else { return }
        var new = messages
        do throws(Failure) {
            new = try catalog.post(
                messages, telling: telling, settling: settling, insteadOf: old.map(\.id), at: time.wall())
        } catch {
            log(.error, "OUTBOX_NOT_KEPT", "\(messages.count) messages are in memory only: \(error.message)")
        }
        for message in old { remove(message) }
        for message in new { waiting[message.channel, default: []].append(message) }
        refreshDelivery()
    }
}
