/// One object of a file system as an archive describes it; names and values are bytes, never text.
package struct ArchiveEntry: Hashable, Sendable {
    package enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
        case file, directory, symlink, fifo
        case hardLink = "hard_link"
        case characterDevice = "character_device"
        case blockDevice = "block_device"
    }

    package var kind: Kind
    /// Relative, without `..`; a directory's has no slash at the end.
    package var name: [UInt8]
    /// What a symbolic link says, or the name in this archive a hard link is another name of.
    package var linkTarget: [UInt8]
    /// The twelve permission bits.
    package var mode: UInt32
    package var owner: UInt32
    package var group: UInt32
    package var ownerName: [UInt8]
    package var groupName: [UInt8]
    package var modified: EntryTime
    /// Bytes, holes included; 0 for all but files.
    package var size: Int64
    /// Where the data of a sparse file is; nil for a file without holes.
    package var sparse: SparseMap?
    /// Extended attributes with their namespace, for instance `user.origin`; ACLs are among them, as the kernel
    /// gives them (`system.posix_acl_access`, `system.posix_acl_default`).
    package var attributes: [ExtendedAttribute]
    /// Of a device node.
    package var deviceMajor: UInt32
    package var deviceMinor: UInt32

    package init(_ kind: Kind, _ name: [UInt8], size: Int64 = 0, mode: UInt32 = 0o644) {
        self.kind = kind
        self.name = name
        self.size = size
        self.mode = mode
        linkTarget = []
        owner = 0
        group = 0
        ownerName = []
        groupName = []
        modified = EntryTime(seconds: 0)
        attributes = []
        deviceMajor = 0
        deviceMinor = 0
    }

    /// Bytes of the file that are sent to the archive: all, or those of the sparse map.
    package var dataBytes: Int64 {
        guard kind == .file else { return 0 }
        return sparse?.dataBytes ?? size
    }
}

/// A name and a value of at most 64 KiB, as `getxattr` gives them.
package struct ExtendedAttribute: Hashable, Sendable {
    package var name: [UInt8]
    package var value: [UInt8]

    package init(_ name: [UInt8], _ value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

/// A file time: whole seconds since 1970, rounded down, and nanoseconds onward from there.
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

    /// As pax writes it: `1700000000.5`, `-1.5` for half a second before the last second before 1970.
    package var decimal: [UInt8] {
        guard nanoseconds != 0 else { return Array(String(seconds).utf8) }
        let isNegative = seconds < 0
        let whole = isNegative ? seconds + 1 : seconds
        let part = isNegative ? 1_000_000_000 - Int(nanoseconds) : Int(nanoseconds)
        var digits = Array(String(1_000_000_000 + part).utf8.dropFirst())
        while digits.last == 48 { digits.removeLast() }
        return Array((isNegative ? "-" : "").utf8) + Array(String(whole.magnitude).utf8) + [46] + digits
    }

    /// Digits beyond nanoseconds are dropped towards the past. Nil for what is no decimal number or too large.
    package init?(decimal text: ArraySlice<UInt8>) {
        let isNegative = text.first == 45
        let halves = text.dropFirst(isNegative ? 1 : 0).split(
            separator: 46, maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = halves.first, let whole = Decimal.parse(first) else { return nil }
        var part: Int64 = 0
        if halves.count == 2 {
            let kept = halves[1].prefix(9)
            guard kept.isEmpty || Decimal.parse(kept) != nil, halves[1].allSatisfy({ (48...57).contains($0) })
            else { return nil }
            part = Decimal.parse(Array(kept + repeatElement(48, count: 9 - kept.count))[...]) ?? 0
            if isNegative, halves[1].dropFirst(9).contains(where: { $0 != 48 }) { part += 1 }
        }
        guard isNegative else {
            self.init(seconds: whole, nanoseconds: Int32(part))
            return
        }
        // -1.5 is two whole seconds back and half a second on; whole is never the smallest Int64 here.
        let back = part == 0 ? 0 : 1_000_000_000 - part
        self.init(seconds: -whole - (part == 0 ? 0 : 1), nanoseconds: Int32(back))
    }
}

/// Plain decimal numbers without sign, as pax records and sparse maps have them.
enum Decimal {
    /// Nil for nothing, for anything but digits, and for what Int64 cannot hold.
    static func parse(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard (48...57).contains(digit) else { return nil }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int64(digit - 48))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }
}
