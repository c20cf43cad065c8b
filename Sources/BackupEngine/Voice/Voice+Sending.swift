import BackupCatalog
package import BackupModel
import WorkerKit

/// What goes out.
extension Voice {
    /// To be called about once a second: rungs that are due, the digest, the sign of life, and every lane.
    package func tick(_ now: WallTime) {
        guard !isClosed else { return }
        look(now: now)
        digestIfDue(now)
        pingIfDue(now)
        pump(now: now)
        forget(now)
        refreshDelivery()
    }

    /// Begins a delivery in every lane that is free and has something due.
    func pump(now: WallTime) {
        guard !isClosed else { return }
        sent.removeAll { now.seconds(since: $0.at) > 3600 }
        for channel in settings.channels where lanes[channel.name] == nil {
            gatherLate(channel.name, now)
            let batch = coalescer.batch(
                waiting[channel.name] ?? [], sent: sent.filter { $0.channel == channel.name }, now: now)
            if let message = one(of: batch, now) { begin(message, over: channel) }
        }
    }

    /// The message to send: one that waits, or several made one, on disk before it goes.
    private func one(of batch: [Message], _ now: WallTime) -> Message? {
        guard var message = JoinedMessage.make(batch, host: host) else { return nil }
        message = wording.made(message)
        if batch.count > 1 {
            guard keep({ () throws(Failure) in try catalog.join(batch.map(\.id), into: message) }) else { return nil }
            replace(batch, by: message)
        }
        message.attempts += 1
        // Should we die in it, the next attempt waits too.
        message.notBefore = now.adding(
            seconds: Backoff.delay(attempts: message.attempts, asked: nil, random: time.random()))
        _ = keep { () throws(Failure) in try catalog.begin(message) }
        replace([message], by: message)
        Failpoint.hit("outbox.begun")
        // Parts told count for their topics, so that none of them is told again within the hour.
        for part in batch where message.attempts == 1 {
            sent.append(
                SentMessage(
                    channel: part.channel, occasion: part.occasion, topic: part.topic, severity: part.severity, at: now,
                    wasJoined: part.id != message.id))
        }
        return message
    }

    private func begin(_ message: Message, over channel: ChannelSettings) {
        let program = ProgramDelivery(host: host, redaction: wording.redaction)
        let send = parts.send
        lanes[channel.name] = Task {
            let result =
                switch channel.kind {
                case .mail, .webhook: await send(message)
                case .command(let settings): await program.deliver(message, by: settings)
                case .desktop: await program.deliverToDesktop(message)
                }
            Failpoint.hit("outbox.sent")
            self.ended(message, result)
        }
    }

    private func ended(_ message: Message, _ result: DeliveryResult) {
        let now = time.wall()
        lanes[message.channel] = nil
        switch result {
        case .delivered, .deliveredPartly:
            remove(message)
            _ = keep { () throws(Failure) in try catalog.end(message.id, .delivered, at: now) }
            delivery.lastDeliveredAt = now
            told(message, problem: result.reason, now)
        case .again(let reason, let asked):
            var message = message
            let delay = Backoff.delay(attempts: message.attempts, asked: asked, random: time.random())
            message.notBefore = now.adding(seconds: delay)
            replace([message], by: message)
            let problem = complain(message, reason, "tried again in \(Quantity.duration(delay))")
            _ = keep { () throws(Failure) in try catalog.postpone(message, problem: problem) }
        case .refused(let reason):
            remove(message)
            let problem = complain(message, reason, "given up: \(message.subject)")
            _ = keep { () throws(Failure) in try catalog.end(message.id, .refused, at: now, problem: problem) }
        }
        refreshDelivery()
        pump(now: now)
    }

    private func told(_ message: Message, problem: String?, _ now: WallTime) {
        if let problem {
            _ = complain(message, problem, "delivered to the others")
        } else {
            problems[message.channel] = nil
            delivery.lastProblem = problems.sorted { $0.key < $1.key }.last.map { "\($0.key): \($0.value)" } ?? ""
            log(.info, "MESSAGE_DELIVERED", "\(message.channel): \(message.subject)")
        }
    }

