/// The tape file in front of a raw part: says in clear what it is and how to read it.
package enum RawPart {
    package static let fileName = "HOLDFAST-PART.json"

    /// The tape file, in whole blocks. A raw part itself is the packed stream's bytes and nothing else; its last block
    /// is as short as it comes, so that `cat part.1 part.2` is the stream.
    package static func front(_ facts: PartFacts, device: String = "/dev/nst0") throws -> [UInt8] {
        try SmallTar.make(
            facts, device: device,
            [
                SmallTar.Member(fileName, JSON.encode(facts, pretty: true) + [10]),
                SmallTar.Member("README", Array(HowToRead.text(facts, device: device).utf8)),
            ])
    }

    /// The facts of such a file, or nil.
    package static func read(_ file: ArraySlice<UInt8>) -> PartFacts? {
        guard let member = SmallTar.read(file)?.first(where: { $0.name == fileName }) else { return nil }
        return JSON.decode(PartFacts.self, member.bytes)
    }
}

/// Joins the raw parts of an archive: only the next part of the right archive is let through (F28).
package struct RawPartOrder: Hashable, Sendable {
    /// Of the stream, so far.
    package private(set) var offset: Int64 = 0
    private var last: PartFacts?

    package init() {}

    /// Throws `wrongPart`. `bytes` of the part are counted by `advance`.
    package mutating func begin(_ facts: PartFacts) throws(FormatFault) {
        let next = (last?.part ?? 0) + 1
        guard facts.part == next, facts.offset == offset,
            last.map({ $0.set == facts.set && $0.archive == facts.archive }) ?? true
        else {
            throw .wrongPart(
                wanted: "part \(next) at byte \(offset) of archive \(last?.archive ?? facts.archive)",
                found: "part \(facts.part) at byte \(facts.offset) of archive \(facts.archive)")
        }
        last = facts
    }

    package mutating func advance(_ bytes: Int) { offset += Int64(bytes) }
}
