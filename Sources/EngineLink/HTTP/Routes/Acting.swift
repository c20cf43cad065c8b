import BackupModel

/// The routes that act: each makes one intent.
enum Acting {
    static func runJob(_ call: Call) throws(Problem) -> Intent { .runJob(name: job(call)) }
    static func cancelJob(_ call: Call) throws(Problem) -> Intent { .cancelJob(name: job(call)) }
    static func pauseJob(_ call: Call) throws(Problem) -> Intent { .pauseJob(name: job(call)) }
    static func resumeJob(_ call: Call) throws(Problem) -> Intent { .resumeJob(name: job(call)) }
    static func enableJob(_ call: Call) throws(Problem) -> Intent { .enableJob(name: job(call), isEnabled: true) }
    static func disableJob(_ call: Call) throws(Problem) -> Intent { .enableJob(name: job(call), isEnabled: false) }
    static func skipJob(_ call: Call) throws(Problem) -> Intent { .skipNext(job: job(call)) }

    private static func job(_ call: Call) -> String { call.text("name") ?? "" }

    static func answer(_ call: Call) throws(Problem) -> Intent {
        .answer(request: number(call), word: call.text("word") ?? "")
    }

    static func claim(_ call: Call) throws(Problem) -> Intent { .claim(request: number(call)) }

    static func postpone(_ call: Call) throws(Problem) -> Intent {
        .postpone(request: number(call), seconds: call.number("seconds") ?? 0)
    }

    static func acknowledge(_ call: Call) throws(Problem) -> Intent {
        .acknowledge(alert: number(call), note: printable((call.text("note") ?? "").utf8))
    }

    static func snooze(_ call: Call) throws(Problem) -> Intent {
        .snooze(alert: number(call), seconds: call.number("seconds") ?? 0)
    }

    private static func number(_ call: Call) -> Int { Int(call.integer("number") ?? 0) }

    static func maintenance(_ call: Call) throws(Problem) -> Intent {
        guard let until = call.time("until") else { return .maintenance(until: nil) }
        guard until > call.context.now() else {
            throw Problem(
                status: 409, code: "IN_THE_PAST", message: "until lies in the past",
                hint: "Send null to end a maintenance.")
        }
        return .maintenance(until: until)
    }

    static func drain(_ call: Call) throws(Problem) -> Intent { .drain(isOn: call.flag("is_on") ?? true) }
    static func reload(_ call: Call) throws(Problem) -> Intent { .reloadSettings }

    /// Hands an intent to the engine, once for each id.
    static func send(_ intent: Intent, _ call: Call) async throws(Problem) -> Response {
        let basis = call.integer("basis").map { UInt64(clamping: $0) }
        let order = Order(id: call.orderID, intent: intent, by: call.context.person, basis: basis)
        switch await call.context.service.take(order) {
        case .accepted(let message): return .json(Accepted(id: order.id, message: message))
        case .refused(let failure): throw Problem(failure, otherwise: 409)
        }
    }
}
