import BackupModel

/// What the keys of the Tape screen do.
extension Model {
    mutating func moveDrive(_ step: Int) {
        let names = (shown?.tape?.drives ?? []).map(\.name)
        guard let index = drives.index(in: names) else { return }
        drives.move(to: (index + step + names.count) % names.count, in: names, height: 1)
        let ids = tapeSpots.map(\.id)
        guard let name = drives.selected, let row = ids.firstIndex(of: .drive(name)) else { return }
        spots.move(to: row, in: ids, height: listHeight(.drives))
    }

    /// A drive under the cursor of the drives' pane is the one that is shown.
    mutating func showDriveUnderCursor() {
        guard case .drive(let drive)? = spot else { return }
        let names = (shown?.tape?.drives ?? []).map(\.name)
        guard let index = names.firstIndex(of: drive.name) else { return }
        drives.move(to: index, in: names, height: 1)
    }

    /// Puts the cursors onto their rows in the new data; without a drive there is no Tape screen.
    mutating func settleTape() {
        let drive = drives.settle(in: (shown?.tape?.drives ?? []).map(\.name))
        let spot = spots.settle(in: tapeSpots.map(\.id))
        let volume = volumes.absorb(shown?.tape)
        let isOther = drive || spot && focusedPane == .drives || volume && focusedPane == .volumes
        if isOther, screen == .tape { actsSleepUntil = monotonic + Model.sleep }
        guard screen == .tape, !hasTape else { return }
        go(to: .dashboard)
        say("no tape drive is configured any more", .warn)
    }

    mutating func actOnTape(_ action: Action, _ effects: inout [Effect]) {
        guard let drive else { return }
        switch action {
        case .ejectTape: demand(.tape(.eject(drive: drive.name)), &effects)
        case .unloadTape: demand(.tape(.unload(drive: drive.name)), &effects)
        case .rewindTape: demand(.tape(.rewind(drive: drive.name)), &effects)
        case .cleanDrive: demand(.tape(.clean(drive: drive.name)), &effects)
        case .holdAfterTape:
            demand(.tape(.holdAfterTape(drive: drive.name, isOn: !drive.holdsAfterTape)), &effects)
        case .labelTape: overlay = .tapeForm(labelForm(drive))
        case .flowPolicy:
            let stream = drive.stream
            overlay = .tapeForm(
                .flow(
                    drive: drive.name, policy: stream?.policy ?? "", high: stream?.highMark, low: stream?.lowMark,
                    at: monotonic))
        case .inventory: if let library { demand(.tape(.inventory(library: library.name)), &effects) }
        case .verifyTape: if let name = volumeUnderCursor { demand(.tape(.verify(volume: name, drive: nil)), &effects) }
        case .markOffsite: if let name = volumeUnderCursor { openPrompt(.offsite(volume: name), for: action) }
        case .cancelTape: demand(cancelIntent(drive), &effects)
        default: break
        }
    }

    /// A job of the settings is cancelled as a job; what an order began, by its drive.
    private func cancelIntent(_ drive: DriveState) -> Intent {
        let isJob = engine?.jobs.contains { $0.name == drive.job && $0.phase.isActive } ?? false
        return isJob ? .cancelJob(name: drive.job) : .tape(.cancel(drive: drive.name))
    }

    private func labelForm(_ drive: DriveState) -> TapeForm {
        let medium = drive.medium ?? LoadedMedium()
        let pools = shown?.tape?.pools.map(\.name) ?? []
        return .label(
            drive: drive.name, suggested: medium.label.isEmpty ? Barcode(medium.barcode).name : medium.label,
            pools: pools, pool: medium.pool, overwriting: medium.isBlank ? nil : medium.name, at: monotonic)
    }

    mutating func take(_ key: Key, form: TapeForm, _ effects: inout [Effect]) {
        var form = form
        switch form.take(key, at: monotonic) {
        case .open: overlay = .tapeForm(form)
        case .closed: overlay = nil
        case .done(let order): demand(.tape(order), &effects)
        }
    }

    // MARK: Pages

    mutating func openVolume(_ effects: inout [Effect]) {
        if focusedPane == .drives, case .drive(let drive)? = spot, let request = drive.request,
            openRequest(numbered: request) != nil
        {
            return openRequest(request)
        }
        guard let name = volumeUnderCursor else { return say("there is no volume under the cursor", .warn) }
        askForPage(.volume(name), &effects)
    }

    /// Which tape comes next, for the pool at hand; from its own page on, for the pool after it.
    mutating func explainNextTape(after pool: String?, _ effects: inout [Effect]) {
        let pools = (shown?.tape?.pools ?? []).map(\.name)
        guard !pools.isEmpty else { return }
        let wanted = focusedPane == .volumes ? volumes.selected?.volume.pool : drive?.medium?.pool
        let index: Int
        if let pool {
            index = ((pools.firstIndex(of: pool) ?? -1) + 1) % pools.count
        } else {
            index = wanted.flatMap(pools.firstIndex) ?? 0
        }
        askForPage(.nextTape(pool: pools[index], drive: drive?.name), &effects)
    }

    private mutating func askForPage(_ subject: DetailPage.Subject, _ effects: inout [Effect]) {
        let page = DetailPage(subject: subject)
        overlay = .detail(page)
        guard let query = page.query else { return }
        refusedQueries.remove(query)
        if tapePage?.query != query { tapePage = nil }
        ask(query, &effects)
    }
}
