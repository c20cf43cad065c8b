import BackupModel

/// One mirror in detail.
extension Painter {
    mutating func drawCopy() {
        guard let copy = model.mirror else {
            return sentence(
                "No mirrors yet. Name one in the settings, then: holdfast mirror enrol NAME",
                in: layout.content.inset(dy: 1))
        }
        drawSummary(copy)
        drawWorkers(copy)
        drawBottleneck(copy)
        drawFailures(copy)
        drawMap(copy)
        if let inside = frame(
            .rate, model.rateSpan(copy) == .minute ? "Rate, last 60 s" : "Rate, last 60 min", right: "t")
        {
            drawRate(copy, in: inside.inset(dx: 1))
        }
    }

    private mutating func drawSummary(_ copy: CopyState) {
        let count = model.shownMirrors.count
        let note: SafeText = count > 1 ? "h l other mirrors" : ""
        let title = SafeText(brief: copy.name) + " -> " + SafeText(brief: copy.target)
        guard let inside = frame(.summary, title, right: note) else { return }
        let body = layout.hasBorders ? inside.inset(dx: 1) : inside
        drawBar(copy, in: body.row(0))
        if layout.sizeClass == .wide {
            drawWideSummary(copy, in: body.splitTop(1).rest)
        } else {
            drawShortSummary(copy, in: body.splitTop(1).rest)
        }
    }

    private mutating func drawShortSummary(_ copy: CopyState, in body: Rect) {
        let progress = copy.progress
        let rates = copy.rates
        pairs(
            [
                ("", SafeText(pair(copy.safe.bytes, of: progress.total.bytes)), .textStrong),
                (
                    "", "\(Quantity.count(copy.safe.count)) of \(Quantity.count(progress.total.count)) files",
                    .textNormal
                ),
                ("elapsed", copy.elapsed > 0 ? SafeText(Quantity.duration(copy.elapsed)) : "", .textNormal),
            ], in: body.row(0))
        line(etaSpans(copy), in: body.row(body.height >= 4 ? 3 : 1))
        guard body.height >= 4 else { return }
        pairs(
            [
                ("left", SafeText(Quantity.count(progress.remaining.count)), .textNormal),
                ("failed", SafeText(Quantity.count(progress.failed.count)), role(ofFailed: progress.failed.count)),
                ("this run", SafeText(Quantity.count(progress.thisRun.count)), .textNormal),
                ("before", SafeText(Quantity.count(progress.before.count)), .textNormal),
                ("retries", SafeText(Quantity.count(progress.retries)), .textNormal),
            ], in: body.row(1))
        pairs(
            [
                ("now", SafeText(Quantity.rate(rates.now)), .textNormal),
                ("avg", SafeText(Quantity.rate(rates.average)), .textNormal),
                ("files/min", SafeText(Quantity.count(whole(rates.blobsPerMinute))), .textNormal),
                ("limit", copy.limits.rateWords, .textNormal),
            ], in: body.row(2))
    }

    private mutating func drawWideSummary(_ copy: CopyState, in body: Rect) {
        let progress = copy.progress
        let columns: [(SafeText, Amount)] = [
            ("in all", progress.total), ("before this run", progress.before), ("this run", progress.thisRun),
            ("remaining", progress.remaining), ("failed", progress.failed), ("verified", progress.verified),
        ]
        let width = max(1, body.width / columns.count)
        for (index, (label, amount)) in columns.enumerated() {
            let x = body.x + index * width
            let isBad = index == 4 && amount.count > 0
            grid.put(label, x: x, y: body.y + 1, role: .listHeader, maxWidth: width - 1)
            let role: StyleRole = isBad ? .stateFailed : .textStrong
            grid.put(SafeText(Quantity.count(amount.count)), x: x, y: body.y + 2, role: role, maxWidth: width - 1)
            grid.put(
                SafeText(Quantity.bytes(amount.bytes)), x: x, y: body.y + 3, role: .textNormal, maxWidth: width - 1)
        }
        drawRates(copy, in: body)
        line(etaSpans(copy), in: body.row(8))
        pairs([("from", SafeText(brief: copy.source), .pathFolder)], in: body.row(9))
    }

