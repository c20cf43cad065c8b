/// What a tape file says of itself at its head, in one line of JSON within the text for people.
package struct PartFacts: Hashable, Codable, Sendable {
    package enum Kind: String, Hashable, Codable, Sendable { case label, archive, index, end }

    package static let currentFormat = 1

    package var format = PartFacts.currentFormat
    package var kind: Kind
    /// All archives of one run, or one spanned archive: 32 hex digits.
    package var set: String
    package var archive: String
    /// Counts a volume's tape files, label 0: a scan finds lost and extra filemarks by it (F19).
    package var sequence: Int
    /// Of the archive, from 1.
    package var part: Int
    /// Where in the archive's stream the part begins, bytes.
    package var offset: Int64
    /// What comes first: `member`, `header` (the rest of a member's headers), `data` (of a file) or `end`.
    package var begins = "member"
    package var label: String
    /// Of the volume's label: two cartridges may bear one name, never one nonce (F13).
    package var nonce: String
    package var blockSize: Int
    /// ISO 8601, for people.
    package var created: String
    package var compression = Compression.none
    /// Empty, or the id of the key.
    package var key = ""

    package init(
        _ kind: Kind, set: String, archive: String, sequence: Int, part: Int = 1, offset: Int64 = 0, label: String,
        nonce: String, blockSize: Int, created: String
    ) {
        self.kind = kind
        self.set = set
        self.archive = archive
        self.sequence = sequence
        self.part = part
        self.offset = offset
        self.label = label
        self.nonce = nonce
        self.blockSize = blockSize
        self.created = created
    }

    /// No archive comes near, and sums of such numbers cannot overflow.
    static let largestOffset = Int64.max / 4

    /// Numbers that can be reckoned with, whatever the bytes they came from.
    var isPlausible: Bool {
        (0...Self.largestOffset).contains(offset) && (1...Int(Int32.max)).contains(part)
            && (Tar.record...(64 << 20)).contains(blockSize) && blockSize % Tar.record == 0
    }

    static let mark = Array("HOLDFAST ".utf8)

    /// The mark and the facts on one line.
    func line() throws(FormatFault) -> [UInt8] { try Self.mark + JSON.encode(self) + [10] }

    /// The facts in a text that has such a line, or nil.
    static func find(in text: ArraySlice<UInt8>) -> PartFacts? {
        for line in text.split(separator: 10) where line.starts(with: mark) {
            return JSON.decode(PartFacts.self, Array(line.dropFirst(mark.count)))
        }
        return nil
    }
}
