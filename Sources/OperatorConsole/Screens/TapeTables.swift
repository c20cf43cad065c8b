import BackupModel

/// Drives and slots, volumes, and the buffer's last half hour.
extension Painter {
    mutating func drawSpots() {
        let spots = model.tapeSpots
        guard
            let inside = frame(
                .drives, "Drives and slots", right: counter(model.spots.index(in: spots.map(\.id)), of: spots.count))
        else { return }
        let (list, foot) = inside.splitBottom(layout.footRows(.drives))
        let isWide = layout.sizeClass == .wide
        table(
            .drives, in: list, columns: isWide ? Self.wideSpotColumns : Self.spotColumns, ids: spots.map(\.id),
            position: model.spots
        ) { isWide ? spots[$0].wideCells : spots[$0].cells }
        guard let library = model.library else { return }
        let looked: SafeText = library.lookedAt.map { "last inventory \(clock.second($0))" } ?? "not looked at yet"
        let trouble = SafeText(brief: library.trouble)
        line(
            [
                Span("library " + SafeText(brief: library.name).prefix(cells: 16), .textDim),
                Span(SafeText(brief: library.identity.model).prefix(cells: 16), .textDim), Span(looked, .textDim),
                Span(trouble, .stateFailed),
            ], in: foot.inset(dx: 1))
    }

    private static let spotColumns: [TableColumn] = [
        TableColumn("", minimum: 6, priority: 9), TableColumn("", minimum: 8, flex: 1, priority: 8),
        TableColumn("", minimum: 8, priority: 7), TableColumn("", minimum: 8, flex: 2, priority: 6),
    ]

    private static let wideSpotColumns: [TableColumn] = [
        TableColumn("DEV/SLOT", minimum: 9, priority: 9), TableColumn("VOLUME", minimum: 10, flex: 1, priority: 8),
        TableColumn("STATE", minimum: 12, priority: 7), TableColumn("MEDIA", minimum: 7, priority: 4),
        TableColumn("ERR soft/hard", minimum: 13, priority: 3), TableColumn("NOTE", minimum: 16, flex: 3, priority: 6),
    ]

    mutating func drawVolumes() {
        let list = model.volumes
        let tally = model.shown?.tape?.tally ?? VolumeTally()
        let filter: SafeText = list.filter.isEmpty ? "" : "/\(list.filter)  "
        let index = list.position.index(in: list.ids)
        guard
            let inside = frame(
                .volumes, "Volumes \(Quantity.count(tally.all))", right: filter + counter(index, of: list.shown.count))
        else { return }
        let (rows, foot) = inside.splitBottom(layout.footRows(.volumes))
        line([Span(tally.words, tally.scratch == 0 ? .stateWarn : .textDim)], in: foot.inset(dx: 1))
        guard !list.shown.isEmpty else {
            return sentence(
                list.filter.isEmpty
                    ? "No volume yet. Put a blank tape in and press L, or: holdfast tape label"
                    : "None holds that text.",
                in: rows)
        }
        let clock = clock
        let isWide = layout.sizeClass == .wide
        let drives = model.shown?.tape?.drives ?? []
        table(
            .volumes, in: rows, columns: isWide ? Self.wideVolumeColumns(list.sort) : Self.volumeColumns,
            ids: list.ids, position: list.position
        ) { row in
            let volume = list.shown[row]
            let drive = drives.first { $0.medium.map(volume.isMedium) ?? false }
            return isWide ? volume.wideCells(clock, drive) : volume.cells(clock, drive)
        }
    }

    private static let volumeColumns: [TableColumn] = [
        TableColumn("", minimum: 8, flex: 1, priority: 9), TableColumn("", minimum: 10, priority: 8),
        TableColumn("", minimum: 9, align: .right, priority: 7), TableColumn("", minimum: 15, priority: 6),
        TableColumn("", minimum: 14, flex: 1, ellipsis: .middle, priority: 5),
        TableColumn("", minimum: 10, priority: 3),
    ]

