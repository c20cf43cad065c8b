import BackupModel

/// Turns entries into settings and collects every problem on the way, not just the first.
struct SettingsReader {
    private(set) var settings = HoldfastSettings()
    private(set) var problems: [TextProblem] = []
    private let file: String

    /// Bounds the work on a hostile file; nobody has as many drives.
    static let mostMirrors = 100

    init(_ entries: [TOMLEntry], file: String, resolve: (String) -> String = { $0 }) {
        self.file = file
        for entry in entries where entry.path.count == 1 { section(entry, entries) }
        settings.mirrors.sort { $0.name < $1.name }
        checkPlaces(entries, resolve)
        problems.sort { ($0.line, $0.column) < ($1.line, $1.column) }
    }

    private mutating func section(_ entry: TOMLEntry, _ entries: [TOMLEntry]) {
        let name = entry.path[0]
        guard KeyTables.sections.contains(name) else {
            let what = entry.node == .table ? "unknown table" : "unknown key"
            let near = NearestWord.suggestion(name, among: KeyTables.sections)
            return complain(entry, "\(what) \"\(printable(name.utf8))\"\(near)")
        }
        guard entry.node == .table else {
            let example = name == "mirror" ? "[mirror.NAME]" : "[\(name)]"
            return complain(entry, "\"\(name)\" must be a table, \(example), not \(entry.node.kind)")
        }
        let inner = entries.filter { $0.path.count == 2 && $0.path[0] == name }
        switch name {
        case "console":
            var console = settings.console
            read(inner, KeyTables.consoleRules, into: &console)
            settings.console = console
        case "logging":
            var logging = settings.logging
            read(inner, KeyTables.loggingRules, into: &logging)
            settings.logging = logging
        default: mirrors(inner, of: entry, entries)
        }
    }

    private mutating func mirrors(_ inner: [TOMLEntry], of section: TOMLEntry, _ entries: [TOMLEntry]) {
        guard inner.count <= Self.mostMirrors else {
            return complain(section, "more than \(Self.mostMirrors) mirrors")
        }
        for entry in inner { mirror(entry, entries) }
    }

    private mutating func mirror(_ entry: TOMLEntry, _ entries: [TOMLEntry]) {
        let name = entry.path[1]
        guard entry.node == .table else {
            return complain(entry, "\"\(printable(name.utf8))\" stands outside a mirror; write [mirror.NAME] above it")
        }
        guard MirrorName.isValid(name) else {
            return complain(
                entry,
                "\"\(printable(name.utf8))\" cannot name a mirror: 1 to 64 of a-z, 0-9, - and _, "
                    + "beginning with a letter or digit")
        }
        let inner = entries.filter { $0.path.count == 3 && $0.path[0] == "mirror" && $0.path[1] == name }
        var mirror = MirrorSettings(name: name, source: "", target: "")
        let isUsable = read(inner, KeyTables.mirrorRules, into: &mirror)
        for rule in KeyTables.mirrorRules
        where rule.isRequired && !inner.contains(where: { $0.path[2] == rule.key.name }) {
            complain(entry, "mirror \"\(name)\" has no \"\(rule.key.name)\"")
        }
        if isUsable, !mirror.source.isEmpty, !mirror.target.isEmpty { settings.mirrors.append(mirror) }
    }

    /// Reads one table; true when nothing was wrong.
    @discardableResult
    private mutating func read<Subject>(
        _ entries: [TOMLEntry], _ rules: [KeyRule<Subject>], into subject: inout Subject
    ) -> Bool {
        let before = problems.count
        for entry in entries {
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
        return problems.count == before
    }

    private mutating func checkPlaces(_ entries: [TOMLEntry], _ resolve: (String) -> String) {
        for problem in MirrorPlaces.problems(settings.mirrors, resolve: resolve) {
            let path = ["mirror", problem.mirror, problem.key]
            guard let entry = entries.first(where: { $0.path == path }) else { continue }
            complain(entry, problem.message)
        }
    }

    private mutating func complain(_ entry: TOMLEntry, _ message: String) {
        problems.append(TextProblem(file, entry.position, message))
    }
}
