import BackupModel

/// A drive in lines.
struct DriveText {
    var drive: DriveState

    var paragraph: String {
        var lines = ["drive \(said(drive.name)): \(standing)"]
        let who = [drive.identity.vendor, drive.identity.model, drive.generation].filter { !$0.isEmpty }.map(said)
        if !who.isEmpty { lines.append("  is       " + who.joined(separator: " ") + at) }
        if let medium = drive.medium { lines.append("  tape     " + words(medium)) }
        if let stream = drive.stream { lines += words(stream) }
        if let request = drive.request { lines.append("  waits    for request #\(request): holdfast requests") }
        if drive.holdsAfterTape { lines.append("  holds    after this tape") }
        lines += drive.alerts.map { "  alert    " + said($0) }
        if let trouble = drive.lastTrouble {
            lines.append(
                "  trouble  \(trouble.at.iso8601()) \(said(trouble.words))\(trouble.wasRecovered ? ", recovered" : "")")
        }
        return lines.joined(separator: "\n")
    }

    var errors: String {
        let health = drive.health
        var lines = [
            "drive \(said(drive.name))\(at)",
            "  written  \(Quantity.bytes(health.bytesWritten)), corrected \(health.softWriteErrors),"
                + " not corrected \(health.hardWriteErrors)",
            "  read     corrected \(health.softReadErrors), not corrected \(health.hardReadErrors)",
        ]
        lines += drive.alerts.map { "  alert    " + said($0) }
        if drive.alerts.isEmpty { lines.append("  alert    none stands") }
        if let trouble = drive.lastTrouble {
            lines.append("  last     \(trouble.at.iso8601()) \(said(trouble.words))")
        }
        return lines.joined(separator: "\n")
    }

    private var at: String {
        let serial = drive.identity.serial.isEmpty ? "" : ", serial \(said(drive.identity.serial))"
        return (drive.device.isEmpty ? "" : " at \(said(drive.device))") + serial
    }

    private var standing: String {
        let job = drive.job.isEmpty ? "" : " for \(said(drive.job))"
        switch drive.standing {
        case .held(let by): return "in use by \(said(by))"
        case .trouble(let words): return "trouble: \(said(words))"
        default: return drive.standing.word + job
        }
    }

    private func words(_ medium: LoadedMedium) -> String {
        let label = medium.label.isEmpty ? "no label of ours" : said(medium.label)
        var parts = [label]
        if !medium.barcode.isEmpty { parts.append("barcode \(said(medium.barcode))") }
        if !medium.pool.isEmpty { parts.append("pool \(said(medium.pool))") }
        if let capacity = medium.capacity {
            parts.append("\(Quantity.bytes(medium.used)) of \(Quantity.bytes(capacity))")
        }
        if medium.isWriteProtected { parts.append("write-protected") }
        if medium.isWORM { parts.append("WORM") }
        if !medium.key.isEmpty { parts.append("key \(said(medium.key))") }
        if !medium.words.isEmpty { parts.append(said(medium.words)) }
        return parts.joined(separator: ", ")
    }

    private func words(_ stream: StreamState) -> [String] {
        [
            "  stream   \(said(stream.phase)), part \(stream.part), \(Quantity.bytes(stream.written)) written"
                + (stream.expected.map { " of \(Quantity.bytes($0))" } ?? ""),
            "  rates    source \(Quantity.rate(stream.sourceRate)), drive \(Quantity.rate(stream.driveRate)),"
                + " buffer \(Quantity.bytes(stream.fill)) of \(Quantity.bytes(stream.size)), \(said(stream.policy))",
            "  stops    \(stream.counts.stops), for want of data \(stream.counts.underRuns),"
                + " wound back \(stream.counts.backHitches)",
        ]
    }

    private func said(_ text: String) -> String { printable(text.utf8) }
}
