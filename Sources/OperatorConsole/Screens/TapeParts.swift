import BackupModel

/// One row of what there is to say of a drive; without a stream each says what it can.
enum DriveRow {
    case buffer, marks, rates, limits, tape, forecast, position, archive
    case retries, trouble, stops, alerts, wear, cleaning, medium, identity
}

extension Painter {
    mutating func draw(_ kind: DriveRow, _ drive: DriveState, in row: Rect, isWide: Bool) {
        guard !row.isEmpty else { return }
        switch kind {
        case .buffer: drawBuffer(drive, in: row)
        case .marks: drawMarks(drive, in: row, isWide: isWide)
        case .rates: drawRates(drive, in: row, isWide: isWide)
        case .limits: line(limits(drive), in: row)
        case .tape: drawFill(drive, in: row)
        case .forecast: line(forecast(drive, isWide: isWide, isShort: row.width < 50), in: row)
        case .position: pairs(position(drive, isWide: isWide), in: row)
        case .archive: pairs(archive(drive), in: row)
        case .retries: pairs(retries(drive, isWide: isWide), in: row, gap: 2)
        case .trouble: line(trouble(drive), in: row, gap: 1)
        case .stops: pairs(stops(drive, isWide: isWide), in: row, gap: 2)
        case .alerts: drawTapeAlerts(drive, in: row, isWide: isWide)
        case .wear: pairs(wear(drive), in: row, gap: 2)
        case .cleaning: line(cleaning(drive), in: row)
        case .medium: pairs(medium(drive), in: row)
        case .identity: pairs(identity(drive), in: row)
        }
    }

    // MARK: Bars

    /// A label, a bar, and how much of what behind it; with limits its colour says how full it is.
    private mutating func bar(
        _ label: SafeText, _ fraction: Double, _ tail: SafeText, limits: GaugeLimits? = nil, in row: Rect
    ) {
        grid.put(label, x: row.x, y: row.y, role: .textDim, maxWidth: row.width)
        let place = barPlace(in: row)
        if let limits {
            drawing.gauge(on: &grid, in: place, fraction: fraction, limits: limits)
        } else {
            drawing.progress(on: &grid, in: place, fraction: fraction)
        }
        guard row.width > tail.cells + Painter.barLabel else { return }
        grid.put(tail, x: row.maxX - tail.cells, y: row.y, role: .textStrong)
    }

    private func barPlace(in row: Rect) -> Rect {
        Rect(
            x: row.x + Painter.barLabel, y: row.y, width: row.width - Painter.barLabel - Painter.barTail(row),
            height: 1)
    }

    private static let barLabel = 7

    /// The same for both bars, so that they stand under each other.
    private static func barTail(_ row: Rect) -> Int { row.width >= 60 ? 20 : 18 }

    private mutating func drawBuffer(_ drive: DriveState, in row: Rect) {
        guard let stream = drive.stream else {
            return line([Span(drive.standing.sentence, drive.standing.mark.role)], in: row)
        }
        let tail: SafeText = "\(cut(stream.level)) of \(Quantity.bytes(max(0, stream.size)))"
        let low = Double(min(max(0, stream.lowMark ?? 10), 100)) / 100
        bar("buffer", stream.level, tail, limits: GaugeLimits(low: low, high: 1), in: row)
    }

    /// Under the bar, where the marks are; then what the policy is.
    private mutating func drawMarks(_ drive: DriveState, in row: Rect, isWide: Bool) {
        guard let stream = drive.stream else {
            return line([Span(SafeText(brief: drive.medium?.words ?? ""))], in: row)
        }
        let place = barPlace(in: row)
        var free = place.x
        for (mark, long, short) in [(stream.lowMark, "low", "L"), (stream.highMark, "high", "H")] {
            guard let mark else { continue }
            let percent = min(max(0, mark), 100)
            let text: SafeText = isWide ? "\(long) \(percent)%" : "\(short)\(percent)%"
            let x = max(free, place.x + place.width * percent / 100)
            guard x + text.cells <= row.maxX else { continue }
            free = x + grid.put(text, x: x, y: row.y, role: .graphAxis) + 1
        }
        let held: SafeText = stream.isHolding ? "HOLDING  " : ""
        let policy = held + SafeText(brief: stream.policy).prefix(cells: 18)
        guard row.maxX - policy.cells > free else { return }
        grid.put(policy, x: row.maxX - policy.cells, y: row.y, role: stream.isHolding ? .stateWaiting : .textDim)
    }

    private mutating func drawFill(_ drive: DriveState, in row: Rect) {
        guard let medium = drive.medium else { return line([Span("no tape in it", .textDim)], in: row) }
        guard let fill = medium.fill, let capacity = medium.capacity else {
            return pairs([("tape", SafeText(Quantity.bytes(medium.used)) + " on it", .textNormal)], in: row)
        }
        bar("tape", fill, "\(cut(fill)) \(pair(medium.used, of: capacity, by: "/"))", in: row)
    }

