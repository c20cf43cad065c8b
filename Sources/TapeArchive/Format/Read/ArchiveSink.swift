/// Takes what is read out of an archive, in order. Nothing here writes to a disk.
package protocol ArchiveSink {
    /// A member begins. Nothing of it was checked against a disk: its size may be 8 EiB, its name may be `../x`.
    mutating func begin(_ entry: ArchiveEntry, at place: MemberPlace) throws
    /// Data of the open file, ascending, at that offset of the file; what is never sent is a hole.
    mutating func data(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws
    /// The open member ends. Not whole: some of its data is missing from here, and a trouble says why.
    mutating func end(isWhole: Bool) throws
    /// Something is wrong at one place; reading goes on behind it.
    mutating func trouble(_ trouble: ArchiveTrouble) throws
}

/// What is wrong at one place of an archive.
package struct ArchiveTrouble: Error, Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// No header where one must be: a wrong checksum, or a number that is none.
        case badHeader = "bad_header"
        case badExtendedHeader = "bad_extended_header"
        /// An extended header or sparse map beyond what is kept in memory.
        case tooLarge = "too_large"
        case badSparseMap = "bad_sparse_map"
        /// A kind of member that is not ours; its data was passed over.
        case unsupported
        /// The archive ends within a member or without its two zero records.
        case truncated
        case loneZeroRecord = "lone_zero_record"
        /// Bytes that are not zero behind the end.
        case trailingBytes = "trailing_bytes"
        /// A part is missing.
        case gap
    }

    package var kind: Kind
    /// In the archive's stream.
    package var offset: Int64
    /// Of the member, if it is known.
    package var name: [UInt8]

    package init(_ kind: Kind, offset: Int64, name: [UInt8] = []) {
        self.kind = kind
        self.offset = offset
        self.name = name
    }
}

/// Takes nothing, for who only follows where members lie.
package struct NoSink: ArchiveSink {
    package init() {}
    package mutating func begin(_ entry: ArchiveEntry, at place: MemberPlace) {}
    package mutating func data(_ bytes: UnsafeRawBufferPointer, at offset: Int64) {}
    package mutating func end(isWhole: Bool) {}
    package mutating func trouble(_ trouble: ArchiveTrouble) {}
}
