import BackupCatalog
package import BackupModel
import WorkerKit

/// What an archive would take, told without a drive and without reading a file: `--dry-run`.
package struct ArchiveEstimate: Sendable {
    package var source: SourceEstimate
    package var needs: VolumeNeeds
    /// The tapes in the order in which they would be written, as far as there are any.
    package var volumes: [Volume]
    /// The archive that an incremental would build on, or empty.
    package var base: String

    /// Walks the sources; blocks. `rate`: bytes a second of the drive, 0 where unknown. `wish`: which tapes fit.
    package init(
        _ work: ArchiveWork, house: ArchiveRun.House, wish: TapeWish, rate: Double,
        isStopped: @escaping () -> Bool = { false }
    ) throws {
        let tapes = TapeCatalog(house.catalog)
        let base = try ArchiveSource.base(of: work, tapes) { _, _ in }
        self.base = base?.archive ?? ""
        source = try ArchiveSource(work.settings, base: base, tapes, files: house.files)
            .estimate(isStopped: isStopped)
        let choice = TapeChoice(
            wish, among: try tapes.candidates(pool: wish.pool.name, at: house.time.wall()))
        let fits = choice.fits.map { ($0.volume, Self.free($0, wish)) }
        needs = source.needs(rate: rate, free: fits.map(\.1))
        volumes = fits.prefix(needs.volumes).map(\.0)
    }

    /// Native bytes that can be written to it; a volume written anew has all of its capacity.
    private static func free(_ fit: TapeChoice.Fit, _ wish: TapeWish) -> Int64 {
        let volume = fit.volume
        let capacity =
            volume.capacity ?? (volume.generation ?? Barcode(volume.barcode).generation ?? wish.generation)?.capacity
            ?? 0
        return fit.rank == .recyclable || fit.rank == .blank ? capacity : max(0, capacity - volume.used)
    }

    /// For people.
    package var words: [String] {
        let tally = source.tally
        var words = [
            "\(tally.files) files, \(Quantity.bytes(tally.bytes)); \(Quantity.bytes(source.archiveBytes)) on tape"
                + (base.isEmpty
                    ? "" : "; \(tally.unchanged) unchanged and \(tally.deleted) gone since archive \(base)"),
            needs.seconds.map { "at full speed \(Quantity.duration($0))" } ?? "the drive's speed is not known",
        ]
        let names = volumes.map(\.name).joined(separator: ", ")
        if needs.missing > 0 {
            words.append(
                "\(Quantity.bytes(needs.missing)) short: "
                    + (volumes.isEmpty ? "no volume fits" : "\(names) will be full") + ", more tapes are needed")
        } else {
            words.append("fits on \(names), with \(Quantity.bytes(needs.lastFree)) to spare")
        }
        if tally.warnings > 0 { words.append("\(tally.warnings) things cannot be read or looked at") }
        return words + source.warnings.map(\.message)
    }
}
