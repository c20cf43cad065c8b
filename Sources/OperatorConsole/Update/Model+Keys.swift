import BackupModel

extension Model {
    mutating func take(_ key: Key, _ effects: inout [Effect]) {
        if overlay == nil {
            guard let action = keymap.action(for: key, on: screen) else { return }
            perform(action, &effects)
        } else {
            takeInOverlay(key, &effects)
        }
    }

    mutating func take(pasted bytes: [UInt8]) {
        switch overlay {
        case .filter(var field):
            field.take(pasted: bytes)
            overlay = .filter(field)
            setFilter(field.text)
        case .chooser(var chooser):
            chooser.take(pasted: bytes)
            overlay = .chooser(chooser)
        case .limits(var form):
            form.take(pasted: bytes)
            overlay = .limits(form)
        case .prompt(var prompt):
            prompt.take(pasted: bytes)
            overlay = .prompt(prompt)
        case .tapeForm(var form):
            form.take(pasted: bytes)
            overlay = .tapeForm(form)
        case .confirmation, .detail, .request, .jobLog, nil: break
        }
    }

    private mutating func takeInOverlay(_ key: Key, _ effects: inout [Effect]) {
        switch overlay {
        case .filter(let field): take(key, filter: field)
        case .chooser(let chooser): take(key, chooser: chooser, &effects)
        case .confirmation(let confirmation): take(key, confirmation: confirmation, &effects)
        case .limits(let form): take(key, form: form, &effects)
        case .tapeForm(let form): take(key, form: form, &effects)
        case .detail(let page): take(key, page: page, &effects)
        case .prompt(let prompt): take(key, prompt: prompt, &effects)
        case .request(let dialog): take(key, request: dialog, &effects)
        case .jobLog(let log): take(key, log: log)
        case nil: break
        }
    }

    private mutating func take(_ key: Key, filter field: TextField) {
        switch key {
        case .enter: overlay = nil
        case .escape, .control("c"):
            overlay = nil
            setFilter("")
        default:
            var field = field
            guard field.take(key) else { return }
            overlay = .filter(field)
            setFilter(field.text)
        }
    }

    private mutating func take(_ key: Key, chooser: ActionChooser, _ effects: inout [Effect]) {
        var chooser = chooser
        let outcome = chooser.take(key, items: items(of: chooser), height: chooserHeight)
        switch outcome {
        case .open:
            overlay = .chooser(chooser)
            preview(chooser, &effects)
        case .closed:
            overlay = nil
            show(theme: chooser.themeBefore, &effects)
        case .chosen(let item):
            overlay = nil
            run(item, &effects)
        }
    }

    private mutating func preview(_ chooser: ActionChooser, _ effects: inout [Effect]) {
        let items = items(of: chooser)
        if chooser.kind == .palette, !chooser.field.text.isEmpty, let index = chooser.selected(in: items),
            case .theme(let name) = items[index]
        {
            show(theme: name, &effects)
        } else {
            show(theme: chooser.themeBefore, &effects)
        }
    }

    private mutating func show(theme name: String, _ effects: inout [Effect]) {
        guard name != themeName else { return }
        themeName = name
        effects.append(.setTheme(name))
    }

    private mutating func run(_ item: ActionChooser.Item, _ effects: inout [Effect]) {
        switch item {
        case .action(let action): perform(action, &effects)
        case .theme(let name):
            show(theme: name, &effects)
            say("theme \(name)")
        case .mirror(let name):
            select(mirror: name)
            go(to: .copy)
        }
    }

    private mutating func take(_ key: Key, confirmation: Confirmation, _ effects: inout [Effect]) {
        var confirmation = confirmation
        switch confirmation.take(key, at: monotonic) {
        case .open: overlay = .confirmation(confirmation)
        case .no: closeOverlay()
        case .yes:
            overlay = nil
            requestBehind = nil
            switch confirmation.subject {
            case .intent(let intent): send(intent, &effects)
            case .all(let intents): for intent in intents { send(intent, &effects) }
            case .quit: effects.append(.quit)
            }
        }
    }

    private mutating func take(_ key: Key, form: LimitsForm, _ effects: inout [Effect]) {
        var form = form
        switch form.take(key) {
        case .open: overlay = .limits(form)
        case .closed: overlay = nil
        case .done(let limits): demand(.limitMirror(name: form.mirror, limits: limits), &effects)
        }
    }

