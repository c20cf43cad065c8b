/// How much memory a buffer should have, as the settings say it.
package enum BufferSize: Hashable, Codable, Sendable {
    case bytes(Int64)
    /// Percent of the available memory, 1 to 100.
    case share(percent: Int)

    package static let standard = BufferSize.share(percent: 25)

    /// Of the memory there is, the most that a buffer may take unless it is overridden by name (L1).
    package static let mostPercent: Int64 = 60

    /// Reads `25 %` or `25%`; nil for anything else, which may be a size in bytes.
    package init?(share text: String) {
        guard text.hasSuffix("%") else { return nil }
        var digits = text.dropLast()
        if digits.hasSuffix(" ") { digits = digits.dropLast() }
        guard (1...3).contains(digits.utf8.count), digits.allSatisfy({ ("0"..."9").contains($0) }),
            let percent = Int(digits), (1...100).contains(percent)
        else { return nil }
        self = .share(percent: percent)
    }

    /// Bytes in whole blocks, at least four of them; throws when that is more than may be.
    ///
    /// `isOverridden`: the operator takes more by name; then only the memory itself is the limit.
    package func decide(
        in room: MemoryRoom, blockSize: Int64, isOverridden: Bool = false
    ) throws(BufferRefusal) -> Int64 {
        let asked: Int64 =
            switch self {
            case .bytes(let count): count
            case .share(let percent): BufferSize.part(of: room.least, percent: Int64(percent))
            }
        let allowed = BufferSize.wholeBlocks(
            BufferSize.part(of: room.least, percent: BufferSize.mostPercent), blockSize)
        let wanted = max(BufferSize.wholeBlocks(asked, blockSize), 4 * blockSize)
        guard wanted <= allowed || isOverridden else {
            throw BufferRefusal(asked: wanted, allowed: allowed, isByGroup: room.isBoundByGroup)
        }
        return wanted
    }

    /// Exact to the byte, and without overflow where no limit is set.
    private static func part(of bytes: Int64, percent: Int64) -> Int64 {
        bytes / 100 * percent + bytes % 100 * percent / 100
    }

    private static func wholeBlocks(_ bytes: Int64, _ blockSize: Int64) -> Int64 {
        max(0, bytes) / blockSize * blockSize
    }
}

/// A buffer that would endanger the machine, and what would not.
package struct BufferRefusal: Error, Hashable, Sendable {
    /// Bytes.
    package var asked: Int64
    package var allowed: Int64
    /// The limit is that of the control group, not the machine's.
    package var isByGroup: Bool

    /// What is wrong, and what to do now.
    package var message: String {
        let whose = isByGroup ? "the room of this control group" : "the available memory"
        return "a buffer of \(Quantity.bytes(asked)) is more than \(BufferSize.mostPercent) % of \(whose); "
            + "at most \(Quantity.bytes(allowed)) (\(allowed) bytes) is allowed now; "
            + "ask for less, or set buffer_override = true"
    }
}
