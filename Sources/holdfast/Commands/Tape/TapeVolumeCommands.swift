import ArgumentParser
import BackupModel

struct TapeVolumes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "volumes", abstract: "Every volume: its state, how full it is, where it is.")

    @Option(help: "Only of that pool.")
    var pool: String?

    @OptionGroup var tape: TapeOptions

    func run() async throws {
        let pool = pool
        let rows = try await TapeHand.with(tape.place) { hand in
            try await hand.volumes(pool: pool == nil ? nil : try hand.pool(pool))
        }
        if tape.json { return Standard.json(rows) }
        let lines = rows.map(\.line)
        Standard.out(
            lines.isEmpty ? "no volumes: put tapes in, then holdfast library inventory" : lines.joined(separator: "\n"))
    }
}

struct TapeRetire: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire", abstract: "Take a volume out of use: it is read, never written again.")

    @Argument(help: "The volume: its label or barcode.") var volume: String
    @Option(help: "Why, for the record.") var reason: String
    @OptionGroup var tape: TapeOptions

    func run() async throws {
        let order = TapeOrder.retire(volume: volume, reason: reason)
        try await tape.order { _ in order }
    }
}

struct TapeOffsite: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "offsite", abstract: "Note where a volume is outside the library; without a place: it is back.")

    @Argument(help: "The volume: its label or barcode.") var volume: String
    @Argument(help: "Where it is, in words. None: back on the shelf.") var location: String = ""
    @OptionGroup var tape: TapeOptions

    func run() async throws {
        let order = TapeOrder.markOffsite(volume: volume, place: location)
        try await tape.order { _ in order }
    }
}

extension VolumeRow {
    /// `NX0004   archive   appendable  LTO-9  5.1 TB of 18 TB  slot 3 of shelf, 4 archives, read back 2026-11-02`
    var line: String {
        let used = volume.capacity.map { "\(Quantity.bytes(volume.used)) of \(Quantity.bytes($0))" }
        var parts = [used ?? Quantity.bytes(volume.used), volume.place.description]
        if archives > 0 { parts.append("\(archives) archive\(archives == 1 ? "" : "s")") }
        if let verifiedAt { parts.append("read back \(verifiedAt.iso8601().prefix(10))") }
        if isKeptForEver {
            parts.append("kept for ever")
        } else if let keptUntil {
            parts.append("kept until \(keptUntil.iso8601().prefix(10))")
        }
        if volume.isWorn { parts.append("worn") }
        if volume.isWORM { parts.append("WORM") }
        if !volume.reason.isEmpty { parts.append(printable(volume.reason.utf8)) }
        return [
            volume.name.padded(to: 12), printable(volume.pool.utf8).padded(to: 12),
            volume.state.rawValue.padded(to: 11),
            (volume.generation?.rawValue ?? "").padded(to: 8), parts.joined(separator: ", "),
        ].joined(separator: " ")
    }
}
