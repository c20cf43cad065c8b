import BackupModel

/// The text of a request's box; the same lines on every screen, with or without the box.
extension Model {
    /// The box is 75 columns wide where there is room.
    var requestSize: Size { Size(columns: max(1, min(size.columns - 4, 71)), rows: max(1, size.rows - 4)) }

    func requestTitle(_ request: Request) -> SafeText {
        "Request #\(request.number)  \(request.kind.word)  \(Quantity.duration(now.seconds(since: request.raisedAt)))"
    }

    func requestLines(_ request: Request, _ dialog: RequestDialog, width: Int) -> [[Span]] {
        var lines = DetailText(width: max(12, width), clock: clock)
        lines.lines = requestFacts(request, width: width)
        lines.lines.append([])
        if let problem = dialog.problem { lines.add(text: "Not now: " + problem, role: .promptError) }
        if request.kind == .changeTape { addTapeKeys(request, to: &lines) }
        for (key, answer) in RequestDialog.keys(of: request) {
            let meaning = answer.meaning.isEmpty ? "" : ": " + SafeText(brief: answer.meaning)
            let role: StyleRole = answer.isDangerous ? .dialogDanger : .dialogText
            add(key, SafeText(brief: answer.word) + meaning, role, to: &lines)
        }
        if request.kind != .changeTape { addCommonKeys(request, to: &lines) }
        let others = openRequests.count - 1
        let next: SafeText = others > 0 ? "  ! next of \(others) more." : ""
        lines.add(text: "Esc closes this box; the request stays open." + next, role: .textDim)
        return lines.lines
    }

    private func addCommonKeys(_ request: Request, to lines: inout DetailText) {
        let isClaimed = request.claim != nil
        add(
            "M",
            isClaimed ? "I am on my way too (10 min without reminders)" : "I am on my way (10 min without reminders)",
            .dialogText, to: &lines)
        add("Z", "postpone the reminders", .dialogText, to: &lines)
        if !cancelIntents(request).isEmpty {
            add("X", request.jobs.count == 1 ? "cancel the job" : "cancel the jobs", .dialogDanger, to: &lines)
        }
    }

    /// The keys of a change of tapes, two in a line where there is room.
    private func addTapeKeys(_ request: Request, to lines: inout DetailText) {
        lines.add(text: "The drive is watched: put the tape in and wait, or:")
        let keys: [(Unicode.Scalar, SafeText, StyleRole)] = [
            ("L", "loaded, check now", .dialogText), ("O", "use another volume (type its label)", .dialogText),
            ("B", "blank tape, label it", .dialogText), ("M", "I am on my way (claim, 10 min)", .dialogText),
            ("Z", "postpone the reminders", .dialogText),
            ("X", request.jobs.count > 1 ? "cancel the jobs" : "cancel the job", .dialogDanger),
        ]
        guard lines.width >= 66 else {
            for (key, text, role) in keys { add(key, text, role, to: &lines) }
            return
        }
        for index in stride(from: 0, to: keys.count, by: 2) {
            lines.lines.append(
                keys[index..<index + 2].flatMap { key, text, role in
                    [Span(" \(String(Character(key)))  ", .hintKey), Span(text.padded(right: 23), role)]
                })
        }
    }

    private func add(_ key: Unicode.Scalar?, _ text: SafeText, _ role: StyleRole, to lines: inout DetailText) {
        for (index, part) in text.wrapped(max(4, lines.width - 4)).enumerated() {
            let head: SafeText = index == 0 ? " \(key.map { String(Character($0)) } ?? "?")  " : "    "
            lines.lines.append([Span(head, .hintKey), Span(part, role)])
        }
    }

    /// What is asked and why, without what may be answered.
    func requestFacts(_ request: Request, width: Int) -> [[Span]] {
        var lines = DetailText(width: max(12, width), clock: clock)
        if !request.jobs.isEmpty {
            lines.add(request.jobs.count == 1 ? "job" : "jobs", SafeText(brief: request.jobs.joined(separator: ", ")))
        }
        lines.add(request.kind == .changeTape ? "load" : "what", SafeText(brief: request.what), .textStrong)
        lines.add("why", SafeText(brief: request.why))
        lines.add("where", SafeText(brief: request.place))
        for (index, candidate) in request.candidates.prefix(12).enumerated() {
            lines.add(index == 0 ? "found" : "", SafeText(brief: candidate), .stateOK)
        }
        // The title of a change of tapes says how long it has waited; its box has no row to spare.
        if request.kind != .changeTape {
            lines.add(
                "since",
                "\(clock.minute(request.raisedAt)), \(Quantity.duration(now.seconds(since: request.raisedAt))) ago"
            )
        }
        lines.add("until", deadlineSentence(request), request.deadline == nil ? .textNormal : .stateWarn)
        if !request.reminders.isEmpty {
            let times = request.reminders.prefix(6).map(clock.minute).joined(separator: "  ")
            lines.add("remind", SafeText(times))
        }
        if request.kind == .changeTape { lines.add("drive", driveWords(request), driveRole(request)) }
        if let claim = request.claim, claim.until > now {
            lines.add("claimed", "\(claim.by.words) is on the way, until \(clock.minute(claim.until))", .stateOK)
        }
        return lines.lines
    }

    /// `lto9: empty  (checked 1 s ago)`, and what was found in it.
    private func driveWords(_ request: Request) -> SafeText {
        let name = SafeText(brief: request.subject).prefix(cells: 32)
        guard let drive = drive(of: request) else { return name + ": not there any more" }
        let age = max(0, now.seconds(since: drive.checkedAt))
        let checked: SafeText = age < 100 ? "\(whole(age)) s ago" : "\(Quantity.duration(age)) ago"
        var words = name + ": "
        if let medium = drive.medium {
            words += medium.name.isEmpty ? "a tape" : SafeText(brief: medium.name).prefix(cells: 32)
            if !medium.words.isEmpty { words += ", " + SafeText(brief: medium.words) }
            if drive.standing == .loading || drive.standing == .initialising { words += ", \(drive.standing.word)" }
        } else {
            words += drive.standing == .waiting ? "no medium" : drive.standing.sentence
        }
        return words + "  (checked \(checked))"
    }

    private func driveRole(_ request: Request) -> StyleRole {
        guard let drive = drive(of: request) else { return .stateFailed }
        return drive.medium == nil ? .stateWaiting : .textStrong
    }

    private func deadlineSentence(_ request: Request) -> SafeText {
        guard let deadline = request.deadline else { return "answered: it waits without end" }
        let then: SafeText =
            switch request.atDeadline {
            case .failResumable:
                request.jobs.count == 1
                    ? "then the job fails and can be resumed" : "then the jobs fail and can be resumed"
            case .keepWaiting: "then it goes on waiting"
            }
        return "\(clock.second(deadline)), in \(Quantity.duration(deadline.seconds(since: now))), " + then
    }
}
