import BackupModel

/// Where the panes of a screen are; the same for drawing and for paging.
struct ScreenLayout {
    let sizeClass: SizeClass
    /// Between the tabs and the banner.
    let content: Rect
    let hasBorders: Bool
    private(set) var places: [Pane: Rect] = [:]

    init(_ model: Model, hasBorders: Bool) {
        sizeClass = SizeClass(model.size)
        self.hasBorders = hasBorders && sizeClass >= .standard
        content = Rect(x: 0, y: 2, width: model.size.columns, height: model.size.rows - 4)
        if model.isZoomed {
            places = [model.focusedPane: content]
            return
        }
        switch model.screen {
        case .dashboard:
            let mirrors = model.shown?.copies.count ?? 0
            if model.hasOperations {
                placeOperations(mirrors: mirrors, shared: model.sharedPane)
            } else {
                placeDashboard(mirrors: mirrors, shared: model.sharedPane)
            }
            if model.hasTape { placeTapeBox() }
        case .tape: placeTape(focused: model.focusedPane, shared: model.sharedPane)
        case .copy: placeCopy(focused: model.focusedPane, shared: model.sharedPane, workers: model.workerCount)
        case .jobs: placeJobs(count: model.shownJobs.count, shared: model.sharedPane)
        case .log: placeLog()
        case .alerts: placeAlerts(count: model.shownAttention.count)
        }
    }

    /// The place inside a pane's frame.
    func inside(_ rect: Rect) -> Rect {
        hasBorders && rect.width >= 4 && rect.height >= 2 ? rect.inset(dx: 1, dy: 1) : rect.splitTop(1).rest
    }

    private mutating func placeDashboard(mirrors: Int, shared: Pane) {
        switch sizeClass {
        case .wide:
            let (top, rest) = content.splitTop(min(max(mirrors, 3), content.height / 4) + 3)
            let (middle, bottom) = rest.splitTop(rest.height * 3 / 7)
            let halves = middle.columns([1, 1])
            places = [.mirrors: top, .mirrorBox: halves[0], .events: bottom]
            (places[.volume], places[.alerts]) = halves[1].splitTop(7)
        case .standard:
            let (top, rest) = content.splitTop(min(max(mirrors, 3), content.height / 4) + 3)
            let (middle, bottom) = rest.splitTop(7)
            let halves = middle.columns([1, 1])
            let lower = bottom.columns([1, 1])
            places = [
                .mirrors: top, .mirrorBox: halves[0], .volume: halves[1], .alerts: lower[0], .events: lower[1],
            ]
        case .compact:
            let (top, rest) = content.splitTop(min(max(mirrors, 2) + 2, content.height / 2))
            places = [.mirrors: top, shared: rest]
        case .mini, .tiny: places = [.mirrors: content]
        }
    }

    /// The Dashboard with goals, plans and requests.
    private mutating func placeOperations(mirrors: Int, shared: Pane) {
        switch sizeClass {
        case .wide:
            let (top, rest) = content.splitTop(min(max(mirrors, 3), content.height / 4) + 3)
            let (middle, lower) = rest.splitTop(max(12, rest.height * 2 / 7))
            let (third, bottom) = lower.splitTop(max(7, lower.height / 2))
            let halves = middle.columns([1, 1])
            let thirds = third.columns([1, 1, 1])
            places = [.mirrors: top, .mirrorBox: halves[0]]
            (places[.volume], places[.requests]) = halves[1].splitTop(7)
            (places[.sets], places[.next], places[.activeJobs]) = (thirds[0], thirds[1], thirds[2])
            (places[.alerts], places[.events]) = bottom.splitLeft(bottom.width / 2)
        case .standard:
            let (top, rest) = content.splitTop(min(max(mirrors, 2), content.height / 5) + 3)
            let (middle, bottom) = rest.splitTop(7)
            let halves = middle.columns([1, 1])
            let lower = bottom.columns([1, 1])
            places = [
                .mirrors: top, .mirrorBox: halves[0], .volume: halves[1], .sets: lower[0],
                (shared == .sets || shared == .tapeBox ? .next : shared): lower[1],
            ]
        case .compact:
            let (top, rest) = content.splitTop(min(max(mirrors, 2) + 2, content.height / 2))
            places = [.mirrors: top, shared: rest]
        case .mini, .tiny: places = [.mirrors: content]
        }
    }

    /// Where there are drives, the one that is shown stands in the place of the mirror's target.
    private mutating func placeTapeBox() {
        guard sizeClass >= .standard else { return }
        let target = places.removeValue(forKey: .volume)
        guard sizeClass == .wide, let target,
            let neighbour = [Pane.requests, .alerts].first(where: { isBelow(target, $0) })
        else { return places[.tapeBox] = target }
        let both = Rect(
            x: target.x, y: target.y, width: target.width, height: target.height + (places[neighbour]?.height ?? 0))
        (places[.tapeBox], places[neighbour]) = both.splitTop(max(8, both.height - 5))
    }

    private func isBelow(_ rect: Rect, _ pane: Pane) -> Bool {
        places[pane].map { $0.x == rect.x && $0.y == rect.maxY } ?? false
    }

