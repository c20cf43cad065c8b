import BackupModel

/// What happened, newest first.
extension Painter {
    mutating func drawLog() {
        let log = model.log
        let title: SafeText =
            "Log  level>=\(log.level.word)  newest first  follow \(log.isFollowing ? "ON" : "off")"
        let filter: SafeText = log.filter.isEmpty ? "" : "/\(log.filter)"
        let place: Rect?
        if layout.sizeClass == .mini { place = layout.content } else { place = frame(.lines, title, right: filter) }
        guard let place else { return }
        let (list, foot) = place.splitBottom(layout.sizeClass == .mini ? 0 : 1)
        drawFoot(log, in: foot)
        guard !log.shown.isEmpty else {
            let text: SafeText =
                log.events.isEmpty
                ? "Nothing has happened yet." : "No line matches. Esc clears the filter, v changes the level."
            return sentence(text, in: list)
        }
        drawLines(log, in: list)
        drawLineDetail(log)
    }

    private mutating func drawFoot(_ log: LogLines, in foot: Rect) {
        guard !log.events.isEmpty else { return }
        let more = log.reachedEnd ? "" : ", older ones come when you scroll"
        let text: SafeText =
            "\(Quantity.count(log.shown.count)) of \(Quantity.count(log.events.count)) lines match\(more)"
        line([Span(text, .textDim)], in: foot.inset(dx: 1))
    }

    private mutating func drawLines(_ log: LogLines, in list: Rect) {
        let marksLastSeen = log.lastSeen != nil
        let height = list.height - (marksLastSeen ? 1 : 0)
        let first = log.position.firstRow(in: log.numbers, height: height)
        let cursor = log.position.index(in: log.numbers)
        let visible = log.shown.dropFirst(first).prefix(list.height)
        let format = LineFormat(width: list.width, clock: clock, times: visible.map(\.at))
        var y = 0
        var didMark = !marksLastSeen
        for index in first..<log.shown.count where y < list.height {
            let event = log.shown[index]
            if !didMark, let seen = log.lastSeen, event.number <= seen.number {
                didMark = true
                if index > 0 {
                    drawLastSeen(seen.at, in: list.row(y))
                    y += 1
                }
            }
            let row = list.row(y)
            y += 1
            guard !row.isEmpty else { break }
            draw(event, format, in: row)
            guard index == cursor else { continue }
            grid.put(">", x: row.x, y: row.y, role: .listCursor)
            grid.mark(row, role: log.isFollowing ? .listCursorInactive : .listCursor)
            park(x: row.x, y: row.y)
        }
    }

    private mutating func draw(_ event: Event, _ format: LineFormat, in row: Rect) {
        var x = row.x + 1
        x += grid.put(format.time(event.at).fitted(format.timeWidth), x: x, y: row.y, role: .logTime) + 1
        let role = event.severity.role
        let word =
            format.isWide ? SafeText(event.severity.word).padded(right: 5) : SafeText(event.severity.word.prefix(1))
        x += grid.put(word, x: x, y: row.y, role: role) + 1
        if format.hasComponent {
            let component = SafeText(brief: event.component).fitted(7)
            x += grid.put(component, x: x, y: row.y, role: .textDim) + 1
        }
        grid.put(event.line, x: x, y: row.y, role: role, maxWidth: row.maxX - x)
    }

    private mutating func drawLastSeen(_ at: WallTime, in row: Rect) {
        grid.fill(row.inset(dx: 1), glyph: drawing.glyphs.horizontal, role: .logLastSeen)
        let text: SafeText = " you last looked here (\(clock.minute(at))) "
        guard text.cells + 4 <= row.width else { return }
        grid.put(text, x: row.x + (row.width - text.cells) / 2, y: row.y, role: .logLastSeen)
    }

    private mutating func drawLineDetail(_ log: LogLines) {
        guard let inside = frame(.detail, "Line"), let index = log.position.index(in: log.numbers) else { return }
        let body = inside.inset(dx: 1)
        let page = DetailPage(subject: .event(log.shown[index]))
        for (row, text) in model.detailLines(page, width: body.width).prefix(body.height).enumerated() {
            line(text, in: body.row(row), gap: 0)
        }
    }
}

private struct LineFormat {
    let width: Int
    let clock: Clock
    /// The same for all lines on the screen: wider when one of them is not of today.
    private(set) var timeWidth = 0

    init(width: Int, clock: Clock, times: [WallTime]) {
        self.width = width
        self.clock = clock
        timeWidth = times.map { time($0).cells }.max() ?? 0
    }

    var isWide: Bool { width >= 100 }
    var hasComponent: Bool { width >= 56 }

    func time(_ at: WallTime) -> SafeText {
        guard width >= 56 else { return SafeText(clock.brief(at).prefix(5)) }
        guard isWide else { return SafeText(clock.second(at)) }
        let fraction = String(1000 + at.civil.millisecond).dropFirst()
        return SafeText(clock.second(at) + "." + fraction)
    }
}
