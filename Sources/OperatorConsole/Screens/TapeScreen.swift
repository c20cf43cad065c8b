import BackupModel

/// One drive in detail, what stands around it, and the volumes.
extension Painter {
    mutating func drawTape() {
        guard let drive = model.drive else { return }
        if layout.sizeClass == .mini, !model.isZoomed { return drawDriveLines(drive, in: layout.content) }
        drawDrive(drive)
        drawHealth(drive)
        drawBufferGraph(drive)
        drawTapeRequest()
        drawSpots()
        drawVolumes()
    }

    private mutating func drawDrive(_ drive: DriveState) {
        guard let inside = frame(.drive, title(drive), right: note(drive)) else { return }
        let body = layout.hasBorders ? inside.inset(dx: 1) : inside
        let isWide = layout.sizeClass == .wide
        let rows: [DriveRow] =
            isWide
            ? [
                .buffer, .marks, .rates, .limits, .tape, .forecast, .position, .archive, .retries, .stops, .alerts,
                .medium, .identity,
            ]
            : body.height >= 6
                ? [.buffer, .marks, .rates, .tape, .forecast, .position]
                : [.buffer, .rates, .tape, .forecast, .retries]
        draw(rows, drive, in: body, isWide: isWide)
    }

    mutating func draw(_ rows: [DriveRow], _ drive: DriveState, in body: Rect, isWide: Bool) {
        for (index, row) in rows.prefix(body.height).enumerated() {
            draw(row, drive, in: body.row(index), isWide: isWide)
        }
    }

    /// `lto9  LTO-9  NX0006  WRITING nightly/home`
    private func title(_ drive: DriveState) -> SafeText {
        var parts = [SafeText(brief: drive.name).prefix(cells: 16)]
        if layout.sizeClass == .wide {
            parts.append(SafeText(brief: drive.identity.model).prefix(cells: 16))
            if !drive.identity.serial.isEmpty {
                parts.append("serial " + SafeText(brief: drive.identity.serial).prefix(cells: 16))
            }
        }
        parts.append(SafeText(brief: drive.generation).prefix(cells: 8))
        parts.append(drive.medium.map { $0.title.prefix(cells: 20) } ?? "-")
        parts.append(drive.standing.title + (drive.job.isEmpty ? "" : " " + SafeText(brief: drive.job)))
        let said = parts.filter { !$0.isEmpty }
        return said.dropFirst().reduce(said.first ?? "") { $0 + "  " + $1 }
    }

    private func note(_ drive: DriveState) -> SafeText {
        if drive.holdsAfterTape { return "HOLDS after this tape" }
        let names = (model.shown?.tape?.drives ?? []).map(\.name)
        guard names.count > 1, let index = names.firstIndex(of: drive.name) else { return "" }
        return "drive \(index + 1) of \(names.count)"
    }

    /// The smallest screens: a line a drive, and the one that is shown in a few more.
    private mutating func drawDriveLines(_ drive: DriveState, in rect: Rect) {
        let drives = model.shown?.tape?.drives ?? []
        let shown = min(drives.count, max(1, rect.height - 4))
        let ids = drives.map(\.name)
        let first = model.drives.firstRow(in: ids, height: shown)
        for (index, other) in drives.dropFirst(first).prefix(shown).enumerated() {
            let row = rect.row(index)
            drawDriveLine(other, in: row)
            guard other.name == drive.name, drives.count > 1 else { continue }
            grid.put(">", x: row.x, y: row.y, role: .listCursor)
            grid.mark(row, role: .listCursor)
        }
        park(x: rect.x, y: rect.y)
        draw(
            [.buffer, .rates, .tape, .forecast, .retries], drive, in: rect.splitTop(shown).rest.inset(dx: 1),
            isWide: false)
    }

    /// `>> lto9 NX0006 writing 97%`
    mutating func drawDriveLine(_ drive: DriveState, in row: Rect) {
        let mark = drive.standing.mark
        grid.put(mark.text, x: row.x + 1, y: row.y, role: mark.role)
        let name = SafeText(brief: drive.name).prefix(cells: 12)
        var words = name + " " + (drive.medium.map { $0.title.prefix(cells: 12) } ?? "-") + " \(drive.standing.word)"
        if let request = drive.request { words += " #\(request)" }
        let tail: SafeText = drive.stream.map { "\(Quantity.rate($0.driveRate))" } ?? ""
        grid.put(words, x: row.x + 4, y: row.y, role: .textNormal, maxWidth: max(0, row.width - 5 - tail.cells))
        if row.width > tail.cells + 12 { grid.put(tail, x: row.maxX - tail.cells, y: row.y, role: .textNormal) }
    }

