/// The last file of a full volume: what it holds and what comes next (F1).
package struct VolumeEnd: Hashable, Codable, Sendable {
    package static let fileName = "HOLDFAST-VOLUME-END.json"

    /// An archive that is on the volume, whole or in part.
    package struct Holding: Hashable, Codable, Sendable {
        package var archive: String
        package var part: StoredPart
        /// The archive's last part.
        package var isLast: Bool

        package init(archive: String, part: StoredPart, isLast: Bool) {
            self.archive = archive
            self.part = part
            self.isLast = isLast
        }
    }

    package var set: String
    /// Of the set, counted from 1.
    package var volume: Int
    package var label: String
    package var nonce: String
    /// The archive that goes on, the part that is wanted next, and the offset it begins at; empty, 0 and 0 for none.
    package var nextArchive: String
    package var nextPart: Int
    package var nextOffset: Int64
    package var holdings: [Holding]
    /// CRC-32 (as in gzip) of all the rest of this value in JSON without blanks, keys sorted.
    package var crc: UInt32 = 0

    package init(
        set: String, volume: Int, label: String, nonce: String, nextArchive: String = "", nextPart: Int = 0,
        nextOffset: Int64 = 0, holdings: [Holding] = []
    ) {
        self.set = set
        self.volume = volume
        self.label = label
        self.nonce = nonce
        self.nextArchive = nextArchive
        self.nextPart = nextPart
        self.nextOffset = nextOffset
        self.holdings = holdings
    }

    /// The tape file, in whole blocks. `facts` are of kind `.end`.
    package func file(_ facts: PartFacts, device: String = "/dev/nst0") throws -> [UInt8] {
        var sealed = self
        sealed.crc = try checksum()
        let member = try SmallTar.Member(Self.fileName, JSON.encode(sealed, pretty: true) + [10])
        return try SmallTar.make(facts, device: device, [member])
    }

    /// Nil for what is no whole end mark.
    package static func read(_ file: ArraySlice<UInt8>) -> VolumeEnd? {
        guard let member = SmallTar.read(file)?.first(where: { $0.name == fileName }),
            let end = JSON.decode(VolumeEnd.self, member.bytes), let crc = try? end.checksum(), crc == end.crc
        else { return nil }
        return end
    }

    private func checksum() throws(FormatFault) -> UInt32 {
        var bare = self
        bare.crc = 0
        return CRC32.of(try JSON.encode(bare))
    }
}

/// The checksum of gzip and zip (ISO 3309), so that any tool can repeat it.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
    }

    static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
    }
}
