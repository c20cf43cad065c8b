import BackupCatalog
import BackupModel

/// What is done with a cartridge that came into a drive which waits for one of a pool. A value.
enum TapeFit: Sendable {
    /// Append to that volume.
    case use(KnownVolume)
    /// Write that label, over what was read.
    case label(String, over: VolumeReading)
    /// It is blank, and nobody said what to call it.
    case nameless(String)
    case unfit(String)

    /// `choice`: what would do for the pool. `name`: the label somebody gave for a blank one.
    init(_ sighting: Sighting, pool: Pool, drive: TapeGeneration?, choice: TapeChoice, name: String?) {
        let volumes = choice.fits.filter { $0.rank == .appendable || $0.rank == .empty }.map(\.volume)
        let verdict = LabelVerdict.judge(sighting.question(.append(volumes), pool: pool, drive: drive))
        let known = sighting.known
        let fit = choice.fits.first { $0.volume.nonce == known?.volume.nonce && !$0.volume.nonce.isEmpty }
        switch (verdict.action, verdict.reason) {
        case (.use, _):
            if let known, fit != nil {
                self = .use(known)
            } else {
                self = .unfit(TapeFit.why(known, choice, pool) ?? verdict.words)
            }
        case (.label, .blank): self = TapeFit.blank(sighting, name)
        default:
            if let known, fit?.rank == .recyclable, verdict.reason == .wrongVolume || verdict.reason == .notAppendable {
                self = TapeFit.recycle(sighting, known, pool, drive)
            } else {
                let isOther = [.wrongVolume, .notAppendable].contains(verdict.reason)
                self = .unfit((isOther ? TapeFit.why(known, choice, pool) : nil) ?? verdict.words)
            }
        }
    }

    private static func why(_ known: KnownVolume?, _ choice: TapeChoice, _ pool: Pool) -> String? {
        guard let known else { return nil }
        if known.volume.pool != pool.name {
            return "\(known.volume.name) is of pool \(printable(known.volume.pool.utf8))"
        }
        return choice.rejected.first {
            $0.volume.nonce == known.volume.nonce && $0.volume.barcode == known.volume.barcode
        }
        .map { "\($0.volume.name) \($0.reason)" }
    }

    /// By its barcode where that is ours, else only by a name that was given for it (F7).
    private static func blank(_ sighting: Sighting, _ name: String?) -> TapeFit {
        if let name { return .label(name, over: sighting.probe.reading) }
        let barcode = sighting.sight.barcode
        let isOurs = !sighting.ours.isEmpty && sighting.ours.contains { $0.contains(barcode) }
        if !barcode.text.isEmpty, isOurs || sighting.known?.volume.state == .unlabelled {
            return .label(barcode.name, over: sighting.probe.reading)
        }
        return .nameless("the tape is blank: answer with a label for it")
    }

    /// All on it has expired; label and catalog agree (F11).
    private static func recycle(
        _ sighting: Sighting, _ known: KnownVolume, _ pool: Pool, _ drive: TapeGeneration?
    ) -> TapeFit {
        let verdict = LabelVerdict.judge(sighting.question(.label, pool: pool, drive: drive))
        return verdict.action == .label(.none)
            ? .label(known.volume.label, over: sighting.probe.reading) : .unfit(verdict.words)
    }
}
