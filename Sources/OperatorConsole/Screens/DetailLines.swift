import BackupModel

/// The text of a detail page, as lines of words.
extension Model {
    func detailLines(_ page: DetailPage, width: Int) -> [[Span]] {
        var lines = DetailText(width: max(12, width), clock: clock)
        switch page.subject {
        case .failure(let mirror, let failed): lines.add(failed, mirror: mirror)
        case .alert(let alert): lines.add(alert)
        case .event(let event): lines.add(event)
        case .runs(let mirror): addRuns(of: mirror, to: &lines)
        case .volume(let name):
            if let row = volumes.row(named: name) { lines.add(row) }
            addAnswer(to: page.query, to: &lines)
        case .nextTape: addAnswer(to: page.query, to: &lines)
        }
        return lines.lines
    }

    func detailTitle(_ page: DetailPage) -> SafeText {
        switch page.subject {
        case .failure(let mirror, _): "Failed blob of \(mirror)"
        case .alert(let alert): "Alert \(alert.id)"
        case .event(let event): "Event \(event.number)"
        case .runs(let mirror): "Runs of \(mirror)"
        case .volume(let name): "Volume " + SafeText(brief: name).prefix(cells: 40)
        case .nextTape(let pool, _): "Next tape of pool " + SafeText(brief: pool).prefix(cells: 40)
        }
    }

    private func addRuns(of mirror: String, to lines: inout DetailText) {
        guard let runs = runs[mirror] else {
            return lines.add(text: refusedQueries.isEmpty ? "Asking for them." : "They could not be read.")
        }
        guard !runs.isEmpty else { return lines.add(text: "It has not run yet.") }
        for run in runs {
            let role: StyleRole =
                run.result == .ok ? .stateOK : run.result == .okWithWarnings ? .stateWarn : .stateFailed
            let span = (run.endedAt ?? run.startedAt).seconds(since: run.startedAt)
            lines.lines.append([
                Span(SafeText(clock.second(run.startedAt)).padded(right: 15), .logTime),
                Span(SafeText(run.kind.rawValue).padded(right: 7)),
                Span(SafeText(run.result?.word ?? "died").padded(right: 14), role),
                Span(SafeText(Quantity.duration(span)).padded(left: 6), .textDim),
            ])
            var counts = run.done.words
            if run.failed.count > 0 { counts += "; \(Quantity.count(run.failed.count)) failed" }
            if run.remaining.count > 0 { counts += "; \(Quantity.count(run.remaining.count)) left" }
            lines.add(text: counts, indent: 15)
            if let failure = run.failure { lines.add(text: failure.words, indent: 15, role: .stateFailed) }
        }
    }
}

extension Model {
    fileprivate func addAnswer(to query: Query?, to lines: inout DetailText) {
        guard let page = tapePage, page.query == query else {
            let isRefused = query.map(refusedQueries.contains) ?? true
            return lines.add(text: isRefused ? "It could not be read." : "Asking the catalog.")
        }
        guard !page.lines.isEmpty else { return lines.add(text: "The catalog has nothing on it.") }
        for text in page.lines { lines.add(text: SafeText(brief: text)) }
    }
}

struct DetailText {
    let width: Int
    let clock: Clock
    var lines: [[Span]] = []

    mutating func add(_ label: SafeText, _ value: SafeText, _ role: StyleRole = .textNormal) {
        guard !value.isEmpty else { return }
        let indent = 8
        for (index, part) in value.wrapped(max(4, width - indent)).enumerated() {
            let head: SafeText = index == 0 ? label.fitted(indent) : SafeText.spaces(indent)
            lines.append([Span(head, .textDim), Span(part, role)])
        }
    }

    mutating func add(text: SafeText, indent: Int = 0, role: StyleRole = .textNormal) {
        for part in text.wrapped(max(4, width - indent)) {
            lines.append(indent > 0 ? [Span(SafeText.spaces(indent)), Span(part, role)] : [Span(part, role)])
        }
    }

