package import BackupModel
import WorkerKit

/// What people, files and the console order.
extension Engine {
    /// Carries an order out once, however often it is sent; it is written to the audit log with its result.
    package func take(_ order: Order) async -> IntentResult {
        guard !isClosing, let parts else { return .refused(.engineCloses) }
        let result = await parts.orders.once(order, words: order.intent.words) { [weak self] ticket in
            await self?.carryOut(order, ticket) ?? .refused(.engineCloses)
        }
        await published()
        return result
    }

    private func carryOut(_ order: Order, _ ticket: OrderTicket) async -> IntentResult {
        let result = await decide(order, ticket)
        parts?.log.post(event(of: order, result))
        return result
    }

    private func decide(_ order: Order, _ ticket: OrderTicket) async -> IntentResult {
        guard !isClosing, let parts else { return .refused(.engineCloses) }
        if let refusal = outdated(order) { return .refused(refusal) }
        do throws(Failure) {
            switch order.intent {
            case .runMirror(let name, _), .enrolMirror(let name, _), .scanMirror(let name), .verifyMirror(let name),
                .pauseMirror(let name), .resumeMirror(let name), .stopMirror(let name), .limitMirror(let name, _),
                .requeue(let name, _):
                return .accepted(try await mirror(name, order.intent, parts))
            case .answer, .claim, .postpone: return await parts.requests.carryOut(order, ticket: ticket)
            case .acknowledge, .snooze: return await alert(order, ticket, parts)
            case .tape(let tapes): return .accepted(try await tapeDesk().carryOut(tapes, by: order.by))
            case .runJob(let name): return .accepted(try await parts.jobs.step(.asked(name)))
            case .cancelJob(let name): return .accepted(try await parts.jobs.step(.cancel(name)))
            case .pauseJob(let name): return .accepted(try await parts.jobs.step(.pause(name)))
            case .resumeJob(let name): return .accepted(try await parts.jobs.step(.resume(name)))
            case .enableJob(let name, let isOn): return .accepted(try await parts.jobs.step(.enable(name, isOn)))
            case .skipNext(let name): return .accepted(try await parts.jobs.step(.skipNext(name)))
            case .maintenance(let until): return .accepted(try await parts.jobs.maintenance(until: until))
            case .drain(let isOn): return .accepted(try await parts.jobs.drain(isOn))
            case .acceptClock: return .accepted(try await parts.jobs.acceptClock())
            case .reloadSettings: return .accepted(try await reload(parts))
            case .stopEngine:
                configuration.outside.stop()
                return .accepted("the engine is ending: runs in progress end cleanly")
            }
        } catch {
            return .refused(error)
        }
    }

    private func alert(_ order: Order, _ ticket: OrderTicket, _ parts: EngineParts) async -> IntentResult {
        let (result, change) = await parts.alerts.carryOut(order, ticket: ticket)
        if !change.isEmpty { await readAlerts() }
        return result
    }

    /// What ends or changes a run was meant for the run that was seen.
    private func outdated(_ order: Order) -> Failure? {
        let subject: String
        switch order.intent {
        case .pauseMirror(let name), .resumeMirror(let name), .stopMirror(let name), .limitMirror(let name, _):
            subject = "mirror " + name
        case .cancelJob(let name), .pauseJob(let name), .resumeJob(let name): subject = "job " + name
        case .tape(let tapes):
            guard let basis = tapes.basis else { return nil }
            subject = basis.subject
        default: return nil
        }
        guard let basis = order.basis, let begun = publishing.begunAt[subject], begun > basis else { return nil }
        return Failure(
            code: "STATE_CHANGED", side: .engine,
            message: "meanwhile \(printable(subject.utf8)) has changed: a run began or ended, or a tape was changed",
            hint: "Look at what runs now and order again.")
    }

    private func event(of order: Order, _ result: IntentResult) -> Event {
        var event = Event(
            at: time.wall(), severity: .info, component: "command", code: "INTENT",
            job: order.intent.mirror ?? order.intent.job ?? "", message: order.intent.words)
        if order.by != .engine { event.message += " by \(order.by.inWords)" }
        switch result {
        case .accepted(let words): event.message += ": " + words
        case .refused(let failure):
            event.code = "INTENT_REFUSED"
            event.message += ": refused, " + failure.message
        }
        return event
    }
}

extension Intent {
    /// The job it is about; nil for those about none.
    package var job: String? {
        switch self {
        case .runJob(let name), .cancelJob(let name), .pauseJob(let name), .resumeJob(let name),
            .enableJob(let name, _), .skipNext(let name):
            name
        default: nil
        }
    }
}
