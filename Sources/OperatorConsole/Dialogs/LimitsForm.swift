import BackupModel

/// Bandwidth, workers, batch and read-back of a running mirror, as a form.
package struct LimitsForm: Hashable, Sendable {
    enum Field: Int, CaseIterable {
        case rate, workers, batch, readBack

        var label: SafeText {
            switch self {
            case .rate: "bandwidth"
            case .workers: "workers"
            case .batch: "batch"
            case .readBack: "read-back"
            }
        }

        var explanation: SafeText {
            switch self {
            case .rate: "a second: 40M, 1.5G, or none"
            case .workers: "1 to 64 blobs at once"
            case .batch: "1 to 100000 blobs made durable together"
            case .readBack: "Left or Right: none, direct, later"
            }
        }
    }

    enum Outcome: Equatable {
        case open, closed
        case done(CopyLimits)
    }

    package let mirror: String
    private(set) var focus = Field.rate
    private(set) var readBack: ReadBack
    private(set) var problem: SafeText?
    private var fields: [Field: TextField]

    init(_ copy: CopyState) {
        mirror = copy.name
        readBack = copy.limits.readBack
        fields = [
            .rate: TextField(copy.limits.rate.map(LimitsForm.shortest) ?? "none"),
            .workers: TextField(String(copy.limits.workers)),
            .batch: TextField(String(copy.limits.batch)),
        ]
    }

    func text(_ field: Field) -> String { field == .readBack ? readBack.rawValue : fields[field]?.text ?? "" }

    mutating func take(_ key: Key) -> Outcome {
        switch key {
        case .escape, .control("c"): return .closed
        case .up, .backTab: move(-1)
        case .down, .tab: move(1)
        case .enter: return finish()
        case .left where focus == .readBack: turn(-1)
        case .right where focus == .readBack, .character(" ") where focus == .readBack: turn(1)
        default:
            if fields[focus]?.take(key) == true { problem = nil }
        }
        return .open
    }

    mutating func take(pasted bytes: [UInt8]) { fields[focus]?.take(pasted: bytes) }

    private mutating func move(_ step: Int) {
        let count = Field.allCases.count
        focus = Field(rawValue: (focus.rawValue + step + count) % count) ?? .rate
    }

    private mutating func turn(_ step: Int) {
        let all = ReadBack.allCases
        let index = all.firstIndex(of: readBack) ?? 0
        readBack = all[(index + step + all.count) % all.count]
    }

    private mutating func finish() -> Outcome {
        guard let rate = LimitsForm.rate(text(.rate)) else {
            return complain(.rate, "bandwidth: for instance 40M, or none")
        }
        guard let workers = Int(text(.workers)), (1...64).contains(workers) else {
            return complain(.workers, "workers: a number from 1 to 64")
        }
        guard let batch = Int(text(.batch)), (1...100_000).contains(batch) else {
            return complain(.batch, "batch: a number from 1 to 100000")
        }
        return .done(CopyLimits(workers: workers, batch: batch, rate: rate.bytes, readBack: readBack))
    }

    private mutating func complain(_ field: Field, _ text: SafeText) -> Outcome {
        focus = field
        problem = text
        return .open
    }

    /// `40M`, `1.5 GiB`, `700k/s`, `none`: bytes a second in powers of 1024; nil when it cannot be read.
    static func rate(_ text: String) -> (bytes: Int64?, Void)? {
        let word = text.lowercased().filter { $0 != " " }
        if word == "none" || word.isEmpty { return (nil, ()) }
        let number = word.prefix { $0.isNumber || $0 == "." }
        var unit = word.dropFirst(number.count)
        if unit.hasSuffix("/s") { unit = unit.dropLast(2) }
        let scale: Double? =
            switch unit {
            case "", "b": 1
            case "k", "kib": 1024
            case "m", "mib": 1_048_576
            case "g", "gib": 1_073_741_824
            default: nil
            }
        guard let value = Double(number), let scale, value * scale >= 1, value * scale < 1e15 else { return nil }
        return (Int64(value * scale), ())
    }

    private static func shortest(_ rate: Int64) -> String {
        for (unit, scale) in [("G", Int64(1 << 30)), ("M", 1 << 20), ("K", 1 << 10)] where rate % scale == 0 {
            return String(rate / scale) + unit
        }
        return String(rate)
    }
}
