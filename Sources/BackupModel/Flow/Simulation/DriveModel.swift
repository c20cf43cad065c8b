/// The constants of a streaming drive.
package struct DriveModel: Hashable, Sendable {
    /// Bytes a second, rising; one for a drive that cannot match its speed to the host's.
    package var speeds: [Double]
    /// The drive's own buffer, in bytes.
    package var buffer: Double
    /// Seconds from running dry to standing ready behind the last block.
    package var stopCost: Double
    /// Level of its own buffer, 0 to 1, at which it begins to write.
    package var startLevel: Double

    package init(speeds: [Double], buffer: Double, stopCost: Double, startLevel: Double) {
        self.speeds = speeds
        self.buffer = buffer
        self.stopCost = stopCost
        self.startLevel = startLevel
    }

    package var lowest: Double { speeds.first ?? 0 }
    package var highest: Double { speeds.last ?? 0 }
    package var range: DriveRange { DriveRange(lowest: lowest, highest: highest) }

    /// Lines of `speeds 180 220 ...` and `buffer 1000` in MB, `stop_cost 3` in seconds, `start_level 0.5`; `#` begins a
    /// comment. Nil when something is missing or cannot be.
    package init?(text: String) {
        var values: [Substring: [Double]] = [:]
        for line in text.split(separator: "\n") {
            let words = line.prefix { $0 != "#" }.split(separator: " ")
            guard let name = words.first else { continue }
            values[name] = words.dropFirst().compactMap { Double($0) }
        }
        guard let speeds = values["speeds"], let buffer = values["buffer"]?.first,
            let stopCost = values["stop_cost"]?.first, let startLevel = values["start_level"]?.first
        else { return nil }
        guard let lowest = speeds.first, lowest > 0, speeds == speeds.sorted(), buffer > 0, stopCost >= 0 else {
            return nil
        }
        self.init(
            speeds: speeds.map { $0 * 1e6 }, buffer: buffer * 1e6, stopCost: stopCost, startLevel: startLevel)
    }
}

/// A drive at work: its buffer drains at the speed it chose, and when it is dry the tape stops.
package struct SimulatedDrive: Sendable {
    package let model: DriveModel
    /// Bytes in its own buffer.
    package private(set) var held = 0.0
    package private(set) var stops = 0
    /// Bytes on the tape.
    package private(set) var onTape = 0.0
    /// Bytes a second; 0 while the tape stands.
    package private(set) var speed = 0.0
    private var hasBegun = false
    /// Seconds until it stands ready again.
    private var settling = 0.0
    /// Bytes a second that come in, over about a second, and when the speed was last chosen.
    private var arriving = 0.0
    private var sinceChoice = 0.0

    package init(_ model: DriveModel) { self.model = model }

    package var room: Double { model.buffer - held }
    /// Seconds from now in which nothing more comes before the tape stops; infinity while it stands.
    package var isRunning: Bool { speed > 0 }

    /// Takes bytes that there is room for, then lets `span` seconds pass. `isEnding`: nothing more comes, so what it
    /// holds is written out however little it is.
    package mutating func advance(_ span: Double, taking bytes: Double, isEnding: Bool) {
        held += bytes
        arriving += (bytes / span - arriving) * min(1, span)
        settling = max(0, settling - span)
        if speed > 0 { run(span, isEnding) } else { startIfReady(isEnding) }
    }

    private mutating func startIfReady(_ isEnding: Bool) {
        guard settling == 0, held > 0, isEnding || held >= model.startLevel * model.buffer else { return }
        hasBegun = true
        speed = isEnding ? model.highest : nearest(to: arriving)
    }

    private mutating func run(_ span: Double, _ isEnding: Bool) {
        let moved = min(held, speed * span)
        held -= moved
        onTape += moved
        sinceChoice += span
        if sinceChoice >= 1 {
            sinceChoice = 0
            // What comes, and a quarter of what is too much or too little in its buffer each second.
            speed = isEnding ? model.highest : nearest(to: arriving + (held - model.buffer / 2) / 4)
        }
        if held <= 0, !isEnding {
            stops += 1
            speed = 0
            settling = model.stopCost
        }
    }

    /// The fastest speed that is not above `rate`, or the lowest.
    private func nearest(to rate: Double) -> Double { model.speeds.last { $0 <= rate } ?? model.lowest }
}
