/// Who a volume is: the first file on its tape.
package struct VolumeLabel: Hashable, Codable, Sendable {
    package static let currentFormat = 1
    package static let fileName = "HOLDFAST-LABEL.json"

    /// Grows when older programs must not write to the volume any more.
    package var format = VolumeLabel.currentFormat
    package var label: String
    /// 32 random hex digits, new with every labelling: decides between cartridges of one name (F6, F13, F29).
    package var nonce: String
    package var pool: String
    package var barcode: String
    /// Of the cartridge, `LTO-9`.
    package var generation: String
    /// ISO 8601.
    package var created: String
    package var blockSize: Int
    /// Of the cartridge, from its memory, or empty.
    package var serial: String
    package var program: String
    /// Ids of the keys that archives on it may need; the keys themselves are never on a tape.
    package var keys: [String]

    package init(
        label: String, nonce: String, pool: String = "", barcode: String = "", generation: String = "",
        created: String, blockSize: Int, serial: String = "", program: String, keys: [String] = []
    ) {
        self.label = label
        self.nonce = nonce
        self.pool = pool
        self.barcode = barcode
        self.generation = generation
        self.created = created
        self.blockSize = blockSize
        self.serial = serial
        self.program = program
        self.keys = keys
    }

    private struct Sealed: Codable {
        var label: VolumeLabel
        /// SHA-256 of the label's own JSON without blanks, keys sorted.
        var check: String
    }

    /// The tape file: facts, JSON, README and the decoder, in whole blocks.
    package func file(device: String = "/dev/nst0") throws -> [UInt8] {
        let facts = PartFacts(
            .label, set: nonce, archive: nonce, sequence: 0, label: label, nonce: nonce, blockSize: blockSize,
            created: created)
        let sealed = try Sealed(label: self, check: Digest.sha256(JSON.encode(self)))
        return try SmallTar.make(
            facts, device: device,
            [
                SmallTar.Member(Self.fileName, JSON.encode(sealed, pretty: true) + [10]),
                SmallTar.Member("README", Array(readme(device: device).utf8)),
                SmallTar.Member("holdfast-decrypt.py", DecryptProgram.source),
            ])
    }

    /// The label in a tape's first file, or nil where it is not whole.
    package static func read(_ file: ArraySlice<UInt8>) -> VolumeLabel? {
        guard let member = SmallTar.read(file)?.first(where: { $0.name == fileName }),
            let sealed = JSON.decode(Sealed.self, member.bytes),
            let plain = try? JSON.encode(sealed.label), let check = try? Digest.sha256(plain), check == sealed.check
        else { return nil }
        return sealed.label
    }
}
