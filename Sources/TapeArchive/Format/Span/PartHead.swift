/// What of an archive comes next at a place of its stream; a part's head depends on it.
package enum StreamStanding: Hashable, Sendable {
    /// A member begins, or the two zero records do.
    case member
    /// Within a member's headers.
    case header
    case data(ContinuedFile)
    /// Between the two zero records, or behind them.
    case end

    /// As the facts name it.
    var word: String {
        switch self {
        case .member: "member"
        case .header: "header"
        case .data: "data"
        case .end: "end"
        }
    }
}

/// A file whose data goes on in the next part.
package struct ContinuedFile: Hashable, Sendable {
    package var name: [UInt8]
    /// Of the file, holes included.
    package var size: Int64
    /// Stored bytes to come: data, and what is left of a sparse map.
    package var storedLeft: Int64
    /// Of a sparse file's data nothing was passed yet, whatever of its map was.
    package var isBeforeSparseData: Bool

    package init(name: [UInt8], size: Int64, storedLeft: Int64, isBeforeSparseData: Bool = false) {
        self.name = name
        self.size = size
        self.storedLeft = storedLeft
        self.isBeforeSparseData = isBeforeSparseData
    }

    /// What GNU tar expects: it counts from a file's end, and has counted nothing at all before the first byte of a
    /// sparse file's data (measured with GNU tar 1.34).
    var gnuOffset: Int64 { isBeforeSparseData ? 0 : size - storedLeft }
    var gnuSize: Int64 { isBeforeSparseData ? size : storedLeft }
}

/// The records in front of a part: a pax global header whose comment is the text for people, and, where the part does
/// not begin with a new archive, a header that GNU tar's `-M` passes over.
///
/// Behind that second header the stream goes on with whatever byte it stood at, be it within a header. GNU tar reads
/// the first header of a continued volume and the one behind it, and takes the rest as what it was just reading.
package struct PartHead: Hashable, Sendable {
    package let facts: PartFacts
    package let bytes: [UInt8]

    /// Throws `badEntry` when the facts cannot be said.
    package init(_ facts: PartFacts, at standing: StreamStanding, device: String) throws(FormatFault) {
        var facts = facts
        facts.begins = standing.word
        var file: ContinuedFile?
        if case .data(let continued) = standing { file = continued }
        var pax = PaxRecords()
        pax.add("comment", try [10] + facts.line() + Array(HowToRead.text(facts, device: device).utf8))
        if let file {
            pax.add("GNU.volume.filename", file.name)
            pax.add("GNU.volume.size", file.gnuSize)
            pax.add("GNU.volume.offset", file.gnuOffset)
        }
        var out = pax.framed(type: TarHeader.TypeFlag.global, name: Array("HOLDFAST".utf8))
        if facts.offset > 0 {
            var next = TarHeader()
            next.type = TarHeader.TypeFlag.volumeName
            next.name = Array("HOLDFAST part \(facts.part)".utf8)
            if let file {
                next.type = TarHeader.TypeFlag.file
                next.name = MemberHead.plain("GNUFileParts/", file.name) + Array(".\(facts.part)".utf8)
                next.size = file.storedLeft
            }
            out += next.bytes
        }
        self.facts = facts
        bytes = out
    }
}

/// A part's head as it was read.
package struct FoundHead: Hashable, Sendable {
    package var facts: PartFacts
    /// Bytes of the head; the archive's stream goes on behind them.
    package var length: Int
    /// Stored bytes that belong to a file begun in the part before; 0 where none does.
    package var continuedBytes: Int64

    /// Largest head that is believed: a text, and a name of any sensible length.
    package static let largest = 1 << 20

    package enum Answer: Hashable, Sendable { case more, none, head(FoundHead) }

    /// Looks for a head in a tape file's first bytes.
    package static func read(_ bytes: ArraySlice<UInt8>) -> Answer {
        let start = bytes.startIndex
        guard bytes.count >= Tar.record else { return .more }
        guard let header = TarHeader(bytes[start..<start + Tar.record]), header.type == TarHeader.TypeFlag.global,
            header.size <= Int64(largest)
        else { return .none }
        let body = start + Tar.record
        let end = body + Int(header.size) + Tar.padding(header.size)
        guard bytes.endIndex >= end else { return .more }
        guard let records = PaxRecords.parse(bytes[body..<body + Int(header.size)]),
            let comment = records.first(where: { $0.key.elementsEqual("comment".utf8) }),
            let facts = PartFacts.find(in: comment.value), facts.isPlausible
        else { return .none }
        guard facts.offset > 0 else {
            return .head(FoundHead(facts: facts, length: end - start, continuedBytes: 0))
        }
        guard bytes.endIndex >= end + Tar.record else { return .more }
        guard let next = TarHeader(bytes[end..<end + Tar.record]), next.size <= PartFacts.largestOffset else {
            return .none
        }
        let isFile = next.type == TarHeader.TypeFlag.file
        return .head(
            FoundHead(facts: facts, length: end + Tar.record - start, continuedBytes: isFile ? next.size : 0))
    }
}
