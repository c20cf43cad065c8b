/// Takes an archive's bytes in order: the ring, a file, a test's array.
package protocol ByteSink {
    mutating func put(_ bytes: UnsafeRawBufferPointer) throws
    /// Nothing more comes: what is kept back goes on.
    mutating func finish() throws
}

extension ByteSink {
    package mutating func finish() {}
}

/// Writes the stream of an archive: member after member, then two zero records. It knows nothing of tapes and parts.
///
/// Who reads files straight into a buffer of its own calls `advance` for data it put there itself.
package struct ArchiveWriter<Sink: ByteSink> {
    package var sink: Sink
    /// Bytes put so far: where the next byte stands in the stream, whichever tape that may be.
    package private(set) var offset: Int64 = 0
    /// Members begun.
    package private(set) var members: Int64 = 0
    /// Data bytes the open file still wants.
    package private(set) var room: Int64 = 0
    private var open: MemberPlace?
    private var excess = false
    private var isClosed = false

    package init(into sink: Sink) { self.sink = sink }

    /// Writes the head of a member. Data is wanted only where the place says so, but `finish` belongs to each.
    @discardableResult
    package mutating func begin(_ entry: ArchiveEntry) throws -> MemberPlace {
        guard open == nil, !isClosed else { throw FormatFault.outOfTurn("a member begun inside another") }
        let head = try MemberHead(entry)
        let place = MemberPlace(
            member: members, start: offset, dataStart: offset + Int64(head.bytes.count), mapBytes: head.mapBytes,
            dataBytes: head.dataBytes)
        try put(head.bytes)
        members += 1
        room = head.dataBytes
        excess = false
        open = place
        return place
    }

    /// Data of the open file; what goes beyond its declared size is cut off and makes the verdict `grew`.
    package mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard open != nil else { throw FormatFault.outOfTurn("data outside of a member") }
        let kept = Int(min(Int64(bytes.count), room))
        if kept < bytes.count { excess = true }
        guard kept > 0 else { return }
        try sink.put(UnsafeRawBufferPointer(rebasing: bytes[..<kept]))
        offset += Int64(kept)
        room -= Int64(kept)
    }

    /// Counts data that the caller put into the sink's memory by itself: at most `room` bytes.
    package mutating func advance(_ bytes: Int64) throws {
        guard open != nil, bytes >= 0, bytes <= room else { throw FormatFault.outOfTurn("more data than declared") }
        offset += bytes
        room -= bytes
    }

    /// Ends the open member: fills up what is missing with zeros and tells of it.
    /// `grew`: the source had more to give, for callers that read no further than `room`.
    @discardableResult
    package mutating func finish(grew: Bool = false) throws -> MemberVerdict {
        guard let place = open else { throw FormatFault.outOfTurn("no member to end") }
        let missing = room
        try putZeros(room)
        room = 0
        try putZeros(Int64(Tar.padding(place.dataBytes)))
        open = nil
        return missing > 0 ? .shrank(missing: missing) : excess || grew ? .grew : .asDeclared
    }

    /// Ends the archive. Filling up to a whole tape block is the last part's business (`PartFrame`).
    package mutating func close() throws {
        guard open == nil, !isClosed else { throw FormatFault.outOfTurn("an archive closed inside a member") }
        try putZeros(Int64(2 * Tar.record))
        isClosed = true
    }

    private mutating func put(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try sink.put($0) }
        offset += Int64(bytes.count)
    }

    private mutating func putZeros(_ count: Int64) throws {
        guard count > 0 else { return }
        let zeros = [UInt8](repeating: 0, count: Int(min(count, 1 << 16)))
        var left = count
        while left > 0 {
            let piece = Int(min(left, Int64(zeros.count)))
            try zeros.withUnsafeBytes { try sink.put(UnsafeRawBufferPointer(rebasing: $0[..<piece])) }
            left -= Int64(piece)
        }
        offset += count
    }
}

/// Where a member lies in its archive's stream, in bytes from the first.
package struct MemberPlace: Hashable, Sendable {
    /// Counted from 0.
    package var member: Int64
    /// Of its first header.
    package var start: Int64
    /// Of the file's data, behind headers and sparse map.
    package var dataStart: Int64
    package var mapBytes: Int
    package var dataBytes: Int64

    package init(member: Int64, start: Int64, dataStart: Int64, mapBytes: Int = 0, dataBytes: Int64) {
        self.member = member
        self.start = start
        self.dataStart = dataStart
        self.mapBytes = mapBytes
        self.dataBytes = dataBytes
    }

    /// Of the next member.
    package var end: Int64 { dataStart + dataBytes + Int64(Tar.padding(dataBytes)) }
}

/// How a file was compared with what its header had promised.
package enum MemberVerdict: Hashable, Sendable {
    case asDeclared
    /// Cut at its declared size.
    case grew
    /// Filled up with so many zeros.
    case shrank(missing: Int64)
}