    private mutating func drawRates(_ copy: CopyState, in body: Rect) {
        let rates = copy.rates
        pairs(
            [
                ("now", SafeText(Quantity.rate(rates.now)), .textStrong),
                ("1 min", SafeText(Quantity.rate(rates.oneMinute)), .textNormal),
                ("10 min", SafeText(Quantity.rate(rates.tenMinutes)), .textNormal),
                ("avg", SafeText(Quantity.rate(rates.average)), .textNormal),
                ("peak", SafeText(Quantity.rate(rates.peak)), .textNormal),
            ], in: body.row(5))
        pairs(
            [
                ("files/min", SafeText(Quantity.count(whole(rates.blobsPerMinute))), .textNormal),
                ("bytes/min", SafeText(Quantity.bytes(Int64(whole(rates.oneMinute * 60)))), .textNormal),
                ("retries", SafeText(Quantity.count(copy.progress.retries)), .textNormal),
                ("elapsed", copy.elapsed > 0 ? SafeText(Quantity.duration(copy.elapsed)) : "", .textNormal),
                ("last progress", "\(Quantity.duration(rates.sinceProgress)) ago", .textNormal),
            ], in: body.row(6))
    }

    private mutating func drawWorkers(_ copy: CopyState) {
        let workers = model.shownWorkers
        let title: SafeText = "Workers, \(copy.activeWorkers) of \(copy.limits.workers) busy"
        var note: SafeText = ""
        if layout.sizeClass < .wide, copy.movesBytes, let limit = copy.bottleneck.limit {
            note = "slowest part: \(limit.name) \(whole(limit.share * 100))%"
        }
        guard let inside = frame(.workers, title, right: note) else { return }
        guard !workers.isEmpty else {
            let text: SafeText = copy.phase.isRunning ? "No worker is busy." : "No worker runs. U runs the mirror."
            return sentence(text, in: inside)
        }
        let sort = model.workerSort
        table(
            .workers, in: inside,
            columns: [
                TableColumn("#", minimum: 2, align: .right, priority: 5, isSorted: sort == .number),
                TableColumn("STATE", minimum: 9, priority: 8), TableColumn("BLOB", minimum: 12, priority: 9),
                TableColumn("SIZE", minimum: 8, align: .right, priority: 6, isSorted: sort == .size),
                TableColumn("DONE", minimum: 6, align: .right, priority: 7, isSorted: sort == .done),
                TableColumn("", minimum: 8, flex: 1, priority: 1),
                TableColumn("RATE", minimum: 10, align: .right, priority: 4, isSorted: sort == .rate),
                TableColumn("TRY", minimum: 3, align: .right, priority: 2),
                TableColumn("FOR", minimum: 6, align: .right, priority: 3),
            ], ids: workers.map(\.number), position: model.workers
        ) { workers[$0].cells }
    }

