import BackupModel

/// What leaves the console as text: the clipboard and files.
extension Model {
    /// Copies what is under the cursor, quoted for a shell.
    mutating func copySelected(_ effects: inout [Effect]) {
        guard let bytes = selectedBytes else { return say("nothing to copy here", .warn) }
        copy(bytes, &effects)
    }

    mutating func copy(_ subject: DetailPage.Subject, _ effects: inout [Effect]) {
        switch subject {
        case .failure(_, let failed): copy(failed.id.hex, &effects)
        case .alert(let alert): copy(Array(alert.failure.message.utf8), &effects)
        case .event(let event): copy(Array(event.message.utf8), &effects)
        case .runs(let name), .volume(let name), .nextTape(let name, _): copy(Array(name.utf8), &effects)
        }
    }

    private mutating func copy(_ bytes: [UInt8], _ effects: inout [Effect]) {
        let quoted = shellQuoted(bytes)
        effects.append(.copy(quoted))
        say("copied " + SafeText(quoted).prefix(cells: 40, ellipsis: .middle))
    }

    private var selectedBytes: [UInt8]? {
        switch focusedPane {
        case .mirrors: return mirror.map { Array($0.name.utf8) }
        case .alerts: return alert.map { Array($0.failure.message.utf8) }
        case .events:
            let list = shownEvents
            return events.index(in: list.map(\.number)).map { Array(list[$0].message.utf8) }
        case .workers:
            let list = shownWorkers
            return workers.index(in: list.map(\.number)).flatMap { list[$0].blob?.hex }
        case .failures: return failures.position.index(in: failures.ids).map { failures.shown[$0].id.hex }
        case .jobs: return job.map { Array($0.name.utf8) }
        case .drives, .volumes: return volumeUnderCursor.map { Array($0.utf8) }
        case .history: return runUnderCursor.map { Array($0.run.text.utf8) }
        case .attention:
            switch selectedAttention {
            case .request(let request)?: return Array(request.what.utf8)
            case .alert(let alert)?: return Array(alert.failure.message.utf8)
            case nil: return nil
            }
        case .lines: return log.position.index(in: log.numbers).map { Array(log.shown[$0].message.utf8) }
        default: return nil
        }
    }

    /// Writes the whole list of the focused pane, one tab-separated line a row, foreign bytes escaped.
    mutating func exportList(_ effects: inout [Effect]) {
        let name =
            mirror.map { String($0.name.unicodeScalars.filter(isFileLetter).prefix(40).map(Character.init)) } ?? ""
        let text: String
        let file: String
        switch focusedPane {
        case .mirrors: (text, file) = (rows(shownMirrors.map(\.fields)), "holdfast-mirrors.txt")
        case .alerts: (text, file) = (rows(shownAlerts.map(\.fields)), "holdfast-alerts.txt")
        case .events: (text, file) = (rows(shownEvents.map(\.fields)), "holdfast-events.txt")
        case .workers: (text, file) = (rows(shownWorkers.map(\.fields)), "holdfast-workers-\(name).txt")
        case .failures: (text, file) = (rows(failures.shown.map(\.fields)), "holdfast-failures-\(name).txt")
        case .jobs: (text, file) = (rows(shownJobs.map(\.fields)), "holdfast-jobs.txt")
        case .drives: (text, file) = (rows(tapeSpots.map(\.fields)), "holdfast-drives.txt")
        case .volumes: (text, file) = (rows(volumes.shown.map(\.fields)), "holdfast-volumes.txt")
        case .history: (text, file) = (rows(history.runs.map(\.fields)), "holdfast-runs.txt")
        case .attention:
            (text, file) = (rows(openRequests.map(\.fields) + shownAlerts.map(\.fields)), "holdfast-alerts.txt")
        case .lines: (text, file) = (rows(log.shown.map(\.fields)), "holdfast-log.txt")
        default: return
        }
        effects.append(.export(text: text, suggestedName: file))
    }

