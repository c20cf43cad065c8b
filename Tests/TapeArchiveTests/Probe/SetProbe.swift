import BackupModel
import Glibc
import Synchronization
import TapeArchive
import WorkerKit

/// Writes a tree to small cartridges, reads it back, compares it with the tree, and says where its parts lie.
///
/// The library is made below a folder, with a cartridge for each number of blocks that fit before early warning.
enum SetProbe {
    struct Order {
        var folder: String
        var tree: String
        var blockSize: Int
        var compression: Compression
        var key: ArchiveKey?
        var rooms: [Int]
    }

    /// One line of JSON for the judge, `parts` as paths in order. Throws what is wrong.
    static func run(_ order: Order) async throws -> String {
        let shelf = try ProbeShelf(order)
        let ring = try BlockRing(bytes: 4 << 20, blockSize: order.blockSize, retention: 2 << 20)
        let writer = try TapeWriter(
            ring: ring, flow: FlowGauges(.watermark(high: 1, low: 0), ring: ring), supply: shelf, journal: shelf)
        let plan = ArchivePlan(
            set: "ab12", archive: "ab12", blockSize: order.blockSize, compression: order.compression, key: order.key)
        let outcome = try await writer.write(plan) { try TreeSource(order.tree) }
        await writer.unmount()
        guard case .complete(let written) = outcome else { throw ProbeFailure("the archive is void: \(outcome)") }
        let key = order.key
        let reader = try TapeReader(finder: shelf, keys: { _ in key })
        let verdict = try await reader.verify(index: written.indexParts)
        guard verdict.isSound, verdict.facts == written.facts else { throw ProbeFailure("not sound: \(verdict)") }
        try await compare(order.tree, written, reader)
        let heads = try await reader.scan(shelf.load(0)).compactMap(\.facts)
        let parts = written.facts.parts.map { "\"\(shelf.path($0))\"" }.joined(separator: ",")
        let begins = Set(try await shelf.begins(reader)).sorted().map { "\"\($0)\"" }.joined(separator: ",")
        return """
            {"parts":[\(parts)],"index":\(written.indexParts.count),"stream":\(written.facts.streamBytes),\
            "entries":\(written.facts.entries),"begins":[\(begins)],"first":\(heads.count)}
            """
    }

    /// Entry by entry, attributes, sparse maps and hashes of data included.
    private static func compare(_ tree: String, _ written: WrittenArchive, _ reader: TapeReader) async throws {
        let read = try await reader.read(written.facts.parts, frames: written.facts.frames, into: EntryList())
        guard read.damage.isEmpty, read.sink.troubles.isEmpty else { throw ProbeFailure("\(read)") }
        let wanted = try await runBlocking(name: "walk") { try EntryList.walked(tree) }
        guard wanted.items.count == read.sink.items.count else {
            throw ProbeFailure("\(read.sink.items.count) entries of \(wanted.items.count)")
        }
        for (one, other) in zip(read.sink.items, wanted.items) where one != other {
            let (a, b) = (String(describing: one), String(describing: other))
            let same = zip(a, b).prefix { $0 == $1 }.count
            throw ProbeFailure(
                "\(printable(other.entry.name)): read ...\(a.dropFirst(max(0, same - 60)).prefix(200)), "
                    + "wanted ...\(b.dropFirst(max(0, same - 60)).prefix(200))")
        }
    }
}

/// What is wrong, for the judge.
struct ProbeFailure: Error, CustomStringConvertible {
    var description: String
    init(_ words: String) { description = words }
}

/// Entries with the hash of their data.
struct EntryList: ArchiveSink, Sendable {
    struct Item: Hashable, Sendable {
        var entry: ArchiveEntry
        var hash = ""

        init(_ entry: ArchiveEntry) { self.entry = entry }
    }

    /// The kernel gives attributes in an order of its own each time.
    private static func sorted(_ entry: ArchiveEntry) -> ArchiveEntry {
        var entry = entry
        entry.attributes.sort { $0.name.lexicographicallyPrecedes($1.name) }
        return entry
    }

    private(set) var items: [Item] = []
    private(set) var troubles: [ArchiveTrouble] = []
    private var data: [UInt8] = []

    mutating func begin(_ entry: ArchiveEntry, at place: MemberPlace) {
        items.append(Item(Self.sorted(entry)))
        data = []
    }

    mutating func data(_ bytes: UnsafeRawBufferPointer, at offset: Int64) { data.append(contentsOf: bytes) }

    mutating func end(isWhole: Bool) throws {
        guard isWhole else { throw ProbeFailure("not whole: \(items.last.map { printable($0.entry.name) } ?? "")") }
        let hasher = try BlobHasher(.blake3)
        data.withUnsafeBytes { hasher.update($0) }
        if !data.isEmpty { items[items.count - 1].hash = try hasher.finish().description }
    }

    mutating func trouble(_ trouble: ArchiveTrouble) { troubles.append(trouble) }

    /// The same of the tree itself.
    static func walked(_ tree: String) throws -> EntryList {
        var list = EntryList()
        let source = try TreeSource(tree)
        while let item = try source.next() {
            switch item {
            case .entry(let entry, _): list.items.append(Item(Self.sorted(entry)))
            case .end(let hash, _):
                let isEmpty = list.items.last.map { $0.entry.dataBytes == 0 } ?? true
                list.items[list.items.count - 1].hash = isEmpty ? "" : hash
            case .data, .deleted: break
            }
        }
        return list
    }
}

/// A tree's entries as a writer wants them.
final class TreeSource: EntrySource {
    private let reader: SourceReader
    private var waiting: [SourcedItem] = []
    private var held: SourceData?

