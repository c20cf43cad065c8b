package import BackupModel

/// How a kind of drive behaves in time: a row of data.
///
/// Sources: speeds of LTO-7 to LTO-9 from IBM's "Speed matching" table of the TS4300 (full height); of LTO-6 the range
/// 54 to 160 MB/s of HPE's LTO-6 data sheet in even steps, of LTO-5 47 to 140 likewise. Load, rewind and first-load times from IBM's
/// TS2290 specifications. Buffers as the makers' data sheets have them. Tape lengths and wraps: ECMA-319 and the LTO
/// consortium's tables.
package struct DriveModel: Hashable, Codable, Sendable {
    package var generation: TapeGeneration
    /// Bytes in a second at which the tape can run, slowest first.
    package var speeds: [Double]
    /// Bytes of the drive's own buffer.
    package var buffer: Int64
    /// Share of the buffer at which a stopped drive starts again.
    package var startsAt: Double
    /// Seconds from stopping to writing on: stop, wind back, start (about 3 s on all of them).
    package var backHitch: Double
    /// Seconds until a cartridge that was put in is ready.
    package var load: Double
    package var unload: Double
    /// Seconds of a first load (LTO-9: 40 to 132 minutes), 0 where there is none.
    package var firstLoad: Double
    /// Seconds from one end of the tape to the other.
    package var wind: Double
    /// Passes from end to end in which the tape is filled, there and back.
    package var wraps: Int
    /// Seconds the robot takes for a move.
    package var armMove: Double

    package static let lto5 = DriveModel(
        generation: .lto5, speeds: steps(47, 140, 14), buffer: 256_000_000, backHitch: 3, load: 12, unload: 17,
        firstLoad: 0, wind: 110, wraps: 80)
    package static let lto6 = DriveModel(
        generation: .lto6, speeds: steps(54, 160, 14), buffer: 512_000_000, backHitch: 3, load: 12, unload: 17,
        firstLoad: 0, wind: 110, wraps: 136)
    package static let lto7 = DriveModel(
        generation: .lto7,
        speeds: megabytes([101, 120, 138, 157, 175, 194, 213, 231, 250, 268, 287, 306]),
        buffer: 1_000_000_000, backHitch: 3, load: 15, unload: 20, firstLoad: 0, wind: 110, wraps: 112)
    package static let lto8 = DriveModel(
        generation: .lto8,
        speeds: megabytes([112, 135, 157, 180, 203, 226, 249, 273, 306, 318, 341, 365]),
        buffer: 1_000_000_000, backHitch: 3, load: 15, unload: 24, firstLoad: 0, wind: 110, wraps: 208)
    package static let lto9 = DriveModel(
        generation: .lto9,
        speeds: megabytes([177, 203, 223, 244, 263, 284, 305, 325, 347, 366, 385, 408]),
        buffer: 1_000_000_000, backHitch: 3, load: 16, unload: 56, firstLoad: 40 * 60, wind: 120, wraps: 280)

    /// The usual drive of a generation; there is one of each of `TapeGeneration.drives`.
    package static func of(_ generation: TapeGeneration) -> DriveModel? {
        [lto5, lto6, lto7, lto8, lto9].first { $0.generation == generation }
    }

    package init(
        generation: TapeGeneration, speeds: [Double], buffer: Int64, backHitch: Double, load: Double, unload: Double,
        firstLoad: Double, wind: Double, wraps: Int, startsAt: Double = 0.5, armMove: Double = 10
    ) {
        self.generation = generation
        self.speeds = speeds.isEmpty ? [1] : speeds
        self.buffer = buffer
        self.startsAt = startsAt
        self.backHitch = backHitch
        self.load = load
        self.unload = unload
        self.firstLoad = firstLoad
        self.wind = wind
        self.wraps = max(1, wraps)
        self.armMove = armMove
    }

    /// Seconds to wind from one place on the medium to another, as shares of the capacity (0 to 1).
    ///
    /// The tape is filled in passes there and back, so what is far in bytes may be near in metres.
    package func seconds(from start: Double, to end: Double) -> Double {
        if start == end { return 0 }
        return 2 + abs(metre(start) - metre(end)) * wind
    }

    /// How far from the beginning of the tape, 0 to 1.
    private func metre(_ share: Double) -> Double {
        let pass = min(max(share, 0), 1) * Double(wraps)
        let along = pass - pass.rounded(.down)
        return Int(pass).isMultiple(of: 2) ? along : 1 - along
    }

    private static func megabytes(_ rates: [Double]) -> [Double] { rates.map { $0 * 1e6 } }

    private static func steps(_ low: Double, _ high: Double, _ count: Int) -> [Double] {
        (0..<count).map { (low + (high - low) * Double($0) / Double(count - 1)) * 1e6 }
    }
}
