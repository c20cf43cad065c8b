/// Puts an archive together again from its parts, whose set and order it checks before it takes a byte (F28).
package struct SpanReader<Sink: ArchiveSink> {
    package private(set) var tar: TarReader<Sink>
    /// Of the part being read, or the last.
    package private(set) var head: FoundHead?
    private var front: [UInt8] = []
    private var isInHead = false
    private let acceptsGaps: Bool
    private var wanted: PartFacts?

    /// `wanted`: facts of the archive's first part, if known from the catalog; otherwise the first part fed sets them.
    /// `acceptsGaps`: an explicit wish to read what there is; parts may be missing, but never go backwards.
    package init(_ sink: Sink, wanted: PartFacts? = nil, acceptsGaps: Bool = false) {
        tar = TarReader(sink)
        self.wanted = wanted
        self.acceptsGaps = acceptsGaps
    }

    /// The next tape file begins.
    package mutating func beginPart() {
        front = []
        isInHead = true
    }

    /// Bytes of the part, blocks of any size. Throws `wrongPart` and `malformed` before anything of it reaches the sink.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer) throws {
        guard isInHead else { return try tar.feed(bytes) }
        front.append(contentsOf: bytes)
        switch FoundHead.read(front[...]) {
        case .more:
            guard front.count <= 2 * FoundHead.largest else { throw FormatFault.malformed("no head", offset: 0) }
        case .none: throw FormatFault.malformed("a part without a head of ours", offset: 0)
        case .head(let found):
            try accept(found)
            isInHead = false
            let rest = front[found.length...]
            front = []
            try rest.withUnsafeBytes { try tar.feed($0) }
        }
    }

    /// No part is left: tells of what is missing.
    package mutating func finish() throws { try tar.finish() }

    private mutating func accept(_ found: FoundHead) throws {
        let facts = found.facts
        if let wanted, facts.set != wanted.set || facts.archive != wanted.archive || facts.kind != wanted.kind {
            throw FormatFault.wrongPart(wanted: Self.words(wanted), found: Self.words(facts))
        }
        let next = (head?.facts.part ?? 0) + 1
        let isNext = facts.part == next && facts.offset == tar.offset
        let isLater = facts.part > next && facts.offset >= tar.offset
        guard isNext || (acceptsGaps && isLater) else {
            throw FormatFault.wrongPart(
                wanted: "part \(next) at byte \(tar.offset) of archive \(wanted?.archive ?? facts.archive)",
                found: Self.words(facts))
        }
        if !isNext { try tar.skipGap(to: found) }
        head = found
        wanted = wanted ?? facts
    }

    private static func words(_ facts: PartFacts) -> String {
        "part \(facts.part) at byte \(facts.offset) of archive \(facts.archive), set \(facts.set)"
    }
}
