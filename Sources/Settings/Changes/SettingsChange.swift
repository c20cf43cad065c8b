import BackupModel

/// What differs between two settings, and when it counts: for a reload (J10).
package struct SettingsChange: Hashable, Sendable {
    package enum What: String, Codable, Sendable { case added, removed, changed }

    /// From when on the new settings count.
    package enum Effect: String, Codable, Sendable {
        case now
        /// What runs keeps what it began with; the next run has the new.
        case afterRun = "after_run"
        case afterRestart = "after_restart"
    }

    /// One table that differs.
    package struct Item: Hashable, Codable, Sendable {
        /// `mirror`, `job`, `logging` ...
        package var section: String
        /// Empty for tables without a name.
        package var name: String
        package var what: What
        /// The keys that differ, where a table changed.
        package var keys: [String]
        package var effect: Effect

        /// `job.nightly changed: schedule, retries (after its run)`
        package var words: String {
            let table = name.isEmpty ? section : "\(section).\(name)"
            let list = keys.isEmpty ? "" : ": " + keys.joined(separator: ", ")
            let when =
                switch effect {
                case .now: ""
                case .afterRun: " (after its run)"
                case .afterRestart: " (at the engine's next start)"
                }
            return "\(table) \(what.rawValue)\(list)\(when)"
        }
    }

    /// In the order of the documentation, then of the names.
    package private(set) var items: [Item] = []

    /// `running`: names of jobs, mirrors and drives that have a run now.
    package init(from old: HoldfastSettings, to new: HoldfastSettings, running: Set<String> = []) {
        self.running = running
        named("mirror", KeyTables.mirrorRules, old.mirrors, new.mirrors, \.name)
        named("library", KeyTables.libraryRules, old.libraries, new.libraries, \.name)
        named("drive", KeyTables.driveRules, old.drives, new.drives, \.name)
        named("pool", KeyTables.poolRules, old.pools, new.pools, \.name)
        named("job", KeyTables.jobRules, old.jobs, new.jobs, \.name)
        named("set", KeyTables.setRules, old.sets, new.sets, \.name)
        single("alerts", old.voice.withoutTables == new.voice.withoutTables)
        channels(old.voice.channels, new.voice.channels)
        optional("digest", old.voice.digest, new.voice.digest)
        optional("ping", old.voice.ping, new.voice.ping)
        single("engine", KeyTables.engineRules, old.engine, new.engine, atRestart: ["runtime_folder"])
        single("metrics", KeyTables.metricsRules, old.metrics, new.metrics, atRestart: ["listen"])
        single("api", KeyTables.apiRules, old.api, new.api, atRestart: ["listen"])
        single("logging", KeyTables.loggingRules, old.logging, new.logging, atRestart: ["file"])
        single("console", KeyTables.consoleRules, old.console, new.console, atRestart: [])
    }

    package var isEmpty: Bool { items.isEmpty }

    /// The names in a section that were added, removed or changed.
    package func names(in section: String, _ what: What) -> [String] {
        items.filter { $0.section == section && $0.what == what }.map(\.name)
    }

    private let running: Set<String>

    private func effect(on name: String) -> Effect { running.contains(name) ? .afterRun : .now }

    private mutating func named<Subject>(
        _ section: String, _ rules: [KeyRule<Subject>], _ old: [Subject], _ new: [Subject], _ name: (Subject) -> String
    ) {
        let before = Dictionary(old.map { (name($0), $0) }) { first, _ in first }
        let after = Dictionary(new.map { (name($0), $0) }) { first, _ in first }
        for key in Set(before.keys).union(after.keys).sorted() {
            switch (before[key], after[key]) {
            case (nil, _): append(section, key, .added)
            case (_, nil): append(section, key, .removed, effect: effect(on: key))
            case (let older?, let newer?):
                let keys = rules.filter { $0.write(older) != $0.write(newer) }.map(\.key.name)
                if !keys.isEmpty { append(section, key, .changed, keys, effect: effect(on: key)) }
            }
        }
    }

    private mutating func channels(_ old: [ChannelSettings], _ new: [ChannelSettings]) {
        let before = Dictionary(old.map { ($0.name, $0) }) { first, _ in first }
        let after = Dictionary(new.map { ($0.name, $0) }) { first, _ in first }
        for name in Set(before.keys).union(after.keys).sorted() where before[name] != after[name] {
            let what: What = before[name] == nil ? .added : after[name] == nil ? .removed : .changed
            append("channel", name, what)
        }
    }

    private mutating func optional<Table: Equatable>(_ section: String, _ old: Table?, _ new: Table?) {
        guard old != new else { return }
        append(section, "", old == nil ? .added : new == nil ? .removed : .changed)
    }

    private mutating func single(_ section: String, _ isSame: Bool) {
        if !isSame { append(section, "", .changed) }
    }

    private mutating func single<Subject>(
        _ section: String, _ rules: [KeyRule<Subject>], _ old: Subject, _ new: Subject, atRestart: Set<String>
    ) {
        let keys = rules.filter { $0.write(old) != $0.write(new) }.map(\.key.name)
        let late = keys.filter(atRestart.contains)
        let early = keys.filter { !atRestart.contains($0) }
        if !early.isEmpty { append(section, "", .changed, early) }
        if !late.isEmpty { append(section, "", .changed, late, effect: .afterRestart) }
    }

    private mutating func append(
        _ section: String, _ name: String, _ what: What, _ keys: [String] = [], effect: Effect = .now
    ) {
        items.append(Item(section: section, name: name, what: what, keys: keys, effect: effect))
    }
}

extension VoiceSettings {
    /// What `[alerts]` alone says.
    fileprivate var withoutTables: VoiceSettings {
        var voice = self
        voice.channels = []
        voice.digest = nil
        voice.ping = nil
        return voice
    }
}
