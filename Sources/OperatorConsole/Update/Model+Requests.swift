import BackupModel

/// Requests: opened by a key only, answered in their box, closed when somebody else was faster.
extension Model {
    /// Opens the oldest open request, or the next one after a number.
    mutating func openRequest(after number: Int?) {
        let open = openRequests
        let index = number.flatMap { number in open.firstIndex { $0.number == number } }
        guard !open.isEmpty else { return say("nothing waits for an answer") }
        openRequest(open[index.map { ($0 + 1) % open.count } ?? 0].number)
    }

    mutating func openRequest(_ number: Int) {
        requestBehind = nil
        overlay = .request(RequestDialog(number: number, openedAt: monotonic))
    }

    func openRequest(numbered number: Int) -> Request? { openRequests.first { $0.number == number } }

    mutating func take(_ key: Key, request dialog: RequestDialog, _ effects: inout [Effect]) {
        var dialog = dialog
        guard let request = openRequest(numbered: dialog.number) else { return overlay = nil }
        let last = max(0, requestLines(request, dialog, width: requestSize.columns).count - requestSize.rows)
        switch key {
        case .escape, .control("c"): return overlay = nil
        case .up: dialog.scroll -= 1
        case .down: dialog.scroll += 1
        case .pageUp: dialog.scroll -= requestSize.rows
        case .pageDown: dialog.scroll += requestSize.rows
        case .home: dialog.scroll = 0
        case .end: dialog.scroll = last
        case .character("j"): dialog.scroll += 1
        case .character("k"): dialog.scroll -= 1
        case .character("q"): return overlay = nil
        case .character(let scalar): return choose(scalar, request, dialog, &effects)
        default:
            if keymap.action(for: key, on: screen) == .answerRequest { return openRequest(after: request.number) }
        }
        dialog.scroll = min(max(0, dialog.scroll), last)
        overlay = .request(dialog)
    }

    private mutating func choose(
        _ scalar: Unicode.Scalar, _ request: Request, _ dialog: RequestDialog, _ effects: inout [Effect]
    ) {
        if keymap.action(for: .character(scalar), on: screen) == .answerRequest {
            return openRequest(after: request.number)
        }
        // Keys in the first half second were meant for the screen below.
        guard monotonic - dialog.openedAt >= Model.sleep else { return }
        let keys = RequestDialog.keys(of: request)
        guard RequestDialog.reserved(request).contains(scalar) || keys.contains(where: { $0.key == scalar }) else {
            return
        }
        var refused = dialog
        if let refusal = requestRefusal {
            refused.problem = SafeText(refusal)
            return overlay = .request(refused)
        }
        let verb = scalar == "O" ? Request.use : Request.blank
        if request.kind == .changeTape, scalar == "O" || scalar == "B", !request.offers(verb) {
            refused.problem = scalar == "B" ? "a blank tape will not do here" : "no other volume will do here"
            return overlay = .request(refused)
        }
        switch scalar {
        case "M": demand(.claim(request: request.number), &effects)
        case "Z":
            requestBehind = request.number
            overlay = .prompt(Prompt(.postpone(request: request.number), openedAt: monotonic))
        case "L" where request.kind == .changeTape: answer(request, Request.loaded, &effects)
        case "O" where request.kind == .changeTape:
            requestBehind = request.number
            overlay = .prompt(Prompt(.useVolume(request: request.number), openedAt: monotonic))
        case "B" where request.kind == .changeTape:
            requestBehind = request.number
            let suggested = drive(of: request)?.medium.map { Barcode($0.barcode).name } ?? ""
            overlay = .prompt(
                Prompt(.blankVolume(request: request.number), text: suggested, openedAt: monotonic))
        case "X":
            guard let question = questionBeforeCancel(request) else {
                refused.problem = "no job waits for it"
                return overlay = .request(refused)
            }
            requestBehind = request.number
            overlay = .confirmation(question)
            effects.append(.flushInput)
        default:
            guard let chosen = keys.first(where: { $0.key == scalar }) else { return }
            answer(request, chosen.answer.word, &effects)
        }
    }

    private mutating func answer(_ request: Request, _ word: String, _ effects: inout [Effect]) {
        requestBehind = request.number
        demand(.answer(request: request.number, word: word), &effects)
        if overlay == nil { requestBehind = nil }
    }

    /// The drive that waits, as it stands now: never of a frozen display.
    func drive(of request: Request) -> DriveState? {
        guard request.kind == .changeTape else { return nil }
        return engine?.tape?.drives.first { $0.name == request.subject }
    }

    /// Why no answer can be given from here now, or nil. The box always shows the request as it is, so a held display
    /// is no reason.
    private var requestRefusal: String? {
        if isOld { return "the engine is away" }
        return isReadOnly ? "this console may only look (read-only)" : nil
    }

    /// Called with every state: a box whose request is closed goes, and says who was faster.
    mutating func noticeClosedRequest(_ effects: inout [Effect]) {
        let shown: Int?
        if case .request(let dialog)? = overlay { shown = dialog.number } else { shown = requestBehind }
        guard let number = shown, openRequest(numbered: number) == nil else { return }
        overlay = nil
        requestBehind = nil
        // What is being typed was meant for the box, not for the screen below.
        actsSleepUntil = monotonic + Model.sleep
        if let closed = engine?.requests.first(where: { $0.number == number }) { return say(closed.closing(clock)) }
        say("request #\(number) is closed")
        closedRequest = number
        let query = Query.requestHistory(limit: 20)
        refusedQueries.remove(query)
        ask(query, &effects)
    }

    mutating func tellClosed(_ requests: [Request]) {
        guard let closed = requests.first(where: { $0.number == closedRequest }) else { return }
        closedRequest = nil
        say(closed.closing(clock))
    }

    /// The orders that end what waits for a request.
    func cancelIntents(_ request: Request) -> [Intent] {
        let ends: [Intent] = request.jobs.compactMap { name in
            if engine?.jobs.contains(where: { $0.name == name }) == true { return .cancelJob(name: name) }
            if engine?.copies.contains(where: { $0.name == name }) == true { return .stopMirror(name: name) }
            return nil
        }
        // What an order began is no job of the settings.
        return ends.isEmpty && request.kind == .changeTape ? [.tape(.cancel(drive: request.subject))] : ends
    }
}

extension Request {
    /// `request #17: answered "attached" by ben (command line) 14:06`
    func closing(_ clock: Clock) -> SafeText {
        switch state {
        case .open: "request #\(number) is open again"
        case .answered(let word, let by, let at):
            "request #\(number): answered \"\(SafeText(brief: word))\" by \(by.words) \(clock.minute(at))"
        case .withdrawn(let reason, _): "request #\(number) was withdrawn: \(SafeText(brief: reason))"
        case .expired(let at): "request #\(number) expired \(clock.minute(at))"
        }
    }
}

extension Person {
    /// `ben (command line)`
    var words: SafeText { "\(SafeText(brief: user)) (\(SafeText(brief: via)))" }
}