    private mutating func placeTape(focused: Pane, shared: Pane) {
        switch sizeClass {
        case .wide:
            let (top, rest) = content.splitTop(15)
            let (middle, bottom) = rest.splitTop(min(14, rest.height / 2))
            (places[.drive], places[.bufferGraph]) = top.splitLeft(content.width * 5 / 8)
            (places[.tapeRequest], places[.drives]) = middle.splitLeft(content.width * 3 / 8)
            places[.volumes] = bottom
        case .standard:
            let (top, rest) = content.splitTop(8)
            let (middle, bottom) = rest.splitTop(max(7, rest.height / 2))
            (places[shared], places[.drives]) = middle.splitLeft(content.width / 2)
            (places[.drive], places[.volumes]) = (top, bottom)
        case .compact:
            let (top, rest) = content.splitTop(6)
            places = [.drive: top, focused: rest]
        case .mini, .tiny: places = [.drive: content]
        }
    }

    /// Whether a list's first row names its columns: drives and volumes have short rows where there is little room.
    func hasHeader(_ pane: Pane) -> Bool {
        pane.hasHeader && (sizeClass == .wide || ![.drives, .volumes].contains(pane))
    }

    /// Rows under a list that are none of its.
    func footRows(_ pane: Pane) -> Int {
        switch pane {
        case .drives, .volumes: sizeClass == .wide && (places[pane]?.height ?? 0) >= 10 ? 1 : 0
        default: 0
        }
    }

    private mutating func placeJobs(count: Int, shared: Pane) {
        let rows = max(count, 3)
        switch sizeClass {
        case .wide:
            let (top, rest) = content.splitTop(min(rows, content.height / 3) + 3)
            let (middle, bottom) = rest.splitTop(min(rows + 4, rest.height / 2))
            (places[.jobs], places[.lanes]) = (top, middle)
            (places[.jobDetail], places[.history]) = bottom.splitLeft(bottom.width / 2)
        case .standard:
            let (top, rest) = content.splitTop(min(rows, content.height / 2 - 3) + 3)
            places = [.jobs: top, shared: rest]
        case .compact:
            let (top, rest) = content.splitTop(min(rows + 2, content.height / 2))
            places = [.jobs: top, shared: rest]
        case .mini, .tiny: places = [.jobs: content]
        }
    }

    private mutating func placeAlerts(count: Int) {
        switch sizeClass {
        case .wide:
            let (top, rest) = content.splitTop(min(max(count, 6) + 3, content.height / 2))
            places[.attention] = top
            (places[.alertDetail], places[.ladder]) = rest.splitLeft(rest.width * 5 / 8)
        case .standard: (places[.attention], places[.alertDetail]) = content.splitTop(content.height / 2)
        case .compact: (places[.attention], places[.alertDetail]) = content.splitTop(content.height / 2)
        case .mini, .tiny: places = [.attention: content]
        }
    }

    private mutating func placeCopy(focused: Pane, shared: Pane, workers: Int) {
        switch sizeClass {
        case .wide:
            let left = content.width * 5 / 8
            let (top, rest) = content.splitTop(13)
            let (middle, bottom) = rest.splitTop(min(max(workers + 3, 10), rest.height < 28 ? 8 : 11))
            (places[.summary], places[.rate]) = top.splitLeft(left)
            (places[.workers], places[.bottleneck]) = middle.splitLeft(left)
            (places[.failures], places[.map]) = bottom.splitLeft(left)
        case .standard:
            let (top, rest) = content.splitTop(7)
            let share = max(6, rest.height / 2 - 1)
            let (middle, bottom) = rest.splitBottom(share)
            places = [.summary: top, .workers: middle, shared: bottom]
        case .compact:
            let (top, rest) = content.splitTop(6)
            places = [.summary: top, focused: rest]
        case .mini, .tiny: places = [.summary: content]
        }
    }

    private mutating func placeLog() {
        guard sizeClass == .wide else {
            places = [.lines: content]
            return
        }
        (places[.lines], places[.detail]) = content.splitRight(max(44, content.width * 3 / 10))
    }
}

extension Model {
    var sharedPane: Pane {
        if let pane = shared[screen], panes.contains(pane) { return pane }
        if screen == .dashboard, hasOperations { return SizeClass(size) == .compact ? .sets : .next }
        return screen.sharedPanes.first ?? screen.panes[0]
    }

    fileprivate var workerCount: Int { mirror?.workers.count ?? 0 }

    /// Rows of a list on the screen, for pages.
    func listHeight(_ pane: Pane) -> Int {
        let layout = ScreenLayout(self, hasBorders: !isAccessible)
        guard let place = layout.places[pane] else { return 1 }
        if layout.sizeClass <= .mini { return max(1, place.height) }
        let rows = layout.inside(place).height - (layout.hasHeader(pane) ? 1 : 0) - layout.footRows(pane)
        // The log's last row counts its lines.
        return max(1, pane == .lines ? rows - 1 - (log.lastSeen == nil ? 0 : 1) : rows)
    }

    /// Columns and rows of text in a detail page.
    var detailSize: Size {
        Size(columns: max(1, min(size.columns - 6, 96)), rows: max(1, min(size.rows - 6, 28)))
    }

    /// Rows of the palette and the help.
    var chooserHeight: Int { max(1, min(size.rows - 6, 24)) }
}
