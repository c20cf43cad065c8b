/// What a person wants of drives, robots and volumes. Volumes are named by label or by barcode, drives and libraries as
/// in the settings.
package enum TapeOrder: Hashable, Codable, Sendable {
    /// By the robot; nil: into the drive that is free.
    case load(volume: String, drive: String?)
    /// Back to the slot it came from.
    case unload(drive: String)
    /// Out into somebody's hand.
    case eject(drive: String)
    case rewind(drive: String)
    case retension(drive: String)
    /// With the cleaning cartridge of the library.
    case clean(drive: String)
    case holdAfterTape(drive: String, isOn: Bool)
    case setFlow(drive: String, policy: FlowRule)
    /// `overwriting`: what lies on the tape, typed by a person: its label, or its barcode where it has none of ours.
    case label(drive: String, label: String, pool: String, overwriting: String?)
    /// Every blank cartridge in the library's slots gets its barcode as label.
    case labelAll(library: String, pool: String)
    /// `typed`: the label or barcode, typed by a person.
    case erase(drive: String, typed: String, isLong: Bool)
    case inventory(library: String)
    /// `slot 3`, `port 1`, `drive lto9`.
    case move(library: String, from: String, to: String)
    /// From an import slot into the first free slot.
    case importMedium(library: String)
    case exportMedium(volume: String)
    /// `place` empty: it is back on the shelf.
    case markOffsite(volume: String, place: String)
    case retire(volume: String, reason: String)
    /// An archive that no job of the settings stands for.
    case archive(TapeJobSettings, drive: String?, policy: FlowRule?, buffer: BufferSize?)
    case verify(volume: String, drive: String?)
    /// Ends what such an order began; by its drive, or by the name or the id of the run.
    case cancel(drive: String)
    case motion(drive: String, TapeMotion)
    /// Measures which block size the drive is quickest with; on a blank tape only.
    case tune(drive: String)
    /// A new blank cartridge for a virtual library's first empty slot. Bytes; nil: what its generation holds.
    case addCartridge(library: String, barcode: String, capacity: Int64?)

    /// The drive it is about, where it names one.
    package var drive: String? {
        switch self {
        case .load(_, let drive), .archive(_, let drive, _, _), .verify(_, let drive): drive
        case .unload(let drive), .eject(let drive), .rewind(let drive), .retension(let drive), .clean(let drive),
            .holdAfterTape(let drive, _), .setFlow(let drive, _), .label(let drive, _, _, _), .erase(let drive, _, _),
            .cancel(let drive), .motion(let drive, _), .tune(let drive):
            drive
        case .labelAll, .inventory, .move, .importMedium, .exportMedium, .markOffsite, .retire, .addCartridge: nil
        }
    }
}

extension TapeOrder {
    /// Every text in it, for whoever bounds them.
    package var texts: [String] {
        switch self {
        case .load(let volume, let drive), .verify(let volume, let drive): [volume, drive ?? ""]
        case .unload(let drive), .eject(let drive), .rewind(let drive), .retension(let drive), .clean(let drive),
            .holdAfterTape(let drive, _), .setFlow(let drive, _), .cancel(let drive), .tune(let drive):
            [drive]
        case .label(let drive, let label, let pool, let overwriting): [drive, label, pool, overwriting ?? ""]
        case .labelAll(let library, let pool): [library, pool]
        case .erase(let drive, let typed, _): [drive, typed]
        case .inventory(let library), .importMedium(let library): [library]
        case .motion(let drive, .read(let path)): [drive, path]
        case .motion(let drive, _): [drive]
        case .addCartridge(let library, let barcode, _): [library, barcode]
        case .move(let library, let from, let to): [library, from, to]
        case .exportMedium(let volume): [volume]
        case .markOffsite(let volume, let words), .retire(let volume, let words): [volume, words]
        case .archive(let job, let drive, _, _):
            job.sources + job.include + job.exclude + [job.pool, job.spool ?? "", drive ?? ""]
        }
    }
}
