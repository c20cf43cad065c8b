package import BackupModel

/// What messages say. Texts from outside are escaped here, and the redaction takes secrets out of all of it.
package struct Wording: Sendable {
    package var host: String
    package var redaction: Redaction

    package init(host: String, redaction: Redaction) {
        self.host = host
        self.redaction = redaction
    }

    package func alert(_ alert: Alert, _ call: Escalation.Call, next: EscalationStep?, now: WallTime) -> Message {
        let subject = printable(alert.subject.utf8)
        let again = call.rung > 0 ? ", open for \(Quantity.duration(now.seconds(since: alert.raisedAt)))" : ""
        var body = alert.failure.message + "\n"
        if !alert.failure.subject.isEmpty { body += "what: \(printable(alert.failure.subject))\n" }
        if !alert.failure.hint.isEmpty { body += "do: \(alert.failure.hint)\n" }
        if let next {
            body += "If nobody acts, \(next.channel) is told at \(next.at.iso8601()).\n"
        }
        return made(
            Message(
                id: call.id, channel: call.step.channel, occasion: call.rung > 0 ? .escalation : .alert,
                topic: subject,
                subject: "[\(host)] \(alert.severity.word) \(subject): \(alert.failure.message)\(again)", body: body,
                severity: alert.severity,
                facts: [
                    Message.Fact("alert", "\(alert.id)"), Message.Fact("code", alert.failure.code),
                    Message.Fact("raised", alert.raisedAt.iso8601()), Message.Fact("times", "\(alert.count)"),
                ], createdAt: now))
    }

    package func recovered(_ told: ToldAlertWords, channel: String, now: WallTime) -> Message {
        let subject = printable(told.alert.subject.utf8)
        let length = Quantity.duration(now.seconds(since: told.alert.raisedAt))
        return made(
            Message(
                id: "recovered.\(told.key).\(channel)", channel: channel, occasion: .recovery, topic: subject,
                subject: "[\(host)] well again, \(subject): no more \(told.alert.failure.code)",
                body: "Over after \(length): \(told.alert.failure.message)\n"
                    + (told.wasTold ? "" : "It was not told by itself: it was over before its turn came.\n"),
                severity: .info,
                facts: [
                    Message.Fact("alert", "\(told.alert.id)"), Message.Fact("code", told.alert.failure.code),
                    Message.Fact("raised", told.alert.raisedAt.iso8601()),
                ], createdAt: now))
    }

    package func ended(_ run: JobRun, channel: String, now: WallTime) -> Message {
        let job = printable(run.job.utf8)
        let result = (run.result?.rawValue ?? "ended").replacing("_", with: " ")
        let time = run.seconds.map { " in \(Quantity.duration($0))" } ?? ""
        let done = run.done.count > 0 ? ", \(Quantity.count(run.done.count)) (\(Quantity.bytes(run.done.bytes)))" : ""
        return made(
            Message(
                id: "run.\(run.run.text).\(run.attempt).\(channel)", channel: channel, occasion: .completion,
                topic: job,
                subject: "[\(host)] \(job) \(result)\(time)\(done)",
                body: (run.failure.map { $0.message + "\n" } ?? "")
                    + (run.warnings > 0 ? "\(run.warnings) warnings\n" : ""),
                severity: run.result == .ok ? .info : .warn,
                facts: [
                    Message.Fact("run", run.run.text), Message.Fact("trigger", run.trigger.rawValue),
                    Message.Fact("started", run.startedAt.iso8601()),
                    Message.Fact("ended", run.endedAt?.iso8601() ?? ""),
                ], createdAt: now))
    }

    package func request(_ request: Request, id: String, channel: String, now: WallTime) -> Message {
        let what = printable(request.what.utf8)
        var lines = ["why: \(printable(request.why.utf8))"]
        if !request.place.isEmpty { lines.append("where: \(printable(request.place.utf8))") }
        if !request.candidates.isEmpty {
            lines.append("found: " + request.candidates.map { printable($0.utf8) }.joined(separator: ", "))
        }
        lines.append("waiting: " + request.jobs.map { printable($0.utf8) }.joined(separator: ", "))
        lines.append("")
        lines += request.answers.map { answer in
            let word = printable(answer.word.utf8)
            return "holdfast answer \(request.number) \(word)    \(printable(answer.meaning.utf8))"
        }
        var facts = [
            Message.Fact("request", "\(request.number)"), Message.Fact("raised", request.raisedAt.iso8601()),
        ]
        if let deadline = request.deadline {
            let then = request.atDeadline == .keepWaiting ? "it goes on waiting" : "the jobs fail and can be resumed"
            facts.append(Message.Fact("until", "\(deadline.iso8601()), then \(then)"))
        }
        return made(
            Message(
                id: id, channel: channel, occasion: .request, topic: request.jobs.first ?? "",
                subject: "[\(host)] request \(request.number): \(what)",
                body: lines.joined(separator: "\n") + "\n", severity: .warn, facts: facts, createdAt: now))
    }

    package func digest(_ digest: Digest, day: String, channel: String) -> Message {
        made(
            Message(
                id: "digest.\(day).\(channel)", channel: channel, occasion: .digest,
                subject: digest.subject(day: day), body: digest.body, severity: digest.severity, createdAt: digest.now))
    }

    package func test(channel: String, id: String, now: WallTime) -> Message {
        made(
            Message(
                id: "test.\(id).\(channel)", channel: channel, occasion: .test,
                subject: "[\(host)] test of channel \(channel)",
                body: "Somebody asked for this test. Alerts over this channel arrive here.\n", severity: .info,
                createdAt: now))
    }

    /// Without secrets, and the subject in one line of bounded length.
    package func made(_ message: Message) -> Message {
        var message = message
        let line = redaction.clean(message.subject)
        message.subject = line.count > 180 ? line.prefix(180) + "..." : line
        message.body = redaction.clean(message.body)
        message.facts = message.facts.map { Message.Fact($0.name, redaction.clean($0.value)) }
        return message
    }
}

/// What the words of a recovery need of the alert that was told.
package struct ToldAlertWords: Hashable, Sendable {
    package var key: String
    package var alert: Alert
    /// False: it was over before its turn came, and this is the first word of it.
    package var wasTold: Bool

    package init(key: String, alert: Alert, wasTold: Bool = true) {
        self.key = key
        self.alert = alert
        self.wasTold = wasTold
    }
}