    init(_ tree: String) throws {
        reader = try SourceReader(SourcePlan([PathBytes(tree)], mayBeEmpty: true), files: LinuxFiles(side: .source))
    }

    func next() throws -> SourcedItem? {
        if let item = waiting.popLast() { return item }
        held = nil
        switch try reader.next() {
        case nil: return nil
        case .entry(let found):
            switch found.content {
            case .none: waiting = [Self.end(ContentEnd())]
            case .stream: break
            case .whole(let data, let end):
                held = data
                // The chunk's memory stays where it is as long as it is held.
                waiting = [Self.end(end)] + (data.map { [.data($0.withBytes { $0 })] } ?? [])
            }
            return .entry(found.entry, identity: found.identity)
        case .data(let data):
            held = data
            return .data(data.withBytes { $0 })
        case .end(let end): return Self.end(end)
        case .deleted(let entry): return .deleted(entry.name)
        case .warning(let failure): throw failure
        }
    }

    private static func end(_ end: ContentEnd) -> SourcedItem {
        .end(hash: end.hash?.description ?? "", grew: false)
    }
}

/// A library of small cartridges, and what is known of them, in memory.
final class ProbeShelf: VolumeSupply, ArchiveJournal, VolumeFinder, Sendable {
    private struct Known {
        var label: VolumeLabel
        var end: TapeEnd
        var isDone = false
    }

    private struct State {
        var volumes: [Known] = []
        var drive: VirtualDrive?
        var loaded: Int?
        var needs = 0
    }

    private let folder: String
    private let library: VirtualLibrary
    private let state = Mutex(State())

    init(_ order: SetProbe.Order) throws {
        folder = order.folder + "/library"
        let own = try Self.label(0, order.blockSize).file().count + 512
        let media = order.rooms.enumerated().map { number, blocks in
            let warning = Int64(own + blocks * order.blockSize)
            return MediumRecord(
                barcode: Self.barcode(number), generation: .lto9, capacity: warning + 256 << 10, earlyWarning: warning)
        }
        try VirtualLibrary.create(
            at: PathBytes(folder), slots: media.count, drives: [VirtualLibrary.DriveSpec("one", .lto9)],
            cartridges: media)
        library = try VirtualLibrary(opening: PathBytes(folder), clock: .off)
        for number in media.indices {
            let label = Self.label(number, order.blockSize)
            let end = try VolumeMount.label(try load(number), label, device: "/dev/nst0")
            state.withLock { $0.volumes.append(Known(label: label, end: end)) }
        }
    }

    static func barcode(_ number: Int) -> String {
        "T" + String(repeating: "0", count: 5 - String(number).count) + "\(number)L9"
    }

    private static func label(_ number: Int, _ blockSize: Int) -> VolumeLabel {
        VolumeLabel(
            label: barcode(number), nonce: String(repeating: "0", count: 26) + barcode(number).prefix(6),
            barcode: barcode(number), created: "2026-11-21T03:00:00Z", blockSize: blockSize, program: "holdfast probe")
    }

    /// The bytes of a part in its cartridge's folder.
    func path(_ part: StoredPart) -> String {
        let number = String(part.file)
        return folder + "/cartridges/\(part.label)/" + String(repeating: "0", count: 4 - number.count) + number
    }

    /// What the parts on all cartridges begin with.
    func begins(_ reader: TapeReader) async throws -> [String] {
        var words: [String] = []
        for number in state.withLock({ $0.volumes.indices }) {
            for facts in try await reader.scan(load(number)).compactMap(\.facts) where facts.kind != .label {
                words.append("\(facts.kind.rawValue) \(facts.part > 1 ? facts.begins : "first")")
            }
        }
        return words
    }

    func load(_ number: Int) throws -> VirtualDrive {
        let changer = VirtualChanger(library)
        return try state.withLock { state in
            let drive = try state.drive ?? VirtualDrive("one", of: library)
            state.drive = drive
            if state.loaded == number { return drive }
            if let loaded = state.loaded {
                try drive.lockDoor(false)
                try drive.eject()
                try changer.move(from: 256, to: 4096 + loaded)
            }
            try changer.move(from: 4096 + number, to: 256)
            state.loaded = number
            try drive.load()
            return drive
        }
    }

    func next(_ need: VolumeNeed) async throws -> VolumeOffer? {
        let number = state.withLock { state -> Int? in
            state.needs += 1
            return state.needs > 100 ? nil : state.volumes.firstIndex { !$0.isDone }
        }
        guard let number else { return nil }
        let drive = try load(number)
        let known = state.withLock { $0.volumes[number] }
        return VolumeOffer(drive: drive, label: known.label.label, nonce: known.label.nonce, end: known.end)
    }

    func find(label: String, nonce: String, refused: MountRefusal?) async throws -> (any TapeDrive)? {
        let number = state.withLock { $0.volumes.firstIndex { $0.label.nonce == nonce } }
        guard refused == nil, let number else { return nil }
        return try load(number)
    }

    func taker(of plan: ArchivePlan) async throws -> (any RowTaker)? { nil }
    func begins(_ part: BegunPart) async throws {}
    func begun(_ plan: ArchivePlan) async throws {}
    func wrote(_ file: WrittenFile) async throws { change(file.part.nonce) { $0.end = file.end } }
    func ended(volume nonce: String, as fate: VolumeFate) async throws { change(nonce) { $0.isDone = true } }
    func complete(_ archive: WrittenArchive) async throws {}
    func void(archive: String, words: String) async throws {}

    private func change(_ nonce: String, _ body: (inout Known) -> Void) {
        state.withLock { state in
            if let at = state.volumes.firstIndex(where: { $0.label.nonce == nonce }) { body(&state.volumes[at]) }
        }
    }
}
