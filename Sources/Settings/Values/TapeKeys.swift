import BackupModel

// MARK: - Libraries, drives and pools

extension KeyTables {
    private static let library = LibrarySettings(name: "", kind: .virtual)

    static let libraryRules: [KeyRule<LibrarySettings>] = [
        .required("kind", .word, \.kind, "Folders as cartridges, or a real robot."),
        .emptyable("path", .path, \.path, "virtual: the folder of its cartridges."),
        .emptyable("changer", .path, \.changer, "scsi: the robot's device, for instance /dev/sg10."),
        .required("drives", .names(of: "drive"), \.drives, "Its drives that are ours, in the robot's order."),
        .optional("slots", .slots, \.slots, "The slots that are ours. None: all; of a virtual one 1..8."),
        .emptyable(
            "barcodes", .barcodes, \.barcodes,
            "The cartridges that are ours; others are never moved, loaded or labelled. None: all."),
        .key("time", .word, \.pace, of: library, "virtual: how much of a real drive's time it takes."),
    ]

    private static let drive = DriveSettings(name: "")

    static let driveRules: [KeyRule<DriveSettings>] = [
        .emptyable(
            "device", .tapeDevice, \.device, "The tape device that does not rewind. None: of a virtual library."),
        .key(
            "block_size", .blockSize, \.blockSize, of: drive,
            "Bytes of a block on tape. `holdfast tape tune` measures what is best."),
        .key("buffer", .buffer, \.buffer, of: drive, "Memory between source and drive; at most 60 % of what is free."),
        .key("buffer_override", .flag, \.isBufferOverridden, of: drive, "Take more than 60 % all the same."),
        .optional(
            "policy", .policy, \.policy,
            "When the buffer is written. None: paced where the drive's speeds are known, else adaptive."),
        .optional("generation", .driveGeneration, \.generation, "None: as the drive names itself."),
    ]

    private static let pool = Pool(name: "")

    static let poolRules: [KeyRule<Pool>] = [
        .key("retention", .retention, \.retention, of: pool, "How long what is written is kept."),
        .key("compression", .word, \.compression, of: pool, "What packs its archives; `drive` leaves it to the drive."),
        .optional("encryption", .secret, \.encryption, "The key file that seals its archives. None: not encrypted."),
        .key(
            "overwrite", .word, \.overwrite, of: pool,
            "Label a volume anew once all on it has expired, or never."),
        .emptyable("media", .media, \.media, "The media it takes. None: all that the drive writes."),
    ]
}

// MARK: - Kinds of values that only tape has

extension ValueKind where Value == String {
    /// A device of `st` that rewinds at each close would overwrite what was just written (F15).
    fileprivate static var tapeDevice: Self {
        ValueKind("path", "absolute, /dev/nst...") { node throws(BadValue) in
            let path = try PlainPath.parse(try node.text())
            let name = path.split(separator: "/").last ?? ""
            let rest = name.dropFirst(2)
            guard !(name.hasPrefix("st") && rest.first?.isNumber == true && path.hasPrefix("/dev/")) else {
                throw BadValue("rewinds after each use; write /dev/n\(name)")
            }
            return path
        } write: {
            TOMLString.quoted($0)
        }
    }
}

extension ValueKind where Value == Int64 {
    fileprivate static var blockSize: Self {
        let range: ClosedRange<Int64> = (256 << 10)...(4 << 20)
        let words = "256 KiB to 4 MiB, in steps of 4 KiB"
        var kind = size(atLeast: 0)
        let read = kind.read
        kind = ValueKind(kind.kind, words) { node throws(BadValue) in
            let value = try read(node)
            guard range.contains(value), value % 4096 == 0 else { throw BadValue("is out of range: \(words)") }
            return value
        } write: {
            TOMLString.quoted(ByteSize.text($0))
        }
        return kind
    }
}

extension ValueKind where Value == BufferSize {
    fileprivate static var buffer: Self {
        let least: Int64 = 16 << 20
        let words = "16 MiB or more, or 1 % to 100 % of free memory"
        return ValueKind("size or share", words) { node throws(BadValue) in
            if case .string(let text) = node, text.hasSuffix("%") {
                guard let share = BufferSize(share: text) else { throw BadValue("is out of range: \(words)") }
                return share
            }
            return .bytes(try ValueKind<Int64>.size(atLeast: least).read(node))
        } write: { value in
            switch value {
            case .bytes(let count): TOMLString.quoted(ByteSize.text(count))
            case .share(let percent): TOMLString.quoted("\(percent) %")
            }
        }
    }
}

