import BackupModel
import Foundation
import TapeArchive
import WorkerKit

/// A folder of sources that goes with the test, and what a reader made of it.
final class SourceTree: Sendable {
    let path: String

    init() throws {
        path = "/var/tmp/holdfast-source-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { _ = try? ChildCommand(["rm", "-rf", path]).runHere() }

    /// Its name in an archive.
    var name: String { String(path.dropFirst()) }

    func folder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: path + "/" + name, withIntermediateDirectories: true)
    }

    func file(_ name: String, _ bytes: [UInt8] = [1, 2, 3]) throws {
        let parent = (path + "/" + name).split(separator: "/").dropLast().joined(separator: "/")
        try FileManager.default.createDirectory(atPath: "/" + parent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    }

    func plan(_ rules: SourceRules = SourceRules()) -> SourcePlan { SourcePlan([PathBytes(path)], rules: rules) }
}

/// All that a reader gave, files put together.
struct Collected {
    struct Item {
        var entry: ArchiveEntry
        var identity: FileIdentity
        var data: [UInt8] = []
        var end: ContentEnd?
        var isStream = false
    }
    var items: [Item] = []
    var deleted: [DeletedEntry] = []
    var warnings: [Failure] = []
    var tally = SourceTally()

    init(_ reader: SourceReader) throws {
        while let event = try reader.next() {
            switch event {
            case .entry(let entry):
                var item = Item(entry: entry.entry, identity: entry.identity)
                switch entry.content {
                case .none: break
                case .stream: item.isStream = true
                case .whole(let data, let end):
                    item.data = data?.withBytes { Array($0) } ?? []
                    item.end = end
                }
                items.append(item)
            case .data(let data): data.withBytes { items[items.count - 1].data += $0 }
            case .end(let end): items[items.count - 1].end = end
            case .deleted(let entry): deleted.append(entry)
            case .warning(let failure): warnings.append(failure)
            }
        }
        tally = reader.tally
    }

    /// On a thread that may block.
    static func all(
        _ plan: SourcePlan, files: any FileCalls = LinuxFiles(side: .source), former: (any FormerListing)? = nil,
        limits: ReadLimits = ReadLimits(memory: 8 << 20, readers: 3)
    ) async throws -> Collected {
        try await runBlocking(name: "collect") {
            try Collected(try SourceReader(plan, files: files, former: former, limits: limits))
        }
    }

    func names(below tree: SourceTree) -> [String] { items.map { Self.below(tree, $0.entry.name) } }

    func item(_ name: String, in tree: SourceTree) -> Item? {
        items.first { Self.below(tree, $0.entry.name) == name }
    }

    /// As the base of an incremental, begun long after all of it changed.
    func listing(began: Int64 = .max / 4) -> Former {
        Former(
            items.map { item in
                let time = item.entry.modified
                return FormerEntry(
                    item.entry.kind, item.entry.name, size: item.entry.size,
                    modified: FileStamp(seconds: time.seconds, nanoseconds: time.nanoseconds),
                    identity: item.identity, isWhole: item.end?.isWhole ?? true)
            }, began: began)
    }

    static func below(_ tree: SourceTree, _ name: [UInt8]) -> String {
        String(String(decoding: name, as: UTF8.self).dropFirst(tree.name.count + 1))
    }
}

struct Former: FormerListing {
    let base = "base"
    let began: FileStamp
    private var rest: ArraySlice<FormerEntry>

    init(_ entries: [FormerEntry], began: Int64) {
        rest = entries[...]
        self.began = FileStamp(seconds: began)
    }

    mutating func next() -> FormerEntry? { rest.popFirst() }
}
