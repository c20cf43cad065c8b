package import BackupModel

/// What a name in an archive is. Numbers are stored; they never change.
package enum EntryKind: Int, Hashable, Sendable, CaseIterable {
    case file = 0
    case directory = 1
    case symlink = 2
    case hardLink = 3
    case fifo = 4
    case characterDevice = 5
    case blockDevice = 6
    /// It was there at the base of this incremental and is not any more.
    case deleted = 15
}

/// Whole seconds since 1970, rounded down, and nanoseconds onward from there.
package struct EntryTime: Hashable, Comparable, Sendable {
    package var seconds: Int64
    /// 0 to 999,999,999, also before 1970.
    package var nanoseconds: Int32

    package init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    package static func < (a: EntryTime, b: EntryTime) -> Bool {
        (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
    }
}

/// One name in an archive: what it was, and where in the archive's stream it lies.
package struct EntryRecord: Hashable, Sendable {
    /// What became of it while it was read.
    package enum Flaw: Int, Hashable, Sendable, CaseIterable { case none = 0, shrank = 1, grew = 2 }

    /// Relative, bytes, names divided by single slashes, none at either end. `FormerListing` gives the last name only.
    package var path: [UInt8]
    package var kind: EntryKind
    /// Bytes, holes included.
    package var size: Int64
    package var modified: EntryTime
    package var changed: EntryTime
    package var inode: UInt64
    package var mode: UInt32
    package var owner: UInt32
    package var group: UInt32
    /// BLAKE3 of the data as stored; nil without data.
    package var hash: BlobID?
    /// What a symbolic link says, or the name in this archive that a hard link is another name of.
    package var link: [UInt8]
    /// Of its first header, in the archive's stream.
    package var start: Int64
    /// From there to its data.
    package var headBytes: Int64
    /// Of its data in the archive: `size`, or less where it is sparse.
    package var storedBytes: Int64
    package var flaw: Flaw

    package init(_ kind: EntryKind, _ path: [UInt8], size: Int64 = 0) {
        self.kind = kind
        self.path = path
        self.size = size
        modified = EntryTime(seconds: 0)
        changed = EntryTime(seconds: 0)
        inode = 0
        mode = 0
        owner = 0
        group = 0
        link = []
        start = 0
        headBytes = 0
        storedBytes = size
        flaw = .none
    }
}

// MARK: - As columns

extension Prepared {
    /// Nanoseconds since 1970 where 64 bits hold them, else 12 bytes: seconds and nanoseconds, big-endian.
    func bind(_ time: EntryTime, at index: Int32) {
        let (product, overflow) = time.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = product.addingReportingOverflow(Int64(time.nanoseconds))
        guard overflow || carry else { return bind(sum, at: index) }
        var bytes: [UInt8] = []
        withUnsafeBytes(of: time.seconds.bigEndian) { bytes += $0 }
        withUnsafeBytes(of: time.nanoseconds.bigEndian) { bytes += $0 }
        bind(bytes: bytes, at: index)
    }

    func entryTime(_ column: Int32) -> EntryTime {
        guard isBlob(column) else {
            let (seconds, rest) = int64(column).quotientAndRemainder(dividingBy: 1_000_000_000)
            return rest < 0
                ? EntryTime(seconds: seconds - 1, nanoseconds: Int32(rest + 1_000_000_000))
                : EntryTime(seconds: seconds, nanoseconds: Int32(rest))
        }
        let bytes = bytes(column)
        let seconds = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let rest = bytes.dropFirst(8).prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return EntryTime(seconds: Int64(bitPattern: seconds), nanoseconds: Int32(bitPattern: rest))
    }
}
