/// One cartridge as the catalog knows it.
package struct Volume: Hashable, Codable, Sendable {
    package enum State: String, Hashable, Codable, Sendable, CaseIterable {
        /// Labelled, and nothing else on it.
        case empty
        case appendable
        case full
        /// A block could not be written: read only from now on (F3).
        case error
        /// Taken out of use by a person.
        case retired
        case cleaning
        /// Ours by its barcode, and proved blank or not looked at yet.
        case unlabelled
        /// Somebody else's data (F9).
        case foreign
        /// Bears the name of another one of ours (F13).
        case quarantined
    }

    package var label: String
    /// 32 hex digits, new with every labelling: decides where labels and barcodes are equal. Empty without a label.
    package var nonce: String
    /// What a labelling in progress writes, or empty: whichever of the two the tape shows is true (F12).
    package var intendedNonce: String
    package var barcode: String
    package var pool: String
    package var state: State
    /// Why it is in that state, or empty.
    package var reason: String
    /// Nil where nobody knows.
    package var generation: TapeGeneration?
    package var isWORM: Bool
    /// Nearing its end by its own alerts or loads: written no more, copied off (F34).
    package var isWorn: Bool
    /// Of the cartridge, from its memory, or empty.
    package var serial: String
    /// Bytes, 0 before it has a label.
    package var blockSize: Int
    /// Bytes, native, or nil.
    package var capacity: Int64?
    /// Bytes written to it, as they lie on it.
    package var used: Int64
    /// Tape files on it, label included: the number of the next one.
    package var tapeFiles: Int
    /// The block behind its last filemark, as the drive counts; nil where nobody knows.
    package var endBlock: Int64?
    package var labelledAt: WallTime?
    package var lastWrittenAt: WallTime?
    package var loads: Int64
    package var softErrors: Int64
    package var hardErrors: Int64
    package var place: VolumePlace
    /// Serial and firmware of the drive that wrote it last.
    package var driveSerial: String
    package var driveFirmware: String

    package init(label: String, nonce: String = "", barcode: String = "", pool: String = "", state: State) {
        self.label = label
        self.nonce = nonce
        self.barcode = barcode
        self.pool = pool
        self.state = state
        intendedNonce = ""
        reason = ""
        isWORM = false
        isWorn = false
        serial = ""
        blockSize = 0
        used = 0
        tapeFiles = nonce.isEmpty ? 0 : 1
        loads = 0
        softErrors = 0
        hardErrors = 0
        place = .shelf("")
        driveSerial = ""
        driveFirmware = ""
    }

    /// Native bytes left, or nil where the capacity is unknown.
    package var free: Int64? { capacity.map { max(0, $0 - used) } }

    /// What people call it: its label, or the barcode while it has none. Foreign bytes escaped.
    package var name: String { printable((label.isEmpty ? barcode : label).utf8) }
}

/// Where a cartridge is.
package enum VolumePlace: Hashable, Sendable {
    case slot(library: String, number: Int)
    /// The import and export slots, where a hand can reach it.
    case port(library: String, number: Int)
    case drive(String)
    /// Outside of any library; in words, or empty where nobody said.
    case shelf(String)
    case offsite(String)
}

extension VolumePlace: CustomStringConvertible, Codable {
    /// `slot 3 of shelf`, `drive lto9`, `off-site at the bank`; foreign bytes escaped.
    package var description: String {
        switch self {
        case .slot(let library, let number): "slot \(number) of \(library)"
        case .port(let library, let number): "import slot \(number) of \(library)"
        case .drive(let name): "drive \(name)"
        case .shelf(""): "outside the library"
        case .shelf(let words): "outside the library: " + printable(words.utf8)
        case .offsite(let words): "off-site: " + printable(words.utf8)
        }
    }

    /// As it is stored: the kind and its fields, divided by colons.
    package var stored: String {
        switch self {
        case .slot(let library, let number): "slot:\(library):\(number)"
        case .port(let library, let number): "port:\(library):\(number)"
        case .drive(let name): "drive:" + name
        case .shelf(let words): "shelf:" + words
        case .offsite(let words): "offsite:" + words
        }
    }

    /// Nil for what is not written so.
    package init?(stored text: String) {
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard halves.count == 2 else { return nil }
        let fields = halves[1].split(separator: ":", omittingEmptySubsequences: false)
        let number = fields.count == 2 ? Int(fields[1]) : nil
        switch (halves[0], number) {
        case ("slot", let number?): self = .slot(library: String(fields[0]), number: number)
        case ("port", let number?): self = .port(library: String(fields[0]), number: number)
        case ("drive", _): self = .drive(halves[1])
        case ("shelf", _): self = .shelf(halves[1])
        case ("offsite", _): self = .offsite(halves[1])
        default: return nil
        }
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let read = VolumePlace(stored: text) else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "no place: \(text)"))
        }
        self = read
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(stored)
    }
}