    private mutating func take(_ key: Key, page: DetailPage, _ effects: inout [Effect]) {
        var page = page
        let last = max(0, detailLines(page, width: detailSize.columns).count - detailSize.rows)
        if case .failure(let mirror, let failed) = page.subject, keymap.action(for: key, on: .copy) == .requeue {
            refuseOr(.requeue, .requeue(name: mirror, blob: failed.id), &effects)
            return
        }
        switch keymap.action(for: key, on: screen) {
        case .nextTape:
            guard case .nextTape(let pool, _) = page.subject else { return }
            return explainNextTape(after: pool, &effects)
        case .up: page.scroll -= 1
        case .down: page.scroll += 1
        case .pageUp, .halfUp: page.scroll -= detailSize.rows
        case .pageDown, .halfDown: page.scroll += detailSize.rows
        case .first: page.scroll = 0
        case .last: page.scroll = last
        case .copyText: copy(page.subject, &effects)
        case .acknowledge:
            guard case .alert(let alert) = page.subject else { return }
            return openPrompt(.note(alert: alert.id), for: .acknowledge)
        case .snooze:
            guard case .alert(let alert) = page.subject else { return }
            return openPrompt(.snooze(alert: alert.id), for: .snooze)
        case .back, .quit, .open, .interrupt, .info:
            overlay = nil
            return
        default: break
        }
        page.scroll = min(max(0, page.scroll), last)
        overlay = .detail(page)
    }

    private mutating func refuseOr(_ action: Action, _ intent: Intent, _ effects: inout [Effect]) {
        if let refusal = KeyTable.entry(action)?.refusal(self) {
            say("\(action.rawValue): \(refusal)", .warn)
        } else {
            demand(intent, &effects)
        }
    }

    /// Sends an intent, after its question if it has one.
    mutating func demand(_ intent: Intent, _ effects: inout [Effect]) {
        if let question = question(for: intent) {
            overlay = .confirmation(question)
            effects.append(.flushInput)
        } else {
            overlay = nil
            send(intent, &effects)
        }
    }

    /// The one place where an order leaves the console: what became impossible meanwhile is refused with its reason.
    private mutating func send(_ intent: Intent, _ effects: inout [Effect]) {
        if isEngineLost {
            say("not sent: the engine is away", .warn)
        } else if isReadOnly {
            say("not sent: this console may only look (read-only)", .warn)
        } else {
            effects.append(.send(intent))
        }
    }

    /// Closes a dialog; the request it was opened from comes back.
    mutating func closeOverlay() {
        overlay = nil
        guard let number = requestBehind else { return }
        requestBehind = nil
        guard openRequests.contains(where: { $0.number == number }) else { return }
        overlay = .request(RequestDialog(number: number, openedAt: monotonic))
    }

    /// Opens a typed line in front of an act, or says why the act is impossible.
    mutating func openPrompt(_ purpose: Prompt.Purpose, for action: Action) {
        if let refusal = KeyTable.entry(action)?.refusal(self), refusal != Self.noAlertHere {
            return say("\(action.rawValue): \(refusal)", .warn)
        }
        overlay = .prompt(Prompt(purpose, openedAt: monotonic))
    }

    private mutating func take(_ key: Key, prompt: Prompt, _ effects: inout [Effect]) {
        var prompt = prompt
        switch prompt.take(key, at: monotonic, now: now, offset: utcOffset?(now) ?? 0) {
        case .open: overlay = .prompt(prompt)
        case .closed: closeOverlay()
        case .done(let intent):
            requestBehind = nil
            demand(intent, &effects)
        }
    }

    mutating func setFilter(_ text: String) {
        switch (screen, focusedPane) {
        case (.log, _): log.setFilter(text)
        case (.copy, _): failures.setFilter(text)
        case (.jobs, _):
            jobFilter = text
            settle()
        case (.tape, _): volumes.setFilter(text)
        case (.dashboard, _):
            mirrorFilter = text
            settle()
        case (.alerts, _): break
        }
    }

    var currentFilter: String {
        switch screen {
        case .log: log.filter
        case .copy: failures.filter
        case .dashboard: mirrorFilter
        case .tape: volumes.filter
        case .jobs: jobFilter
        case .alerts: ""
        }
    }
}
