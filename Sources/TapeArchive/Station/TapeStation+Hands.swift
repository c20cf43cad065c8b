package import BackupModel
import WorkerKit

/// What a person does with a drive that nothing else uses. Whoever has it is named in the refusal.
extension TapeStation {
    /// Says where the tape stands afterwards, or what was read.
    func move(_ motion: TapeMotion, in drive: String) async throws(Failure) -> String {
        let files = files
        return try await with(drive, for: "by hand") { bay in
            try await bay.use(as: motion.standing) { drive throws in
                try drive.ready()
                if case .read(let path) = motion { return try TapeFileCopy(drive, files).make(path) }
                try motion.carryOut(drive)
                return try drive.position().words
            }
        }
    }

    package func look(_ look: TapeLook, in drive: String) async throws(Failure) -> [String] {
        try await with(drive, for: "by hand") { bay in
            try await bay.use(as: .reading) { drive throws in
                try drive.ready()
                switch look {
                case .position: return [try drive.position().words]
                case .label: return try LabelWords.read(drive)
                case .names(let file):
                    if let file { try TapeMotion.file(file).carryOut(drive) }
                    return try NamesOnTape.read(drive)
                }
            }
        }
    }

    /// A new blank cartridge for a virtual library; its generation is that of its barcode.
    func add(_ barcode: String, to library: String, capacity: Int64?) async throws(Failure) -> String {
        let code = Barcode(barcode)
        if code.isCleaning { return try await add(.cleaning(barcode: code.text), to: library) }
        guard let generation = code.generation else {
            throw StationFailure.refused(
                "BARCODE_UNFIT", library, "barcode \(printable(barcode.utf8)) ends with no generation",
                hint: "End it with L5, L6, L7, L8 or L9: NX0001L9 is an LTO-9.")
        }
        let record = MediumRecord(barcode: code.text, generation: generation, capacity: capacity)
        return try await add(record, to: library)
    }
}

extension TapeMotion {
    fileprivate var standing: DriveStanding { if case .read = self { .reading } else { .winding } }

    /// All but `read`.
    fileprivate func carryOut(_ drive: any TapeDrive) throws {
        switch self {
        case .block(let number): try drive.locate(number)
        case .file(let number):
            try drive.rewind()
            if number > 0 { try drive.spaceFilemarks(number) }
        case .filemarks(let count): try drive.spaceFilemarks(count)
        case .endOfData: try drive.toEndOfData()
        case .read: break
        }
    }
}

extension TapeDrive {
    /// Makes a medium that was put in usable; throws `.noMedium` where there is none.
    fileprivate func ready() throws(TapeFault) {
        if try !status().isReady { try load() }
    }
}

extension TapePosition {
    /// `tape file 3, block 81921`
    fileprivate var words: String {
        (file.map { "tape file \($0), " } ?? "") + "block \(block)" + (isBeginning ? ", the beginning" : "")
            + (isNearEnd ? ", near the end" : "")
    }
}

/// One tape file into a file of its own, byte for byte.
private struct TapeFileCopy {
    let drive: any TapeDrive
    let files: any FileCalls

    init(_ drive: any TapeDrive, _ files: any FileCalls) { (self.drive, self.files) = (drive, files) }

