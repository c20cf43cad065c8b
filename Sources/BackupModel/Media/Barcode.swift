/// What a barcode says by itself: `NX0007L9` is cartridge NX0007 of LTO-9.
package struct Barcode: Hashable, Sendable {
    /// As read, blanks trimmed.
    package var text: String

    package init(_ text: String) {
        let bytes = text.utf8.drop { $0 == 32 }
        self.text = String(decoding: bytes.reversed().drop { $0 == 32 }.reversed(), as: UTF8.self)
    }

    /// Nil where the last two characters name none.
    package var generation: TapeGeneration? {
        text.utf8.count >= 6 ? TapeGeneration(barcodeSuffix: String(text.suffix(2))) : nil
    }

    package var isWORM: Bool { generation.map { text.hasSuffix($0.wormSuffix) && !$0.wormSuffix.isEmpty } ?? false }

    /// `CLNU01L1`: never labelled, never written.
    package var isCleaning: Bool { text.hasPrefix("CLN") }

    /// Without the two characters of the generation.
    package var name: String { generation == nil ? text : String(text.dropLast(2)) }
}

/// Barcodes that are ours: `NX0000..NX0999`, both ends included, the generation left out.
package struct BarcodeRange: Hashable, Codable, Sendable {
    package var first: String
    package var last: String

    /// Reads `FIRST..LAST` of one length, or one barcode; nil for anything but `A-Z 0-9`, and for a range upside down.
    package init?(_ text: String) {
        let halves = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        switch halves.count {
        case 1: (first, last) = (text, text)
        case 3 where halves[1].isEmpty: (first, last) = (halves[0], halves[2])
        default: return nil
        }
        let isPlain = (first + last).utf8.allSatisfy {
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
        guard isPlain, (1...30).contains(first.utf8.count), first.utf8.count == last.utf8.count, first <= last else {
            return nil
        }
    }

    package var text: String { first == last ? first : "\(first)..\(last)" }

    /// True for a barcode of that length within the ends, with or without its generation.
    package func contains(_ barcode: Barcode) -> Bool {
        [barcode.text, barcode.name].contains { name in
            name.utf8.count == first.utf8.count && name >= first && name <= last
        }
    }
}