    // MARK: What flows

    private mutating func drawRates(_ drive: DriveState, in row: Rect, isWide: Bool) {
        guard let stream = drive.stream else {
            return line([Span(SafeText(brief: drive.alerts.first ?? ""), .stateWarn)], in: row)
        }
        let change = stream.sourceRate - stream.driveRate
        let buffer: SafeText =
            "buffer " + (change < 0 ? "-" : "+") + "\(Quantity.rate(change.magnitude.isFinite ? change.magnitude : 0))"
        var spans = [Span("source \(Quantity.rate(stream.sourceRate))"), Span("->", .textDim)]
        if isWide { spans += [Span(buffer), Span("->", .textDim)] }
        spans.append(Span("drive \(Quantity.rate(stream.driveRate))", .textStrong))
        if let ratio = stream.compression { spans.append(Span("  compression \(Quantity.fixed(ratio, 2)):1")) }
        line(spans, in: row, gap: isWide ? 2 : 1)
    }

    /// What would have to be faster.
    func limits(_ drive: DriveState) -> [Span] {
        guard let limits = drive.stream?.limits else { return [] }
        let parts: [(String, Double)] = [("source", limits.source), ("buffer", limits.buffer), ("drive", limits.drive)]
        let sorted = parts.sorted { $0.1 > $1.1 }
        guard let most = sorted.first, most.1 > 0 else { return [] }
        return [Span("slowest part", .textDim), Span("\(most.0) \(cut(most.1))", .textStrong)]
            + sorted.dropFirst().map { Span("\($0.0) \(cut($0.1))", .textDim) }
    }

    private func forecast(_ drive: DriveState, isWide: Bool, isShort: Bool) -> [Span] {
        var spans: [Span] = []
        if isWide, let medium = drive.medium, let capacity = medium.capacity {
            spans.append(Span("\(pair(medium.used, of: capacity, by: " of ~"))"))
        }
        if let stream = drive.stream { return spans + stream.forecast(isShort: isShort) }
        guard let medium = drive.medium, let capacity = medium.capacity else { return spans }
        let used = min(max(0, medium.used), max(0, capacity))
        return spans + [Span("free \(Quantity.bytes(max(0, capacity) - used))", .textNormal)]
    }

    private typealias Pair = (label: SafeText, value: SafeText, role: StyleRole)

    private func position(_ drive: DriveState, isWide: Bool) -> [Pair] {
        guard let stream = drive.stream else {
            return [("checked", "\(Quantity.duration(model.now.seconds(since: drive.checkedAt))) ago", .textNormal)]
                + identity(drive)
        }
        let size = isWide ? Quantity.count(stream.blockSize) : Quantity.bytes(Int64(stream.blockSize))
        return [
            ("file", SafeText(Quantity.count(stream.file)), .textNormal),
            ("block", SafeText(Quantity.count(Int(stream.block))), .textNormal),
            ("block size", SafeText(size), .textNormal), ("since", SafeText(clock.second(stream.since)), .textNormal),
        ]
    }

    private func archive(_ drive: DriveState) -> [Pair] {
        guard let stream = drive.stream else { return [] }
        let expected = stream.expected.map { " of \(Quantity.bytes($0))" } ?? ""
        return [
            ("archive", SafeText(brief: stream.archive).prefix(cells: 28, ellipsis: .middle), .textNormal),
            ("part", "\(stream.part)", .textNormal),
            ("now", SafeText(brief: stream.phase).prefix(cells: 12), .textNormal),
            ("sent", "\(Quantity.bytes(stream.received))\(expected)", .textNormal),
        ]
    }

    // MARK: Health

    private func retries(_ drive: DriveState, isWide: Bool) -> [Pair] {
        let health = drive.health
        func errors(_ label: SafeText, _ count: Int64, _ bad: StyleRole) -> Pair {
            (label, SafeText(Quantity.count(Int(count))), count > 0 ? bad : .textNormal)
        }
        var all = [
            errors("retries  soft", health.softWriteErrors, .textNormal),
            errors("hard", health.hardWriteErrors, .stateFailed),
        ]
        if health.softReadErrors != 0 || health.hardReadErrors != 0 {
            all += [
                errors("reading  soft", health.softReadErrors, .textNormal),
                errors("hard", health.hardReadErrors, .stateFailed),
            ]
        }
        guard isWide else { return all }
        guard let last = drive.lastTrouble else { return all + [("last", "none", .stateOK)] }
        let words = SafeText(brief: last.words).prefix(cells: 44)
        return all + [
            ("last", "\(clock.second(last.at)) " + words + (last.wasRecovered ? ", recovered" : ""), last.role)
        ]
    }