    func make(_ path: String) throws -> String {
        let bytes = Array(path.utf8)
        guard bytes.first == UInt8(ascii: "/"), let slash = bytes.lastIndex(of: UInt8(ascii: "/")),
            slash + 1 < bytes.count
        else {
            throw StationFailure.refused("PATH_UNFIT", path, "\(printable(path.utf8)) is no absolute path of a file")
        }
        let name = PathBytes(bytes[(slash + 1)...])
        let root = try failing { () throws(FileError) in
            try files.openRoot(PathBytes(slash == 0 ? bytes[...0] : bytes[..<slash]))
        }
        defer { try? files.close(root) }
        let file = try failing { () throws(FileError) in
            try files.open(name, beneath: root, .create(mode: 0o600))
        }
        defer { try? files.close(file) }
        var buffer = BlockBuffer(), blocks = 0, total: Int64 = 0
        reading: while true {
            switch try buffer.read(drive) {
            case .block(let count):
                try failing { () throws(FileError) in try files.writeAll(Array(buffer.bytes(count)), to: file) }
                (blocks, total) = (blocks + 1, total + Int64(count))
            case .filemark, .endOfData: break reading
            case .tooLarge:
                throw TapeFault(
                    .system, operation: "read", detail: "a block is larger than \(BlockBuffer.largest) bytes")
            }
        }
        return "\(blocks) blocks, \(total) bytes in \(printable(path.utf8)); now \(try drive.position().words)"
    }

    private func failing<T>(_ body: () throws(FileError) -> T) throws -> T {
        do throws(FileError) { return try body() } catch { throw error.failure }
    }
}

/// A label for people: its facts, and the text that tells how to restore without this program.
private enum LabelWords {
    static func read(_ drive: any TapeDrive) throws -> [String] {
        try drive.rewind()
        var bytes: [UInt8] = [], buffer = BlockBuffer()
        while bytes.count <= SmallTar.largest, case .block(let count) = try buffer.read(drive) {
            bytes += buffer.bytes(count)
        }
        guard !bytes.isEmpty else { return ["the tape is blank"] }
        guard case .ours(let label) = TapeContents.classify(bytes[...]) else {
            return ["no label of ours: \(said(TapeContents.classify(bytes[...])))"]
        }
        let facts = [
            ("label", label.label), ("pool", label.pool), ("barcode", label.barcode), ("nonce", label.nonce),
            ("generation", label.generation), ("serial", label.serial), ("created", label.created),
            ("block size", "\(label.blockSize)"), ("keys", label.keys.joined(separator: ", ")),
            ("program", label.program),
        ]
        let readme = SmallTar.read(bytes[...])?.first { $0.name == "README" }?.bytes ?? []
        return facts.filter { !$0.1.isEmpty }.map { "\($0.0): \(printable($0.1.utf8))" } + [""]
            + readme.split(separator: 10, omittingEmptySubsequences: false).map { printable($0) }
    }

    private static func said(_ contents: TapeContents) -> String {
        switch contents {
        case .ours: "ours"
        case .halfLabel: "a broken label"
        case .newerLabel(let format): "a label of format \(format), made by a newer program"
        case .foreign(let name): name
        case .unknown: "data of no known format"
        }
    }
}

/// The names in the tape file where the tape stands.
private struct NamesOnTape: ArchiveSink {
    private var lines: [String] = []

    static func read(_ drive: any TapeDrive) throws -> [String] {
        var reader = TarReader(NamesOnTape()), buffer = BlockBuffer()
        while !reader.sink.isFull, case .block(let count) = try buffer.read(drive) {
            let block = Array(buffer.bytes(count))
            try block.withUnsafeBytes { try reader.feed($0) }
        }
        let sink = reader.sink
        return sink.lines + (sink.isFull ? ["... and more: read the tape file and list it with tar"] : [])
    }

    /// What a person can look at, and what an answer holds.
    private var isFull: Bool { lines.count >= 2000 }

    mutating func begin(_ entry: ArchiveEntry, at place: MemberPlace) {
        guard !isFull else { return }
        let slash = entry.kind == .directory ? "/" : ""
        lines.append("\(entry.size)  \(String(printable(entry.name).prefix(1000)))\(slash)")
    }

    mutating func data(_ bytes: UnsafeRawBufferPointer, at offset: Int64) {}
    mutating func end(isWhole: Bool) {}

    mutating func trouble(_ trouble: ArchiveTrouble) {
        guard !isFull, trouble.kind != .trailingBytes else { return }
        lines.append("at byte \(trouble.offset): \(trouble.kind.rawValue.replacing("_", with: " "))")
    }
}
