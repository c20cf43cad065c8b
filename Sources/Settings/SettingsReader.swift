import BackupModel

/// Turns the entries of all files into settings and collects every problem on the way, not just the first.
struct SettingsReader {
    private(set) var settings = HoldfastSettings()
    private(set) var problems: [TextProblem] = []
    /// Every entry by its path, at its first place.
    private(set) var places: [[String]: TOMLEntry] = [:]
    /// The entries of each table.
    private var inner: [[String]: [TOMLEntry]] = [:]
    private let files: [String]
    private var drafts = VoiceDrafts()
    /// Every value as it is understood, in the order of the documentation.
    private(set) var values: [SettingsValue] = []

    /// The settings file itself comes first in `files`; entries are in the order of the files.
    init(_ entries: [TOMLEntry], files: [String], resolve: (String) -> String = { $0 }) {
        self.files = files
        for entry in entries { arrange(entry) }
        for entry in entries where entry.path.count == 1 { checkSection(entry) }
        readTables()
        checkTogether(resolve)
        let order = Dictionary(files.enumerated().map { ($1, $0) }) { first, _ in first }
        problems.sort { (order[$0.file] ?? 0, $0.line, $0.column) < (order[$1.file] ?? 0, $1.line, $1.column) }
    }

    private mutating func readTables() {
        settings.mirrors = named("mirror", atMost: 100, KeyTables.mirrorRules) {
            MirrorSettings(name: $0, source: "", target: "")
        }
        if let include = places[["engine", "include"]], include.file != files.first {
            complain(include, "\"include\" stands in an included file; only the settings file itself names the folder")
        }
        settings.libraries = named("library", atMost: 20, KeyTables.libraryRules) {
            LibrarySettings(name: $0, kind: .virtual)
        }
        settings.drives = named("drive", atMost: 50, KeyTables.driveRules) { DriveSettings(name: $0) }
        settings.pools = named("pool", atMost: 100, KeyTables.poolRules) { Pool(name: $0) }
        settings.jobs = named("job", atMost: 500, KeyTables.jobRules) { JobSettings(name: $0, kind: .command) }
        settings.sets = named("set", atMost: 200, KeyTables.setRules) { RecoverySetSettings(name: $0) }
        drafts.channels = named("channel", atMost: 50, KeyTables.channelRules) { ChannelDraft(name: $0) }
        drafts.alerts = single("alerts", KeyTables.alertsRules, of: drafts.alerts)
        if isThere("digest") { drafts.digest = single("digest", KeyTables.digestRules, of: drafts.digest) }
        if isThere("ping") { drafts.ping = single("ping", KeyTables.pingRules, of: drafts.ping) }
        settings.voice = drafts.settings(hasDigest: isThere("digest"), hasPing: isThere("ping"))
        settings.engine = single("engine", KeyTables.engineRules, of: settings.engine)
        settings.metrics = single("metrics", KeyTables.metricsRules, of: settings.metrics)
        settings.api = single("api", KeyTables.apiRules, of: settings.api)
        settings.logging = single("logging", KeyTables.loggingRules, of: settings.logging)
        settings.console = single("console", KeyTables.consoleRules, of: settings.console)
    }

    private func isThere(_ section: String) -> Bool { places[[section]]?.node == .table }

    private mutating func checkTogether(_ resolve: (String) -> String) {
        let found =
            MirrorPlaces.problems(settings.mirrors, resolve: resolve)
            + TapeChecks(settings, set: Set(places.keys), resolve: resolve).problems
            + JobChecks(settings, set: Set(places.keys)).problems
            + VoiceChecks(drafts, set: Set(places.keys)).problems
        for problem in found {
            guard let entry = places[problem.path] ?? places[problem.path.dropLast()] else { continue }
            complain(entry, problem.message)
        }
    }

    private mutating func complain(_ entry: TOMLEntry, _ message: String) {
        problems.append(TextProblem(entry.file, entry.position, message))
    }
}

/// One key and what it is, as it would stand in the file.
package struct SettingsValue: Hashable, Codable, Sendable {
    /// `job`, `nightly`, `schedule`.
    package var path: [String]
    /// TOML; nil: none. Secrets are told by their place only.
    package var text: String?
    /// It stands in no file.
    package var isDefault: Bool
}

/// Something wrong between settings that are right by themselves.
struct CrossProblem: Hashable {
    /// The key to point at, or its table where it is not set.
    var path: [String]
    var message: String
}

// MARK: - Tables

