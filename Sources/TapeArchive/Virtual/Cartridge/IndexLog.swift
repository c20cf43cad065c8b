/// The index of a cartridge: a text log that only grows, one line for each thing that happened to the tape.
///
///     tape-index 1
///     block 1048576 120            blocks of one size
///     block 1048576 1 9a3f...      a block, and the first 8 bytes of its BLAKE3
///     mark 1                       filemarks
///     sync                         everything above is on the medium
///     cut 17                       what stood at logical block 17 and behind is gone
///
/// Each line ends with eight hex digits that chain it to all lines before, so a hole, a torn line or an old line
/// behind a hole ends the log. What stands behind the last `sync` counts only as far as the bytes agree with it.
struct IndexLog: Sendable {
    enum Entry: Hashable, Sendable {
        case blocks(size: Int, count: Int64, hash: UInt64?)
        case filemarks(Int64)
        case sync
        case cut(Int64)
    }

    static let header = "tape-index 1"
    /// 16 MiB: the largest block that Linux `st` drives take (READ BLOCK LIMITS of LTO drives tell 8 to 16 MiB).
    static let largestBlock = 16 << 20

    /// The chain behind the last line (FNV-1a, 32 bits).
    private(set) var chain: UInt32 = 0x811c_9dc5

    /// The first line of a new log.
    mutating func begin() -> [UInt8] {
        chain = 0x811c_9dc5
        return line(Self.header)
    }

    mutating func encode(_ entry: Entry) -> [UInt8] {
        switch entry {
        case .blocks(let size, let count, let hash):
            line("block \(size) \(count)" + (hash.map { " " + hex($0, digits: 16) } ?? ""))
        case .filemarks(let count): line("mark \(count)")
        case .sync: line("sync")
        case .cut(let block): line("cut \(block)")
        }
    }

    private mutating func line(_ text: String) -> [UInt8] {
        var bytes = Array(text.utf8)
        chain = Self.link(chain, bytes)
        bytes.append(32)
        bytes += Array(hex(UInt64(chain), digits: 8).utf8)
        bytes.append(10)
        return bytes
    }

    /// The entries up to the first line that is not sound, and the length of the sound part; nil without a header.
    static func decode(_ bytes: [UInt8]) -> (entries: [Entry], log: IndexLog, length: Int)? {
        var log = IndexLog()
        var entries: [Entry] = []
        var start = 0
        var hasHeader = false
        while let end = bytes[start...].firstIndex(of: 10) {
            guard end - start > 9, bytes[end - 9] == 32 else { break }
            let text = bytes[start..<(end - 9)]
            let next = link(log.chain, text)
            guard bytes[(end - 8)..<end].elementsEqual(hex(UInt64(next), digits: 8).utf8) else { break }
            if hasHeader {
                guard let entry = parse(String(decoding: text, as: UTF8.self)) else { break }
                entries.append(entry)
            } else {
                guard text.elementsEqual(header.utf8) else { return nil }
                hasHeader = true
            }
            log.chain = next
            start = end + 1
        }
        return hasHeader ? (entries, log, start) : nil
    }

    private static func parse(_ text: String) -> Entry? {
        let words = text.split(separator: " ")
        switch (words.first, words.count) {
        case ("block", 3...4):
            guard let size = Int(words[1]), (1...largestBlock).contains(size), let count = Int64(words[2]), count > 0,
                count < 1 << 40
            else { return nil }
            guard words.count == 4 else { return .blocks(size: size, count: count, hash: nil) }
            return UInt64(words[3], radix: 16).map { .blocks(size: size, count: count, hash: $0) }
        case ("mark", 2): return Int64(words[1]).flatMap { (1..<(1 << 40)).contains($0) ? .filemarks($0) : nil }
        case ("sync", 1): return .sync
        case ("cut", 2): return Int64(words[1]).flatMap { $0 >= 0 ? .cut($0) : nil }
        default: return nil
        }
    }

    private static func link(_ chain: UInt32, _ bytes: some Sequence<UInt8>) -> UInt32 {
        var value = chain
        for byte in bytes { value = (value ^ UInt32(byte)) &* 0x0100_0193 }
        return (value ^ 10) &* 0x0100_0193
    }
}

/// Lower-case hex, padded with zeros.
func hex(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}