    private mutating func drawBottleneck(_ copy: CopyState) {
        guard let inside = frame(.bottleneck, "Where the time goes", right: "B limits") else { return }
        let body = inside.inset(dx: 1)
        let bottleneck = copy.bottleneck
        let limit = copy.movesBytes ? bottleneck.limit?.name : nil
        for (index, part) in (bottleneck.parts + [("idle", bottleneck.idle)]).enumerated() {
            let row = body.row(index)
            guard !row.isEmpty else { continue }
            let isLimit = part.name == limit
            grid.put(part.name, x: row.x, y: row.y, role: isLimit ? .textStrong : .textDim, maxWidth: row.width)
            let bar = Rect(x: row.x + 8, y: row.y, width: row.width - 8 - 16, height: 1)
            drawing.progress(on: &grid, in: bar, fraction: part.share, stalled: isLimit && copy.isStalled)
            let share = SafeText(String(whole(min(max(0, part.share), 1) * 100)) + "%").padded(left: 4)
            let text = share + (isLimit ? " <- limit" : "")
            grid.put(text, x: bar.maxX + 1, y: row.y, role: isLimit ? .stateWarn : .textNormal)
        }
        pairs(
            [
                ("limit", copy.limits.rateWords, .textNormal),
                ("batch", SafeText(Quantity.count(copy.limits.batch)), .textNormal),
                ("read-back", SafeText(copy.limits.readBack.rawValue), .textNormal),
            ], in: body.row(6))
        let volume = copy.volume
        pairs(
            [
                ("target", copy.presence.text, copy.presence.role),
                ("", SafeText(brief: volume.fileSystem), .textNormal),
                ("free", SafeText(pair(volume.free, of: volume.capacity)), .textNormal),
            ], in: body.row(7))
    }

    private mutating func drawFailures(_ copy: CopyState) {
        let list = model.failures
        let total = copy.progress.failed.count
        let filter: SafeText = list.filter.isEmpty ? "" : "/\(list.filter)  "
        let index = list.position.index(in: list.ids)
        let title: SafeText = total == 0 ? "Failures" : "Failures, \(Quantity.count(total)) in all"
        guard let inside = frame(.failures, title, right: filter + counter(index, of: list.shown.count)) else { return }
        guard !list.shown.isEmpty else {
            let text: SafeText =
                total == 0 ? "No blob has failed." : list.filter.isEmpty ? "Asking for them." : "None holds that text."
            return sentence(text, in: inside, role: total == 0 ? .stateOK : .textDim)
        }
        let clock = clock
        table(
            .failures, in: inside,
            columns: [
                TableColumn("BLOB", minimum: 12, priority: 9, isSorted: list.sort == .name),
                TableColumn("SIDE", minimum: 11, priority: 7, isSorted: list.sort == .side),
                TableColumn("REASON", minimum: 20, flex: 1, priority: 8),
                TableColumn("SIZE", minimum: 8, align: .right, priority: 2, isSorted: list.sort == .size),
                TableColumn("TRY", minimum: 3, align: .right, priority: 3),
                TableColumn("AT", minimum: 8, align: .right, priority: 1, isSorted: list.sort == .newest),
            ], ids: list.ids, position: list.position
        ) { list.shown[$0].cells(clock) }
    }
}

extension CopyLimits {
    fileprivate var rateWords: SafeText { rate.map { SafeText(Quantity.rate(Double($0))) } ?? "none" }
}

extension WorkerState {
    fileprivate var cells: [TableCell] {
        guard let blob else {
            return [TableCell("\(number)"), TableCell(SafeText(word), role: .textDim), TableCell("-", role: .textDim)]
        }
        let role: StyleRole = activity == .copying || activity == .readBack ? .stateRunning : .stateWaiting
        return [
            TableCell("\(number)"), TableCell(SafeText(word), role: role), TableCell(SafeText(blob.short)),
            TableCell(SafeText(Quantity.bytes(size))), TableCell(SafeText(percent(fraction))), .progress(fraction),
            TableCell(rate > 0 ? SafeText(Quantity.rate(rate)) : "-"),
            TableCell(SafeText(String(attempt)), role: attempt > 1 ? .stateWarn : .textNormal),
            TableCell(SafeText(Quantity.duration(since))),
        ]
    }
}

extension BlobFailure {
    fileprivate func cells(_ clock: Clock) -> [TableCell] {
        [
            TableCell(SafeText(id.short)), TableCell(SafeText(failure.side.rawValue), role: .stateWarn),
            TableCell(failure.words, role: .stateFailed), TableCell(SafeText(Quantity.bytes(size))),
            TableCell(SafeText(String(attempts))), TableCell(SafeText(clock.brief(at)), role: .logTime),
        ]
    }
}