    private func trouble(_ drive: DriveState) -> [Span] {
        guard let last = drive.lastTrouble else { return [Span("last", .textDim), Span("no trouble", .stateOK)] }
        let end: SafeText = last.wasRecovered ? " recovered" : " NOT recovered"
        return [
            Span("last", .textDim), Span(SafeText(clock.brief(last.at)), .logTime),
            Span(SafeText(brief: last.words).prefix(cells: 12) + end, last.role),
        ]
    }

    private func stops(_ drive: DriveState, isWide: Bool) -> [Pair] {
        guard let counts = drive.stream?.counts else { return [("", "nothing streams", .textDim)] }
        var all: [Pair] = [
            ("stops", SafeText(Quantity.count(counts.stops)), .textNormal),
            ("under-runs", SafeText(Quantity.count(counts.underRuns)), counts.underRuns > 0 ? .stateWarn : .textNormal),
        ]
        if isWide { all.append(("back-hitches", SafeText(Quantity.count(counts.backHitches)), .textNormal)) }
        return all + [(isWide ? "longest gap" : "gap", "\(Quantity.fixed(counts.longestGap, 1)) s", .textNormal)]
    }

    private mutating func drawTapeAlerts(_ drive: DriveState, in row: Rect, isWide: Bool) {
        let flags = drive.health.alerts.filter { (1...64).contains($0) }
        let wantsCleaning = TapeAlert.all(flags).contains(where: \.wantsCleaning)
        let names = flags.prefix(8).map { String($0) }.joined(separator: " ")
        var spans = [Span("TapeAlert", .textDim)]
        if isWide {
            // Flag 1 is the highest bit, as the drive sends them.
            let mask = flags.reduce(UInt64(0)) { $0 | 1 << UInt64(64 - $1) }
            let hex = String(mask, radix: 16)
            spans.append(Span(SafeText("0x" + String(repeating: "0", count: 16 - hex.utf8.count) + hex)))
        }
        spans.append(flags.isEmpty ? Span("none", .stateOK) : Span(SafeText(names), .stateWarn))
        if wantsCleaning { spans.append(Span("CLEAN IT", .severityAction)) }
        if isWide, let warm = drive.health.temperature { spans.append(Span("temperature \(warm) C")) }
        if let words = drive.alerts.first {
            spans.append(Span(SafeText(brief: words).prefix(cells: max(8, row.width - 24)), .stateWarn))
        }
        line(spans, in: row, gap: isWide ? 2 : 1)
    }

    private func wear(_ drive: DriveState) -> [Pair] {
        let loads = drive.medium?.loads ?? drive.health.loads
        return [
            (
                "loads", loads.map { "\(Quantity.count(Int($0)))/\(Quantity.count(Int(MediumWear.mostLoads)))" } ?? "",
                .textNormal
            ),
            ("written", SafeText(Quantity.bytes(drive.health.bytesWritten)), .textNormal),
        ]
    }

    private func cleaning(_ drive: DriveState) -> [Span] {
        let wants = TapeAlert.all(drive.health.alerts).contains(where: \.wantsCleaning)
        var spans = [
            Span("cleaning", .textDim),
            wants ? Span("WANTED: C cleans it", .severityAction) : Span("not wanted", .stateOK),
        ]
        if let warm = drive.health.temperature { spans.append(Span("\(warm) C")) }
        return spans
    }

    private func medium(_ drive: DriveState) -> [Pair] {
        guard let medium = drive.medium else { return [("", "no tape in it", .textDim)] }
        return [
            (
                "encryption",
                medium.key.isEmpty ? "off" : "on (key " + SafeText(brief: medium.key).prefix(cells: 8) + ")",
                .textNormal
            ),
            (
                "write protect", medium.isWriteProtected ? "ON" : "off",
                medium.isWriteProtected ? .stateWarn : .textNormal
            ),
            ("WORM", medium.isWORM ? "YES" : "no", .textNormal),
            ("pool", SafeText(brief: medium.pool).prefix(cells: 20), .textNormal),
            ("loads", medium.loads.map { SafeText(Quantity.count(Int($0))) } ?? "", .textNormal),
        ]
    }

    private func identity(_ drive: DriveState) -> [Pair] {
        let who = drive.identity
        return [
            ("drive", SafeText(brief: who.vendor + " " + who.model).prefix(cells: 26), .textNormal),
            ("firmware", SafeText(brief: who.firmware).prefix(cells: 8), .textNormal),
            ("device", SafeText(brief: drive.device).prefix(cells: 24, ellipsis: .middle), .textNormal),
            ("library", SafeText(brief: drive.library).prefix(cells: 16), .textNormal),
        ].filter { $0.1.plain != " " }
    }
}

extension DriveTrouble {
    fileprivate var role: StyleRole { wasRecovered ? .stateWarn : .stateFailed }
}
