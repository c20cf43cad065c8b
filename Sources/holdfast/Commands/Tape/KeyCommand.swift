import ArgumentParser
import BackupCatalog
import BackupModel
import Foundation
import Settings
import TapeArchive
import WorkerKit

/// `holdfast key ...`: the key files that archives are sealed with.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Make keys for tapes, put them on paper, and tell which tape needs which.",
        discussion: """
            A key is a small text file of mode 0600, named by encryption = "file:/path" in a pool or a job. Who loses it \
            loses every archive sealed with it: print it, and keep the paper elsewhere.
            """,
        subcommands: [KeyList.self, KeyAdd.self, KeyRotate.self, KeyPaper.self])
}

/// Keys of the settings, and the volumes that need each, by the catalog.
struct KeyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Every key of the settings or of a tape, and which tapes need it.")

    @OptionGroup var tape: TapeOptions

    func run() async throws {
        let place = try CommandPlace(tape.place)
        let settings = try place.load().settings
        var rows: [String: KeyRow] = [:]
        for (source, user) in settings.keySources {
            do throws(Failure) {
                let id = try place.secrets.key(source).id
                rows[id, default: KeyRow(id: id)].add(source.text, user)
            } catch {
                rows[source.text, default: KeyRow(id: "")].add(source.text, user)
                rows[source.text]?.trouble = error.message
            }
        }
        for (id, label) in try needed(place) { rows[id, default: KeyRow(id: id)].volumes.insert(label) }
        let list = rows.values.sorted { ($0.id, $0.source) < ($1.id, $1.source) }
        if tape.json { return Standard.json(list) }
        Standard.out(list.isEmpty ? "no key: nothing is encrypted" : list.map(\.line).joined(separator: "\n"))
    }

    /// Pairs of a key's id and the label of a volume that holds something sealed with it.
    private func needed(_ place: CommandPlace) throws -> [(String, String)] {
        let path = place.location.stateFolder + "/catalog.sqlite"
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        let catalog = try Catalog(path: path, access: .reading)
        defer { catalog.close() }
        let tapes = TapeCatalog(catalog)
        var found: [(String, String)] = []
        var after: KnownVolume?
        while true {
            let page = try tapes.volumes(after: after, limit: 500)
            for known in page {
                for key in Set(try tapes.archives(onVolume: known.id).map(\.archive.key)) where !key.isEmpty {
                    found.append((key, known.volume.name))
                }
            }
            after = page.last
            if page.count < 500 { return found }
        }
    }
}

/// What `key list` answers for one key.
struct KeyRow: Codable {
    /// 16 hex digits; empty where the file cannot be read.
    var id: String
    /// As in the settings; empty for one that only tapes know.
    var source = ""
    /// Pools and jobs that seal with it.
    var users: [String] = []
    var volumes: Set<String> = []
    var trouble = ""

    init(id: String) { self.id = id }

    mutating func add(_ source: String, _ user: String) {
        self.source = source
        users.append(user)
    }

    var line: String {
        let place = source.isEmpty ? "NOT in the settings: find its file or paper" : printable(source.utf8)
        var lines = ["\(id.isEmpty ? "unreadable" : id)  \(place)"]
        if !trouble.isEmpty { lines.append("  trouble  \(trouble)") }
        if !users.isEmpty { lines.append("  used by  " + users.map { printable($0.utf8) }.joined(separator: ", ")) }
        if !volumes.isEmpty { lines.append("  needed   " + volumes.sorted().joined(separator: ", ")) }
        return lines.joined(separator: "\n")
    }
}

/// A new key in a new file.
struct KeyAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Make a new key file; one that is there is never overwritten.")

    @Argument(help: "The file to make.") var path: String
    @Option(help: "A line for people: what it is for.") var note = ""

    func run() async throws {
        let path = CommandPlace.absolute(path)
        let id = try KeyFile.make(path, note: note)
        Standard.out(
            """
            key \(id) in \(printable(path.utf8))
              use it   encryption = "file:\(printable(path.utf8))" in a [pool.NAME] or [job.NAME], then: holdfast config reload
              paper    holdfast key paper \(printable(path.utf8))   print it now: who loses the key loses the archives
            """)
    }
}

/// A new key for what follows; the old one stays for what is written.
struct KeyRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Make a new key for a pool; the old one stays, for the tapes that need it.")

    @Argument(help: "The pool.") var pool: String
    @Option(help: ArgumentHelp("The new file. None: the old one's name with the next number.", valueName: "file"))
    var into: String?
    @OptionGroup var place: PlaceOptions

    func run() async throws {
        let here = try CommandPlace(place)
        let pools = try here.load().settings.pools
        guard let found = pools.first(where: { $0.name == pool }) else {
            throw Failure.unknownName("POOL_UNKNOWN", "pool", pool, pools.map(\.name))
        }
        guard case .file(let old)? = found.encryption else {
            throw Failure(
                code: "KEY_NONE", side: .settings,
                message: "pool \(printable(pool.utf8)) is not sealed with a key file",
                hint: "Make one: holdfast key add FILE")
        }
        let oldID = try here.secrets.key(.file(old)).id
        let path = into.map { CommandPlace.absolute($0) } ?? KeyFile.next(after: old)
        let id = try KeyFile.make(path, note: "pool \(pool)")
        Standard.out(
            """
            key \(id) in \(printable(path.utf8))
              now      set encryption = "file:\(printable(path.utf8))" in [pool.\(printable(pool.utf8))], then: holdfast config reload
              keep     \(printable(old.utf8)) (key \(oldID)): what is on tape already needs it; holdfast key list says which
              paper    holdfast key paper \(printable(path.utf8))
            """)
    }
}

/// A key as it is written on paper.
struct KeyPaper: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "paper",
        abstract: "Print a key, to be kept on paper; it can be typed in again, and finds typing errors.")

    @Argument(help: "The key's file, or a pool.") var name: String
    @OptionGroup var place: PlaceOptions

    func run() async throws {
        let here = try CommandPlace(place)
        let source: SecretReference
        if name.contains("/") {
            source = .file(CommandPlace.absolute(name))
        } else {
            let pools = try here.load().settings.pools
            guard let found = pools.first(where: { $0.name == name })?.encryption else {
                throw Failure.unknownName(
                    "POOL_UNKNOWN", "pool with a key", name, pools.filter { $0.encryption != nil }.map(\.name))
            }
            source = found
        }
        let key = try here.secrets.key(source)
        Standard.raw(try KeyFile.text(key.key, note: "of \(source.text)"), to: 1)
    }
}