    private func rows(_ rows: [[String]]) -> String {
        rows.map { $0.map { printable(Array($0.utf8)) }.joined(separator: "\t") + "\n" }.joined()
    }
}

/// Bytes as one word of a POSIX-like shell: as they are when plain, else `$'...'`.
func shellQuoted(_ bytes: [UInt8]) -> [UInt8] {
    let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+=,-".utf8)
    if !bytes.isEmpty, bytes.allSatisfy(plain.contains) { return bytes }
    var quoted = Array("$'".utf8)
    for byte in bytes {
        switch byte {
        case 0x27, 0x5c: quoted += [0x5c, byte]
        case 0x20...0x7e: quoted.append(byte)
        default:
            let hex = String(byte, radix: 16)
            quoted += Array("\\x\(hex.utf8.count < 2 ? "0" : "")\(hex)".utf8)
        }
    }
    return quoted + [0x27]
}

private func isFileLetter(_ scalar: Unicode.Scalar) -> Bool {
    ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "-"
}

extension CopyState {
    fileprivate var fields: [String] {
        [
            name, stage, percent(fraction), String(safe.count), String(progress.total.count), String(safe.bytes),
            String(progress.total.bytes), String(progress.failed.count), trouble,
        ]
    }
}

extension Alert {
    fileprivate var fields: [String] {
        [raisedAt.iso8601(), severity.word, subject, failure.code, failure.message, failure.hint]
    }
}

extension JobState {
    fileprivate var fields: [String] {
        [
            name, kind.rawValue, phase.word, isEnabled ? "enabled" : "disabled", schedule, nextAt?.iso8601() ?? "-",
            lastRun?.startedAt.iso8601() ?? "-", lastRun?.result?.word ?? "-", lastRun?.failure?.message ?? "",
        ]
    }
}

extension JobRun {
    fileprivate var fields: [String] {
        [
            run.text, job, kind.rawValue, trigger.rawValue, startedAt.iso8601(), endedAt?.iso8601() ?? "-",
            String(attempt), result?.word ?? "-", String(done.count), String(done.bytes), String(warnings),
            failure?.message ?? "",
        ]
    }
}

extension TapeSpot {
    fileprivate var fields: [String] {
        switch self {
        case .drive(let drive):
            [
                "drive", drive.name, drive.medium?.label ?? "", drive.medium?.barcode ?? "", drive.standing.word,
                drive.job,
            ]
        case .slot(let library, let slot):
            [
                slot.isPort ? "port" : "slot", "\(slot.number) of \(library)", slot.label, slot.barcode, slot.state,
                slot.note,
            ]
        }
    }
}

extension VolumeRow {
    fileprivate var fields: [String] {
        [
            volume.label, volume.barcode, volume.pool, volume.state.rawValue, volume.generation?.rawValue ?? "",
            String(volume.used), volume.capacity.map { String($0) } ?? "-", volume.lastWrittenAt?.iso8601() ?? "-",
            isKeptForEver ? "for ever" : keptUntil?.iso8601() ?? "-", volume.place.description, String(volume.loads),
            String(volume.softErrors), String(volume.hardErrors), verifiedAt?.iso8601() ?? "-", String(archives),
        ]
    }
}

extension Request {
    fileprivate var fields: [String] {
        [raisedAt.iso8601(), "REQUEST", String(number), kind.rawValue, what, why, place]
    }
}

extension Event {
    fileprivate var fields: [String] {
        [String(number), at.iso8601(milliseconds: true), severity.word, component, job, code, message]
    }
}

extension WorkerState {
    fileprivate var fields: [String] {
        [String(number), activity.rawValue, blob?.description ?? "-", String(size), String(done), String(attempt)]
    }
}

extension BlobFailure {
    fileprivate var fields: [String] {
        [
            id.description, state.word, failure.side.rawValue, failure.code, failure.message, String(size),
            String(attempts), at.iso8601(),
        ]
    }
}
