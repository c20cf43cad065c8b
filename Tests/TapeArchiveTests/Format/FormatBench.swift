import Foundation
import Glibc

@testable import TapeArchive

let isLongFormatRun = ProcessInfo.processInfo.environment["HOLDFAST_LONG"] == "1"

/// Numbers that are the same in every run (SplitMix64).
struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }
}

/// An entry and its data as stored: of a sparse file the regions one after another.
struct Sample: Hashable {
    var entry: ArchiveEntry
    var data: [UInt8]

    init(_ entry: ArchiveEntry, _ data: [UInt8] = []) {
        self.entry = entry
        self.data = data
    }

    static func file(_ name: String, _ data: [UInt8], change: (inout ArchiveEntry) -> Void = { _ in }) -> Sample {
        var entry = ArchiveEntry(.file, Array(name.utf8), size: Int64(data.count))
        entry.modified = EntryTime(seconds: 1_700_000_000)
        change(&entry)
        return Sample(entry, data)
    }

    static func other(_ kind: ArchiveEntry.Kind, _ name: String, link: String = "") -> Sample {
        var entry = ArchiveEntry(kind, Array(name.utf8), mode: kind == .symlink ? 0o777 : 0o755)
        entry.linkTarget = Array(link.utf8)
        entry.modified = EntryTime(seconds: 1_700_000_000, nanoseconds: 5)
        return Sample(entry)
    }

    static func sparse(_ name: String, regions: [(Int64, Int64)], size: Int64, seed: UInt64 = 1) -> Sample {
        var entry = ArchiveEntry(.file, Array(name.utf8), size: size)
        entry.sparse = SparseMap(regions.map { SparseMap.Region(offset: $0.0, length: $0.1) }, size: size)
        entry.modified = EntryTime(seconds: 1_600_000_000)
        var dice = Dice(state: seed)
        return Sample(entry, dice.bytes(Int(entry.dataBytes)))
    }
}

/// The stream of an archive of samples, and where each member lies.
func stream(of samples: [Sample]) throws -> (bytes: [UInt8], places: [MemberPlace]) {
    var writer = ArchiveWriter(into: ByteArray())
    var places: [MemberPlace] = []
    for sample in samples {
        places.append(try writer.begin(sample.entry))
        try sample.data.withUnsafeBytes { try writer.write($0) }
        try writer.finish()
    }
    try writer.close()
    return (writer.sink.bytes, places)
}

func facts(_ part: Int = 1, at offset: Int64 = 0, blockSize: Int = 512, set: String = "ab12") -> PartFacts {
    PartFacts(
        .archive, set: set, archive: "cd34", sequence: part, part: part, offset: offset, label: "ARC00\(part)",
        nonce: "ef56", blockSize: blockSize, created: "2026-11-21T03:00:00Z")
}

/// The parts of a stream, where each tape takes so many whole blocks; the way a writer of tapes does it.
func parts(of stream: [UInt8], blockSize: Int, blocksOnTape: [Int64]) throws -> [[UInt8]] {
    var tracker = TarReader(NoSink())
    var out: [[UInt8]] = []
    var start: Int64 = 0
    var tapes = blocksOnTape[...]
    while true {
        let head = try PartHead(
            facts(out.count + 1, at: start, blockSize: blockSize), at: tracker.standing, device: "/dev/nst0")
        let frame = PartFrame(start: start, headBytes: head.bytes.count, blockSize: blockSize)
        let room = tapes.popFirst() ?? .max
        let needed = frame.blocks(toStreamEnd: Int64(stream.count))
        if needed.count <= room {
            let rest = stream[Int(start)...]
            out.append(head.bytes + rest + [UInt8](repeating: 0, count: needed.fill))
            return out
        }
        if frame.isVoid(afterBlocks: room) { continue }
        let end = frame.streamOffset(afterBlocks: room)
        let piece = Array(stream[Int(start)..<Int(end)])
        out.append(head.bytes + piece)
        try piece.withUnsafeBytes { try tracker.feed($0) }
        start = end
    }
}

/// Two parts, cut at an offset of the stream.
func parts(of stream: [UInt8], cutAt offset: Int) throws -> [[UInt8]] {
    let head = try PartHead(facts(), at: .member, device: "/dev/nst0")
    return try parts(of: stream, blockSize: 512, blocksOnTape: [Int64((head.bytes.count + offset) / 512)])
}

/// Keeps all that is read.
struct Collector: ArchiveSink {
    var samples: [Sample] = []
    var places: [MemberPlace] = []
    var whole: [Bool] = []
    var troubles: [ArchiveTrouble] = []
    var bytes: Int64 = 0
    var isMisplaced = false
    private var at: Int64 = 0

    mutating func begin(_ entry: ArchiveEntry, at place: MemberPlace) {
        samples.append(Sample(entry))
        places.append(place)
        at = 0
    }

    mutating func data(_ bytes: UnsafeRawBufferPointer, at offset: Int64) {
        self.bytes += Int64(bytes.count)
        let entry = samples[samples.count - 1].entry
        if offset < at || offset + Int64(bytes.count) > entry.size { isMisplaced = true }
        at = offset + Int64(bytes.count)
        samples[samples.count - 1].data += bytes
    }