    /// Keeps why, for the console and the log.
    private func complain(_ message: Message, _ reason: String, _ then: String) -> String {
        let clean = wording.redaction.clean(reason)
        problems[message.channel] = clean
        delivery.lastProblem = "\(message.channel): \(clean)"
        log(.warn, "MESSAGE_UNDELIVERED", "\(message.channel), attempt \(message.attempts): \(clean); \(then)")
        return clean
    }

    // MARK: What waits

    /// After a day without a way out, and when too much waits, it becomes one list.
    private func gatherLate(_ channel: String, _ now: WallTime) {
        let all = waiting[channel] ?? []
        let tooMany = all.count > Self.mostWaiting ? all.count - Self.mostWaiting / 2 : 0
        let late = all.enumerated().filter { index, message in
            index < tooMany || now.seconds(since: message.createdAt) >= settings.keepTrying
        }.map(\.element)
        guard late.count > 1, let whole = JoinedMessage.late(late, host: host, now: now) else { return }
        if late.count == 2, late.contains(where: { $0.id.hasPrefix("late.") && $0.notBefore > now }) { return }
        let message = wording.made(whole)
        guard keep({ () throws(Failure) in try catalog.join(late.map(\.id), into: message) }) else { return }
        replace(late, by: message)
        log(.warn, "MESSAGES_LATE", "\(channel): \(late.count) messages become one, none could be delivered for long")
    }

    /// Messages of one channel that wait as they are.
    private static let mostWaiting = 1000

    private func replace(_ old: [Message], by new: Message) {
        let ids = Set(old.map(\.id))
        var all = waiting[new.channel] ?? []
        let place = all.firstIndex { ids.contains($0.id) } ?? all.count
        all.removeAll { ids.contains($0.id) }
        all.insert(new, at: min(place, all.count))
        waiting[new.channel] = all
    }

    func remove(_ message: Message) {
        waiting[message.channel]?.removeAll { $0.id == message.id }
        if waiting[message.channel]?.isEmpty ?? false { waiting[message.channel] = nil }
    }

    /// Writes to the outbox; a disk that takes nothing is logged and stops no message.
    private func keep(_ write: () throws(Failure) -> Void) -> Bool {
        do throws(Failure) {
            try write()
            return true
        } catch {
            log(.error, "OUTBOX_NOT_KEPT", "the outbox cannot be written: \(error.message)")
            return false
        }
    }

    /// Once an hour what ended a month ago goes.
    private func forget(_ now: WallTime) {
        let seconds = time.monotonic()
        if let forgotAt, seconds - forgotAt < 3_600_000_000_000 { return }
        forgotAt = seconds
        _ = keep { () throws(Failure) in try catalog.forgetMessages(endedBefore: now.adding(seconds: -30 * 86_400)) }
    }

    // MARK: By the clock

    private func digestIfDue(_ now: WallTime) {
        guard let digest = settings.digest, let clock = DigestClock(digest), !isMakingDigest, let state = latest,
            let hour = clock.due(now: now, last: lastDigest, startedAt: startedAt)
        else { return }
        isMakingDigest = true
        let since = lastDigest ?? hour.adding(seconds: -86_400)
        let runs = parts.runs
        Task {
            let ended = await runs(since)
            self.postDigest(Digest(state: state, runs: ended, since: since, now: now), clock.day(of: hour))
        }
    }

    private func postDigest(_ digest: Digest, _ day: String) {
        isMakingDigest = false
        var digest = digest
        digest.state.delivery = delivery
        post((settings.digest?.channels ?? []).map { wording.digest(digest, day: day, channel: $0) })
        lastDigest = digest.now
        pump(now: digest.now)
    }

    private func pingIfDue(_ now: WallTime) {
        guard let ping = settings.ping, deadMan?.begin(at: time.monotonic()) ?? false else { return }
        let ask = parts.ping
        Task {
            let result =
                switch ping.target {
                case .url: await ask(ping)
                case .file(let path): await writeSignOfLife(to: path, at: now)
                }
            self.pinged(result)
        }
    }

    private func pinged(_ result: DeliveryResult) {
        deadMan?.end()
        let key = "ping"
        guard let reason = result.reason.map(wording.redaction.clean) else {
            problems[key] = nil
            return
        }
        if problems[key] != reason { log(.warn, "PING_FAILED", "the sign of life did not go out: \(reason)") }
        problems[key] = reason
        delivery.lastProblem = "\(key): \(reason)"
    }
}