    private static func wideVolumeColumns(_ sort: VolumeSort) -> [TableColumn] {
        [
            TableColumn("VOLUME", minimum: 10, flex: 1, priority: 9, isSorted: sort == .label),
            TableColumn("POOL", minimum: 9, priority: 6, isSorted: sort == .pool),
            TableColumn("STATE", minimum: 11, priority: 8, isSorted: sort == .state),
            TableColumn("USED", minimum: 9, align: .right, priority: 7),
            TableColumn("FILL", minimum: 18, priority: 1, isSorted: sort == .fill),
            TableColumn("LAST WRITE", minimum: 16, priority: 4, isSorted: sort == .written),
            TableColumn("KEEP UNTIL", minimum: 10, priority: 6, isSorted: sort == .kept),
            TableColumn("LOCATION", minimum: 14, flex: 2, ellipsis: .middle, priority: 5),
            TableColumn("LOADS", minimum: 6, align: .right, priority: 2),
            TableColumn("SOFT/HARD", minimum: 9, align: .right, priority: 3),
            TableColumn("VERIFIED", minimum: 10, priority: 4),
            TableColumn("ARCHIVES", minimum: 8, align: .right, priority: 2),
        ]
    }

    /// The fill of the last half hour, with the marks as they stand now.
    mutating func drawBufferGraph(_ drive: DriveState) {
        guard let inside = frame(.bufferGraph, "Buffer fill, last 30 min") else { return }
        let body = layout.hasBorders ? inside.inset(dx: 1) : inside
        if model.focusedPane == .bufferGraph { park(x: body.x, y: body.y) }
        guard let stream = drive.stream, !stream.history.isEmpty else {
            return sentence("Nothing has streamed yet.", in: inside)
        }
        let (rest, foot) = body.splitBottom(body.height >= 8 ? 2 : 0)
        line(limits(drive), in: foot.row(1))
        let (plot, axis) = rest.splitBottom(rest.height >= 4 ? 1 : 0)
        let (graph, margin) = plot.splitRight(5)
        let label: SafeText = "100%"
        let capacity = drawing.graphCapacity(width: max(1, graph.width - label.cells - 1))
        // The lowest of each column: a dip is what matters.
        let series = Painter.stretched(stream.levels, slots: 180, to: capacity) { $0.min() }
        drawing.graph(
            on: &grid, in: graph, GraphValues(series, ceiling: 1, topLabel: label, bottomLabel: "0%"))
        for (mark, word) in [(stream.highMark, "high"), (stream.lowMark, "low")] {
            guard let mark, graph.height >= 3, graph.width >= label.cells + 6 else { continue }
            let percent = min(max(0, mark), 100)
            let y = graph.y + (graph.height - 1) * (100 - percent) / 100
            if y > graph.y, y < graph.maxY - 1 {
                grid.put("\(percent)%".padded(to: label.cells), x: graph.x, y: y, role: .graphAxis)
            }
            grid.put(SafeText(word), x: margin.x + 1, y: y, role: .graphAxis)
        }
        guard !axis.isEmpty else { return }
        let now: SafeText = "now"
        grid.put("-30 min", x: axis.x + label.cells + 1, y: axis.y, role: .graphAxis, maxWidth: axis.width)
        if axis.width > 30 { grid.put(now, x: graph.maxX - now.cells, y: axis.y, role: .graphAxis) }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> SafeText { SafeText(self).padded(left: width) }
}

extension StreamState {
    /// 0 to 1, oldest first; what is no digit is 0.
    fileprivate var levels: [Double] {
        history.utf8.suffix(180).map { (48...57).contains($0) ? Double($0 - 48) / 9 : 0 }
    }
}

extension TapeSpot {
    fileprivate var place: SafeText {
        switch self {
        case .drive(let drive): SafeText(brief: drive.name)
        case .slot(_, let slot): slot.isPort ? "port \(slot.number)" : "slot \(slot.number)"
        }
    }