    mutating func end(isWhole: Bool) { whole.append(isWhole) }
    mutating func trouble(_ trouble: ArchiveTrouble) { troubles.append(trouble) }
}

/// Reads parts by our own reader.
func collect(_ parts: [[UInt8]], piece: Int = 1 << 16, acceptsGaps: Bool = false) throws -> Collector {
    var reader = SpanReader(Collector(), acceptsGaps: acceptsGaps)
    for part in parts {
        reader.beginPart()
        for start in stride(from: 0, to: part.count, by: piece) {
            try part[start..<min(start + piece, part.count)].withUnsafeBytes { try reader.feed($0) }
        }
    }
    try reader.finish()
    return reader.tar.sink
}

/// A folder that goes with the test.
final class FormatFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "holdfast-format-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    }

    func clear(_ name: String) throws {
        _ = try run(["rm", "-rf", name], in: path)
        try FileManager.default.createDirectory(atPath: path + "/" + name, withIntermediateDirectories: true)
    }
}

struct Ran {
    var status: Int32
    var output: [UInt8]
    var errors: String
}

/// Runs a program to its end; its standard input is `input`, or nothing.
func run(_ arguments: [String], in folder: String, input: [UInt8] = []) throws -> Ran {
    let scratch = NSTemporaryDirectory() + "holdfast-run-" + UUID().uuidString
    defer { for end in ["in", "out", "err"] { unlink("\(scratch).\(end)") } }
    try Data(input).write(to: URL(fileURLWithPath: scratch + ".in"))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ["PATH": "/usr/bin:/bin:/usr/sbin", "LC_ALL": "C", "TZ": "UTC"]
    process.standardInput = FileHandle(forReadingAtPath: scratch + ".in")
    for end in ["out", "err"] { _ = FileManager.default.createFile(atPath: "\(scratch).\(end)", contents: nil) }
    process.standardOutput = FileHandle(forWritingAtPath: scratch + ".out")
    process.standardError = FileHandle(forWritingAtPath: scratch + ".err")
    try process.run()
    process.waitUntilExit()
    let output = FileManager.default.contents(atPath: scratch + ".out") ?? Data()
    let errors = FileManager.default.contents(atPath: scratch + ".err") ?? Data()
    return Ran(
        status: process.terminationStatus, output: [UInt8](output), errors: String(decoding: errors, as: UTF8.self))
}

func isInstalled(_ program: String) -> Bool {
    ["/usr/bin/", "/bin/"].contains { access($0 + program, X_OK) == 0 }
}

/// What differs between two trees: contents, names, modes, owners, times to the nanosecond, links, holes, attributes.
func differences(_ one: String, _ other: String) throws -> String {
    let ran = try run(
        ["rsync", "-naHAXSi", "--modify-window=-1", "--numeric-ids", "--checksum", "--delete", one + "/", other + "/"],
        in: "/")
    return String(decoding: ran.output, as: UTF8.self) + ran.errors
}

/// Makes the samples on a disk, directories' times last. Owners are left to who runs it, unless that is root.
func plant(_ samples: [Sample], in folder: String) {
    let root = Array(folder.utf8) + [47]
    func path(_ name: [UInt8]) -> [CChar] { (root + name + [0]).map { CChar(bitPattern: $0) } }
    for sample in samples {
        let entry = sample.entry
        let name = path(entry.name)
        switch entry.kind {
        case .directory: mkdir(name, 0o755)
        case .symlink: symlink((entry.linkTarget + [0]).map { CChar(bitPattern: $0) }, name)
        case .hardLink: link(path(entry.linkTarget), name)
        case .fifo: mkfifo(name, 0o644)
        case .characterDevice, .blockDevice: break
        case .file:
            let file = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0o644)
            var from = 0
            for region in entry.sparse?.regions ?? [SparseMap.Region(offset: 0, length: entry.size)] {
                let piece = sample.data[from..<from + Int(region.length)]
                _ = piece.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, off_t(region.offset)) }
                from += Int(region.length)
            }
            ftruncate(file, off_t(entry.size))
            close(file)
        }
    }
    for sample in samples.reversed() where sample.entry.kind != .hardLink {
        let entry = sample.entry
        let name = path(entry.name)
        if getuid() == 0 { lchown(name, entry.owner, entry.group) }
        if entry.kind != .symlink { chmod(name, entry.mode) }
        for attribute in entry.attributes {
            // Glibc's module does not show setxattr to Swift.
            let hex = attribute.value.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            _ = try? run(
                [
                    "python3", "-c", "import os, sys; os.setxattr(*sys.argv[1:3], bytes.fromhex(sys.argv[3]))",
                    folder + "/" + String(decoding: entry.name, as: UTF8.self),
                    String(decoding: attribute.name, as: UTF8.self), hex,
                ], in: folder)
        }
        let time = timespec(tv_sec: Int(entry.modified.seconds), tv_nsec: Int(entry.modified.nanoseconds))
        utimensat(AT_FDCWD, name, [time, time], AT_SYMLINK_NOFOLLOW)
    }
}