extension SettingsReader {
    /// A table belongs to one file: the same table in another is told with both places, and its keys are not read.
    private mutating func arrange(_ entry: TOMLEntry) {
        let isNamed = KeyTables.tables.first { $0.section == entry.path[0] }?.isNamed ?? false
        let unit = Array(entry.path.prefix(isNamed ? 2 : 1))
        // `[job]` itself is in every file that has a job.
        if isNamed, entry.path.count == 1, entry.node == .table {
            if places[entry.path] == nil { places[entry.path] = entry }
            return
        }
        if let first = places[unit], first.file != entry.file {
            guard entry.path == unit else { return }
            let name = unit.map { printable($0.utf8) }.joined(separator: ".")
            return complain(
                entry,
                "[\(name)] is defined twice; first in \(printable(first.file.utf8)):\(first.position.line):"
                    + "\(first.position.column)")
        }
        if places[entry.path] == nil { places[entry.path] = entry }
        inner[entry.path.dropLast(), default: []].append(entry)
    }

    private mutating func checkSection(_ entry: TOMLEntry) {
        let name = entry.path[0]
        guard let table = KeyTables.tables.first(where: { $0.section == name }) else {
            let what = entry.node == .table ? "unknown table" : "unknown key"
            let near = NearestWord.suggestion(name, among: KeyTables.sections)
            return complain(entry, "\(what) \"\(printable(name.utf8))\"\(near)")
        }
        if entry.node != .table {
            complain(entry, "\"\(name)\" must be a table, \(table.heading), not \(entry.node.kind)")
        }
    }

    /// Takes and gives back the subject, for it is part of the reader itself.
    private mutating func single<Subject>(
        _ section: String, _ rules: [KeyRule<Subject>], of subject: Subject
    ) -> Subject {
        var subject = subject
        read([section], rules, into: &subject)
        if let table = places[[section]] { require(rules, of: table, "[\(section)]") }
        return subject
    }

    /// The tables of a section that are right, in order of name.
    private mutating func named<Subject>(
        _ section: String, atMost limit: Int, _ rules: [KeyRule<Subject>], make: (String) -> Subject
    ) -> [Subject] {
        let tables = inner[[section]] ?? []
        guard tables.count <= limit else {
            if let first = places[[section]] { complain(first, "more than \(limit) \(section)s") }
            return []
        }
        return tables.sorted { $0.path[1] < $1.path[1] }.compactMap { one($0, rules, make: make) }
    }

    private mutating func one<Subject>(
        _ entry: TOMLEntry, _ rules: [KeyRule<Subject>], make: (String) -> Subject
    ) -> Subject? {
        let (section, name) = (entry.path[0], entry.path[1])
        let before = problems.count
        guard entry.node == .table else {
            complain(
                entry,
                "\"\(printable(name.utf8))\" stands outside a \(section); write [\(section).NAME] above it")
            return nil
        }
        guard MirrorName.isValid(name) else {
            complain(
                entry,
                "\"\(printable(name.utf8))\" cannot name a \(section): 1 to 64 of a-z, 0-9, - and _, "
                    + "beginning with a letter or digit")
            return nil
        }
        var subject = make(name)
        read(entry.path, rules, into: &subject)
        require(rules, of: entry, "\(section) \"\(name)\"")
        return problems.count == before ? subject : nil
    }

    private mutating func require<Subject>(_ rules: [KeyRule<Subject>], of table: TOMLEntry, _ what: String) {
        for rule in rules where rule.isRequired && places[table.path + [rule.key.name]] == nil {
            complain(table, "\(what) has no \"\(rule.key.name)\"")
        }
    }

    private mutating func read<Subject>(
        _ table: [String], _ rules: [KeyRule<Subject>], into subject: inout Subject
    ) {
        for entry in inner[table] ?? [] {
            let name = entry.path.last ?? ""
            guard let rule = rules.first(where: { $0.key.name == name }) else {
                let near = NearestWord.suggestion(name, among: rules.map(\.key.name))
                complain(entry, "unknown key \"\(printable(name.utf8))\"\(near)")
                continue
            }
            do throws(BadValue) {
                try rule.read(entry.node, &subject)
            } catch {
                complain(entry, "\"\(name)\" \(error.message)")
            }
        }
        for rule in rules {
            let path = table + [rule.key.name]
            var text = rule.write(subject)
            // Of some services the whole address is the secret.
            if rule.key.kind == "URL" { text = text.map(WebAddress.withoutPath) }
            values.append(SettingsValue(path: path, text: text, isDefault: places[path] == nil))
        }
    }
}
