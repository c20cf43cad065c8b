import BackupModel

extension Model {
    mutating func moveFocus(_ step: Int) {
        let panes = panes
        let index = panes.firstIndex(of: focusedPane) ?? 0
        setFocus(panes[(index + step + panes.count) % panes.count])
    }

    mutating func setFocus(_ pane: Pane) {
        focus[screen] = pane
        if screen.sharedPanes.contains(pane) { shared[screen] = pane }
    }

    mutating func moveCursor(_ action: Action) {
        let height = max(1, listHeight(focusedPane))
        func target(_ index: Int, _ count: Int) -> Int {
            switch action {
            case .up: index - 1
            case .down: index + 1
            case .pageUp: index - height
            case .pageDown: index + height
            case .halfUp: index - max(1, height / 2)
            case .halfDown: index + max(1, height / 2)
            case .first: 0
            default: count - 1
            }
        }
        func move<ID>(_ position: inout ListPosition<ID>, _ ids: some RandomAccessCollection<ID>) {
            guard let index = position.index(in: ids) else { return }
            position.move(to: target(index, ids.count), in: ids, height: height)
        }
        switch focusedPane {
        case .mirrors:
            move(&mirrors, shownMirrors.map(\.name))
            settle()
        case .alerts: move(&alerts, shownAlerts.map(\.id))
        case .events:
            if action == .first { events.release() } else { move(&events, shownEvents.map(\.number)) }
        case .workers: move(&workers, shownWorkers.map(\.number))
        case .failures: move(&failures.position, failures.ids)
        case .jobs:
            move(&jobs, shownJobs.map(\.name))
            settle()
        case .history: move(&history.position, history.ids)
        case .drives:
            move(&spots, tapeSpots.map(\.id))
            showDriveUnderCursor()
        case .volumes: move(&volumes.position, volumes.ids)
        case .attention: move(&attention, shownAttention.map(\.id))
        case .lines:
            let numbers = log.numbers
            if action == .first { log.position.release() } else { move(&log.position, numbers) }
        default: break
        }
    }

    mutating func moveMirror(_ step: Int) {
        let names = shownMirrors.map(\.name)
        guard let index = mirrors.index(in: names) else { return }
        mirrors.move(to: index + step, in: names, height: max(1, listHeight(.mirrors)))
        workers.release()
        failures.position.release()
        settle()
    }

    mutating func select(mirror name: String) {
        mirrorFilter = ""
        let names = shownMirrors.map(\.name)
        guard let index = names.firstIndex(of: name) else { return }
        mirrors.move(to: index, in: names, height: max(1, listHeight(.mirrors)))
        settle()
    }
}