    private var state: TableCell {
        switch self {
        case .drive(let drive): TableCell(SafeText(drive.standing.word), role: drive.standing.mark.role)
        case .slot(_, let slot):
            slot.isFull ? TableCell(SafeText(brief: slot.state)) : TableCell("empty", role: .textDim)
        }
    }

    private var note: TableCell {
        switch self {
        case .slot(_, let slot): TableCell(SafeText(brief: slot.note), role: .textDim)
        case .drive(let drive): drive.note
        }
    }

    private var volumeCell: TableCell { TableCell(volume.map { SafeText(brief: $0) } ?? "-") }

    fileprivate var cells: [TableCell] { [TableCell(place), volumeCell, state, note] }

    fileprivate var wideCells: [TableCell] {
        switch self {
        case .drive(let drive):
            let health = drive.health
            let media = drive.medium?.generation.nonEmpty ?? drive.generation
            return [
                TableCell(place), volumeCell, state, TableCell(SafeText(brief: media)),
                TableCell(
                    "\(health.softWriteErrors)/\(health.hardWriteErrors)",
                    role: health.hardWriteErrors > 0 ? .stateFailed : .textNormal), note,
            ]
        case .slot(_, let slot):
            let generation = Barcode(slot.barcode).generation?.rawValue ?? "-"
            return [
                TableCell(place), volumeCell, state, TableCell(SafeText(generation), role: .textDim), TableCell("-"),
                note,
            ]
        }
    }
}

extension DriveState {
    /// What matters most beside its state, in a few words.
    fileprivate var note: TableCell {
        if case .trouble(let words) = standing { return TableCell(SafeText(brief: words), role: .stateFailed) }
        if case .held(let holder) = standing { return TableCell(SafeText(brief: holder), role: .stateWarn) }
        if let request { return TableCell("request #\(request)", role: .severityAction) }
        if let alert = alerts.first { return TableCell(SafeText(brief: alert), role: .stateWarn) }
        return job.isEmpty ? TableCell("ok", role: .stateOK) : TableCell(SafeText(brief: job))
    }
}

extension VolumeRow {
    private var name: SafeText { SafeText(brief: volume.label.isEmpty ? volume.barcode : volume.label) }

    /// In a drive that works with it, what the drive does.
    private func state(_ drive: DriveState?) -> TableCell {
        if let drive, drive.standing == .writing || drive.standing == .reading {
            return TableCell(SafeText(drive.standing.word), role: .stateRunning)
        }
        return TableCell(SafeText(volume.state.word), role: volume.state.role)
    }

    private var used: TableCell { TableCell(volume.used > 0 ? SafeText(Quantity.bytes(volume.used)) : "-") }

    fileprivate func cells(_ clock: Clock, _ drive: DriveState?) -> [TableCell] {
        let keep = keepWords(clock)
        return [
            TableCell(name), state(drive), used,
            TableCell(keep == "expired" || keep == "-" ? keep : "keep " + keep, role: .textDim),
            TableCell(SafeText(brief: volume.place.description)),
            TableCell("loads \(Quantity.count(Int(volume.loads)))", role: .textDim),
        ]
    }

    fileprivate func wideCells(_ clock: Clock, _ drive: DriveState?) -> [TableCell] {
        let isHurt = volume.hardErrors > 0
        return [
            TableCell(name), TableCell(SafeText(brief: volume.pool)), state(drive), used, .progress(fill),
            TableCell(SafeText(volume.lastWrittenAt.map(clock.stamp) ?? "-"), role: .logTime),
            TableCell(keepWords(clock)), TableCell(SafeText(brief: volume.place.description)),
            TableCell(SafeText(Quantity.count(Int(volume.loads)))),
            TableCell("\(volume.softErrors)/\(volume.hardErrors)", role: isHurt ? .stateFailed : .textNormal),
            TableCell(
                SafeText(verifiedAt.map { clock.shifted($0).date } ?? "-"),
                role: verifiedAt == nil ? .stateWarn : .textNormal),
            TableCell(SafeText(Quantity.count(archives))),
        ]
    }
}
