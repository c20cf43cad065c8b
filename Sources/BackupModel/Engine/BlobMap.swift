/// How the blobs stand by the leading byte of their names: 256 marks, or none while unknown.
///
/// In JSON one string with a letter for each mark, so that many mirrors fit into one state.
package struct BlobMap: Hashable, Sendable {
    package var marks: [MapMark]

    package init(_ marks: [MapMark] = []) { self.marks = marks }

    /// From the counts that the index keeps.
    package init(counts: [MapCell]) { marks = counts.map(MapMark.init) }
}

extension BlobMap: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        marks = try text.utf8.map { letter in
            guard let mark = MapMark(letter: letter) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "no mark of a blob map")
            }
            return mark
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(String(decoding: marks.map(\.letter), as: UTF8.self))
    }
}

/// What one leading byte stands for: the most urgent of its blobs decides.
package enum MapMark: Hashable, CaseIterable, Sendable {
    case verified, placed, waiting, active, failed

    /// The letter that both the wire and the screen show, in ASCII.
    package var letter: UInt8 {
        switch self {
        case .verified: UInt8(ascii: "v")
        case .placed: UInt8(ascii: "#")
        case .waiting: UInt8(ascii: ".")
        case .active: UInt8(ascii: ">")
        case .failed: UInt8(ascii: "!")
        }
    }

    init?(letter: UInt8) {
        guard let mark = Self.allCases.first(where: { $0.letter == letter }) else { return nil }
        self = mark
    }

    package init(_ cell: MapCell) {
        self =
            if cell.failed > 0 {
                .failed
            } else if cell.active > 0 {
                .active
            } else if cell.placed + cell.verified < cell.total {
                .waiting
            } else {
                cell.verified == cell.total && cell.total > 0 ? .verified : .placed
            }
    }
}
