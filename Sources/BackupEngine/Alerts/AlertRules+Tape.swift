import BackupModel

/// What drives and tapes are alerts for; all read from the state, so all end with their cause.
extension AlertRules {
    func judge(_ drive: DriveState, _ judgement: inout Judgement) {
        let name = drive.name
        let flags = TapeAlert.all(drive.health.alerts)
        // The flags are of the last look; while nobody can look they stand.
        switch drive.standing {
        case .trouble(let words):
            judgement.met.append(
                condition(
                    name, .error, "DRIVE_TROUBLE", "drive \(said(name)) cannot be used: \(said(words))",
                    "Look at the drive and its cable; then: holdfast tape status \(said(name))", side: .drive))
            for code in ["TAPE_ALERT", "TAPE_CLEANING"] {
                judgement.undecided.insert(AlertKey(subject: name, code: code))
            }
        case .held:
            for code in ["TAPE_ALERT", "TAPE_CLEANING"] {
                judgement.undecided.insert(AlertKey(subject: name, code: code))
            }
        default: break
        }
        let grave = flags.filter { !$0.wantsCleaning && $0.severity > .information }
        if let worst = grave.first {
            judgement.met.append(
                condition(
                    name, worst.severity == .critical ? .error : .warn, "TAPE_ALERT",
                    "drive \(said(name)) says\(medium(drive)): " + grave.prefix(3).map(\.words).joined(separator: " "),
                    "All of it: holdfast tape errors \(said(name))", side: .drive))
        }
        if flags.contains(where: \.wantsCleaning), drive.standing != .cleaning {
            judgement.met.append(
                condition(
                    name, .warn, "TAPE_CLEANING", "drive \(said(name)) wants to be cleaned",
                    "holdfast library clean \(said(name)), or put in a cleaning cartridge", side: .drive))
        }
        judgement.met += starved(drive).map { [$0] } ?? []
    }

    private func starved(_ drive: DriveState) -> AlertCondition? {
        guard let counts = drive.stream?.counts, counts.backHitches > backHitches else { return nil }
        return condition(
            drive.name, .warn, "TAPE_UNDERRUN",
            "the tape in \(said(drive.name)) had to stop and wind back more than \(backHitches) times: "
                + "the source is slower than the drive can go",
            "Give it a larger buffer, the policy adaptive, or strategy = \"staged\".", side: .source)
    }

    private func medium(_ drive: DriveState) -> String {
        guard let medium = drive.medium else { return "" }
        let label = medium.label.isEmpty ? medium.barcode : medium.label
        return label.isEmpty ? "" : " of \(said(label))"
    }

    func judge(_ library: LibraryState, _ judgement: inout Judgement) {
        guard !library.trouble.isEmpty else { return }
        judgement.met.append(
            condition(
                library.name, .warn, "ROBOT_TROUBLE", "library \(said(library.name)): \(said(library.trouble))",
                "Look into the library; then: holdfast library inventory \(said(library.name))", side: .drive))
    }

    func short(_ tape: TapeState?) -> [AlertCondition] {
        guard let tape, !tape.needs.isEmpty else { return [] }
        return [
            condition(
                "tapes", .warn, "TAPE_SHORT",
                "the jobs of the next 24 hours miss tapes: "
                    + tape.needs.prefix(3)
                    .joined(separator: "; "), "Put them in: holdfast tape next POOL says which.", side: .destination)
        ]
    }

    private func said(_ text: String) -> String { text.tidied(200) }
}

extension Event {
    /// An event of the station as alerts know it. What a run met is the run's, until one of the same job ends well; what
    /// an order met was told to whoever gave it; drives and robots in trouble are read from the state.
    var registered: Event {
        var event = self
        if event.job.isEmpty {
            event.failure = nil
        } else if event.failure == nil, event.code == "TAPE_ERROR" {
            event.failure = Failure(
                code: "TAPE_ERROR", side: .drive, message: message,
                hint: "Read the run's log: holdfast job log \(job.tidied(100)); and: holdfast tape errors")
        }
        return event
    }
}