    mutating func add(_ failed: BlobFailure, mirror: String) {
        add("blob", SafeText(failed.id.description))
        add("state", SafeText(failed.state.word), .stateFailed)
        add("size", SafeText(Quantity.bytes(failed.size)))
        add("tries", SafeText(String(failed.attempts)))
        add("last", SafeText(clock.full(failed.at)))
        add(failed.failure)
    }

    mutating func add(_ alert: Alert) {
        add("about", SafeText(alert.subject))
        add("reason", SafeText(alert.failure.message), .stateFailed)
        add("do", SafeText(alert.failure.hint), .textStrong)
        add("since", SafeText(clock.full(alert.raisedAt)))
        if alert.count > 1 { add("times", SafeText(Quantity.count(alert.count))) }
        if let seen = alert.acknowledgement {
            let note = seen.note.isEmpty ? "" : ": " + SafeText(seen.note)
            add("seen by", "\(seen.by.words) \(clock.minute(seen.at))" + note, .stateOK)
        }
        if let until = alert.snoozedUntil, until > clock.now { add("silent", "until \(clock.minute(until))") }
        add("tells", alert.ladder(clock))
        add("level", SafeText(alert.severity.word), alert.severity.role)
        addOrigin(of: alert.failure)
    }

    mutating func add(_ row: VolumeRow) {
        let volume = row.volume
        add(
            "state", SafeText(volume.state.word) + (volume.reason.isEmpty ? "" : ": " + SafeText(brief: volume.reason)),
            volume.state.role)
        add("pool", SafeText(brief: volume.pool))
        add("barcode", SafeText(brief: volume.barcode))
        let size = volume.capacity.map { " of " + Quantity.bytes($0) } ?? ""
        let medium = [volume.generation?.rawValue ?? "", volume.isWORM ? "WORM" : "", volume.isWorn ? "WORN" : ""]
        add("medium", SafeText(medium.filter { !$0.isEmpty }.joined(separator: ", ")))
        add("used", "\(Quantity.bytes(volume.used))\(size), \(Quantity.count(volume.tapeFiles)) tape files")
        add("place", SafeText(brief: volume.place.description))
        add("written", SafeText(volume.lastWrittenAt.map { clock.full($0) } ?? ""))
        add("keep", row.keepWords(clock))
        add(
            "checked", SafeText(row.verifiedAt.map { clock.full($0) } ?? "never read back"),
            row.verifiedAt == nil ? .stateWarn : .stateOK)
        add(
            "loads",
            "\(Quantity.count(Int(clamping: volume.loads))), errors soft \(volume.softErrors), hard \(volume.hardErrors)"
        )
        lines.append([])
    }

    mutating func add(_ event: Event) {
        add("time", SafeText(clock.full(event.at, milliseconds: true)))
        add("level", SafeText(event.severity.word), event.severity.role)
        add("from", SafeText(event.component))
        add("about", SafeText(event.job))
        add("code", SafeText(event.code))
        add("no", SafeText(Quantity.count(Int(event.number))))
        lines.append([])
        add(text: SafeText(event.message))
        if let failure = event.failure { add(failure) }
    }

    private mutating func add(_ failure: Failure) {
        lines.append([])
        add("reason", SafeText(failure.message), .stateFailed)
        addOrigin(of: failure)
        if !failure.hint.isEmpty {
            lines.append([])
            add("do", SafeText(failure.hint), .textStrong)
        }
    }

    private mutating func addOrigin(of failure: Failure) {
        add("side", SafeText(failure.side.rawValue), .stateWarn)
        add("code", SafeText(failure.code))
        if failure.errno != 0 { add("errno", "\(failure.errno) in \(failure.operation)") }
        add("what", SafeText(failure.subject), .pathFile)
        add("again", failure.isTransient ? "tried again by itself" : "not tried again by itself")
    }
}