extension ValueKind where Value == FlowRule {
    fileprivate static var policy: Self {
        ValueKind("policy", "paced, adaptive, watermark(HIGH, LOW)") { node throws(BadValue) in
            let text = try node.text()
            do throws(FlowRuleProblem) {
                return try FlowRule(text)
            } catch {
                throw BadValue(error.message)
            }
        } write: {
            TOMLString.quoted($0.description)
        }
    }
}

extension ValueKind where Value == Retention {
    fileprivate static var retention: Self {
        ValueKind("retention", "30d, 4w, 6mo, 7y, permanent") { node throws(BadValue) in
            guard let retention = Retention(try node.text()) else {
                throw BadValue("is no retention; write for instance 30d, 4w, 6mo, 7y or permanent")
            }
            return retention
        } write: {
            TOMLString.quoted($0.description)
        }
    }
}

extension ValueKind where Value == SlotRange {
    fileprivate static var slots: Self {
        ValueKind("range", "FIRST..LAST, from 1") { node throws(BadValue) in
            guard let range = SlotRange(try node.text()) else {
                throw BadValue("is no range of slots; write for instance 1..24")
            }
            return range
        } write: {
            TOMLString.quoted($0.text)
        }
    }
}

extension ValueKind where Value == TapeGeneration {
    fileprivate static var driveGeneration: Self {
        let words = TapeGeneration.drives.map(\.rawValue)
        return ValueKind("word", words.joined(separator: ", ")) { node throws(BadValue) in
            let text = try node.text()
            guard words.contains(text), let generation = TapeGeneration(rawValue: text) else {
                throw BadValue("must be one of \(words.joined(separator: ", "))")
            }
            return generation
        } write: {
            TOMLString.quoted($0.rawValue)
        }
    }
}

// MARK: - Lists

extension ValueKind where Value == [BarcodeRange] {
    fileprivate static var barcodes: Self {
        ValueKind("list", "FIRST..LAST, at most 100") { node throws(BadValue) in
            try node.members(atMost: 100) { text throws(BadValue) in
                guard let range = BarcodeRange(text) else {
                    throw BadValue("is no range of barcodes; write for instance NX0000..NX0999")
                }
                return range
            }
        } write: {
            TOMLString.list($0.map(\.text))
        }
    }
}

extension ValueKind where Value == [TapeGeneration] {
    fileprivate static var media: Self {
        let words = TapeGeneration.allCases.map(\.rawValue)
        return ValueKind("list of words", words.joined(separator: ", ")) { node throws(BadValue) in
            try node.members(atMost: words.count) { text throws(BadValue) in
                guard let generation = TapeGeneration(rawValue: text) else {
                    throw BadValue("is no medium" + NearestWord.suggestion(text, among: words))
                }
                return generation
            }
        } write: {
            TOMLString.list($0.map(\.rawValue))
        }
    }
}

extension ValueKind where Value == [String] {
    static var sources: Self {
        ValueKind("list of paths", "absolute, at most 100") { node throws(BadValue) in
            let paths = try node.members(atMost: 100) { text throws(BadValue) in try PlainPath.parse(text) }
            guard !paths.isEmpty else { throw BadValue("is empty: there would be nothing to write") }
            return paths
        } write: {
            TOMLString.list($0)
        }
    }

    /// `*`, `**`, `?` and `[...]`, from the source's top with a leading `/`, directories only with one at the end; `!`
    /// takes back.
    static var patterns: Self {
        ValueKind("list of patterns", "with `*`, `**`, `?`, `[...]`") { node throws(BadValue) in
            try node.members(atMost: 1000) { text throws(BadValue) in
                guard !text.isEmpty, text != "!" else { throw BadValue("is empty") }
                guard text.utf8.count <= 4096, !text.utf8.contains(0) else {
                    throw BadValue("is too long, or holds a zero")
                }
                return text
            }
        } write: {
            TOMLString.list($0)
        }
    }
}

extension TOMLNode {
    /// The members of a list of strings, none twice.
    fileprivate func members<Member: Hashable>(
        atMost limit: Int, _ parse: (String) throws(BadValue) -> Member
    ) throws(BadValue) -> [Member] {
        guard case .array(let nodes) = self else { throw wrongKind("a list of strings") }
        guard nodes.count <= limit else { throw BadValue("has more than \(limit) members") }
        var members: [Member] = []
        for node in nodes {
            guard case .string(let text) = node else { throw node.wrongKind("a list of strings") }
            do throws(BadValue) {
                members.append(try parse(text))
            } catch {
                throw BadValue("has a member that " + error.message)
            }
        }
        guard Set(members).count == members.count else { throw BadValue("has a member twice") }
        return members
    }
}
