/// What lies on a tape's first block, judged by its bytes alone. Blank is for the caller to prove: there are no bytes.
package enum TapeContents: Hashable, Sendable {
    case ours(VolumeLabel)
    /// Begins as a label of ours and is not one: never blank, never written to (F8).
    case halfLabel
    /// A label of a later format than this program knows.
    case newerLabel(format: Int)
    /// Another's, by the name people know it by (F9).
    case foreign(String)
    /// Bytes of no known format: somebody's, all the same.
    case unknown

    /// `bytes`: the first tape file, or as much of it as could be read; not empty.
    package static func classify(_ bytes: ArraySlice<UInt8>) -> TapeContents {
        if let ours = label(bytes) { return ours }
        for form in forms where form.fits(bytes) { return .foreign(form.name) }
        if bytes.count >= Tar.record, TarHeader(bytes.prefix(Tar.record)) != nil { return .foreign("tar") }
        return .unknown
    }

    /// A label, whole or half; nil for what does not begin as one.
    private static func label(_ bytes: ArraySlice<UInt8>) -> TapeContents? {
        if let label = VolumeLabel.read(bytes) {
            return label.format > VolumeLabel.currentFormat ? .newerLabel(format: label.format) : .ours(label)
        }
        if case .head(let head) = FoundHead.read(bytes) {
            return head.facts.kind == .label ? .halfLabel : .foreign("Holdfast archive without a label")
        }
        // The head's header is named so; a block cut short within it is a half label too.
        return bytes.starts(with: "HOLDFAST".utf8) ? .halfLabel : nil
    }

    private struct Form {
        var name: String
        var at = 0
        var mark: [UInt8]

        func fits(_ bytes: ArraySlice<UInt8>) -> Bool { bytes.dropFirst(at).starts(with: mark) }
    }

    private static func form(_ name: String, _ mark: String, at: Int = 0) -> Form {
        Form(name: name, at: at, mark: Array(mark.utf8))
    }

    /// Marks by each format's own documentation; the more special stand first.
    private static let forms: [Form] = [
        // LTFS begins with an ANSI label whose implementation is "LTFS" (ISO/IEC 20919, 7.3).
        form("LTFS", "LTFS", at: 24),
        form("ANSI label", "VOL1"), form("ANSI label", "HDR1"),
        Form(name: "IBM label", mark: [0xE5, 0xD6, 0xD3, 0xF1]),
        // A Bacula or Bareos block: checksum, size, number, then "BB02"; the label record behind says whose it is.
        form("Bareos", "Bareos ", at: 36), form("Bacula", "Bacula ", at: 36),
        form("Bacula or Bareos", "BB02", at: 12), form("Bacula or Bareos", "BB01", at: 12),
        form("Bacula or Bareos", "BB03", at: 12),
        form("Amanda", "AMANDA: "),
        form("Microsoft Tape Format", "TAPE"),
        Form(name: "gzip", mark: [0x1F, 0x8B]), Form(name: "zstd", mark: [0x28, 0xB5, 0x2F, 0xFD]),
        Form(name: "lz4", mark: [0x04, 0x22, 0x4D, 0x18]), form("bzip2", "BZh"),
        Form(name: "xz", mark: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]),
        form("zip", "PK\u{3}\u{4}"), Form(name: "7-Zip", mark: [0x37, 0x7A, 0xBC, 0xAF]),
        form("cpio", "070701"), form("cpio", "070702"), form("cpio", "070707"),
        Form(name: "cpio", mark: [0xC7, 0x71]),
        Form(name: "dump", at: 24, mark: [0x6C, 0xEA, 0x00, 0x00]),
        form("Holdfast encrypted archive", "HFAEAD1\n"),
    ]
}
