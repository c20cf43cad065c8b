import BackupModel

/// READ ELEMENT STATUS and MODE SENSE page 1Dh of a robot (SMC-3, 6.11 and 7.3.4).
enum ElementStatus {
    /// All kinds, with barcodes. `count` bytes at most.
    static func command(count: Int) -> [UInt8] {
        [0xb8, 0x10, 0, 0, 0xff, 0xff, 0] + bigEndian(count, 3) + [0, 0]
    }

    /// What a first answer, even one of 8 bytes, says the whole needs.
    static func neededBytes(_ bytes: [UInt8]) -> Int? { bytes.integer(5, 3).map { $0 + 8 } }

    /// Every element, numbered within its kind by ascending address. Pages cut off or malformed are left out.
    static func elements(_ bytes: [UInt8]) -> [LibraryElement] {
        guard let needed = neededBytes(bytes) else { return [] }
        let end = min(bytes.count, needed)
        var found: [LibraryElement] = []
        var at = 8
        while at + 8 <= end, let type = bytes.byte(at), let flags = bytes.byte(at + 1),
            let size = bytes.integer(at + 2, 2), let length = bytes.integer(at + 5, 3)
        {
            let pageEnd = min(end, at + 8 + length)
            var row = at + 8
            while size >= 12, row + size <= pageEnd, let kind = kind(type) {
                if let bytes = bytes.bytes(row, size) {
                    found.append(element(kind, Array(bytes), hasTag: flags & 0x80 != 0))
                }
                row += size
            }
            at += 8 + length
        }
        return numbered(found)
    }

    private static func kind(_ type: UInt8) -> LibraryElement.Kind? {
        switch type {
        case 1: .arm
        case 2: .slot
        case 3: .importExport
        case 4: .drive
        default: nil
        }
    }

    private static func element(_ kind: LibraryElement.Kind, _ row: [UInt8], hasTag: Bool) -> LibraryElement {
        let flags = row.byte(2) ?? 0
        var element = LibraryElement(
            kind: kind, address: row.integer(0, 2) ?? 0, number: 0, isFull: flags & 1 != 0,
            barcode: hasTag ? row.text(12, 32) ?? "" : "")
        // The source's address counts while its valid bit stands.
        if let valid = row.byte(9), valid & 0x80 != 0, element.isFull { element.source = row.integer(10, 2) }
        if flags & 4 != 0 {
            let cause = SenseMeaning(SenseData(key: 4, code: row.byte(4) ?? 0, qualifier: row.byte(5) ?? 0))
            element.trouble = trouble(row.byte(4) ?? 0, row.byte(5) ?? 0) ?? cause.words
        } else if kind == .slot || kind == .importExport, flags & 8 == 0 {
            element.trouble = "the arm cannot reach it"
        }
        return element
    }

    /// What libraries say of one element (ASC and ASCQ of its descriptor).
    private static func trouble(_ code: UInt8, _ qualifier: UInt8) -> String? {
        switch (code, qualifier) {
        case (0x83, 0x00), (0x30, 0x00): "its barcode cannot be read"
        case (0x83, 0x01): "it is empty, and was full"
        case (0x83, 0x02): "its magazine is not there"
        case (0x83, 0x04): "there is no drive"
        case (0x3b, 0x11): "its magazine is not there"
        case (0x04, _): "the drive is not ready"
        default: nil
        }
    }

    private static func numbered(_ elements: [LibraryElement]) -> [LibraryElement] {
        var next: [LibraryElement.Kind: Int] = [:]
        return elements.sorted { $0.address < $1.address }.map { element in
            var element = element
            element.number = next[element.kind] ?? (element.kind == .drive ? 0 : 1)
            next[element.kind] = element.number + 1
            return element
        }
    }
}

/// Where the robot's elements begin, and how many there are.
struct ElementAddresses: Hashable, Sendable {
    var arm: Range<Int>
    var slots: Range<Int>
    var importExport: Range<Int>
    var drives: Range<Int>

    static let command: [UInt8] = [0x1a, 0x08, 0x1d, 0, 136, 0]

    init?(_ bytes: [UInt8]) {
        guard let descriptor = bytes.byte(3) else { return nil }
        let at = 4 + Int(descriptor)
        guard bytes.byte(at).map({ $0 & 0x3f }) == 0x1d else { return nil }
        func range(_ offset: Int) -> Range<Int>? {
            guard let first = bytes.integer(at + offset, 2), let count = bytes.integer(at + offset + 2, 2) else {
                return nil
            }
            return first..<first + count
        }
        guard let arm = range(2), let slots = range(6), let mail = range(10), let drives = range(14) else { return nil }
        (self.arm, self.slots, importExport, self.drives) = (arm, slots, mail, drives)
    }
}