    private mutating func drawHealth(_ drive: DriveState) {
        guard let inside = frame(.health, "Write health of " + SafeText(brief: drive.name).prefix(cells: 16)) else {
            return
        }
        let body = layout.hasBorders ? inside.inset(dx: 1) : inside
        draw(
            [.retries, .trouble, .stops, .alerts, .wear, .cleaning, .medium, .identity], drive, in: body, isWide: false)
        if model.focusedPane == .health { park(x: body.x, y: body.y) }
    }

    /// The request that waits for a tape; where none does, what each pool will want next.
    private mutating func drawTapeRequest() {
        guard let request = model.tapeRequest else { return drawPools() }
        let waiting = Quantity.duration(model.now.seconds(since: request.raisedAt))
        guard let inside = frame(.tapeRequest, "Request #\(request.number) (pending \(waiting))", right: "!") else {
            return
        }
        let body = layout.hasBorders ? inside.inset(dx: 1) : inside
        let keys = body.height >= 8 ? 3 : 0
        let facts = model.requestFacts(request, width: body.width)
        for (row, text) in facts.prefix(body.height - keys).enumerated() { line(text, in: body.row(row), gap: 0) }
        if model.focusedPane == .tapeRequest { park(x: body.x, y: body.y) }
        guard keys > 0 else { return }
        line(
            [Span("! opens", .hintKey), Span("L loaded  O other volume"), Span("B blank, label it")],
            in: body.row(body.height - 2))
        line([Span("       "), Span("Z postpone  M on my way"), Span("X cancel job")], in: body.row(body.height - 1))
    }

    private mutating func drawPools() {
        guard let inside = frame(.tapeRequest, "Pools, what comes next", right: "N why") else { return }
        let pools = model.shown?.tape?.pools ?? []
        guard !pools.isEmpty else {
            return sentence("No pool yet. Name one in the settings as [pool.NAME].", in: inside)
        }
        let body = layout.hasBorders ? inside.inset(dx: 1) : inside
        for (index, pool) in pools.prefix(body.height / 2).enumerated() {
            pairs(
                [
                    ("", SafeText(brief: pool.name).prefix(cells: 20), .textStrong),
                    ("keep", SafeText(brief: pool.retention), .textNormal),
                    ("volumes", SafeText(Quantity.count(pool.volumes)), .textNormal),
                ], in: body.row(2 * index), gap: 2)
            line([Span(" "), Span(SafeText(brief: pool.next), .textDim)], in: body.row(2 * index + 1), gap: 1)
        }
        if model.focusedPane == .tapeRequest { park(x: body.x, y: body.y) }
    }

    /// The Dashboard's share: the drive that is shown, and a line for each other one.
    mutating func drawTapeBox() {
        guard let drive = model.drive else { return }
        let medium = drive.medium.map { "  " + $0.title.prefix(cells: 16) } ?? ""
        let name = "Tape " + SafeText(brief: drive.name).prefix(cells: 16) + medium
        guard let inside = frame(.tapeBox, name, right: "3") else { return }
        let body = layout.hasBorders ? inside.inset(dx: 1) : inside
        let others = (model.shown?.tape?.drives ?? []).filter { $0.name != drive.name }
        let lines = min(others.count, max(0, body.height - 4))
        let (top, bottom) = body.splitBottom(lines)
        draw(
            top.height >= 7
                ? [.buffer, .marks, .rates, .tape, .forecast, .retries, .stops, .alerts, .wear]
                : top.width >= 60
                    ? [.buffer, .rates, .tape, .forecast, .retries, .stops]
                    : [.buffer, .rates, .forecast, .retries, .stops], drive, in: top, isWide: false)
        for (index, other) in others.prefix(lines).enumerated() {
            let row = bottom.row(index)
            drawDriveLine(other, in: Rect(x: row.x - 1, y: row.y, width: row.width + 1, height: 1))
        }
        if model.focusedPane == .tapeBox { park(x: body.x, y: body.y) }
    }
}
