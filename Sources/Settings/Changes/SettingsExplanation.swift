package import BackupModel

/// What a key means, what it may be, and what it is where.
package struct SettingsExplanation: Hashable, Codable, Sendable {
    /// `[job.NAME] schedule`
    package var key: String
    package var meaning: String
    package var kind: String
    package var range: String
    package var standard: String
    /// Its values in these settings; one for a table without a name.
    package var values: [Value]

    package struct Value: Hashable, Codable, Sendable {
        /// `job.nightly.schedule`
        package var key: String
        /// As it would stand in the file; nil: none.
        package var value: String?
        /// Nil: it is the default.
        package var place: SettingsPlace?
    }

    /// For `job.nightly.schedule`, `job.schedule`, `logging.level`; and for `job`, `job.nightly` and `logging`, all
    /// keys. Fails with `KEY_UNKNOWN`, which names the nearest.
    package static func of(_ text: String, in loaded: LoadedSettings) throws(Failure) -> [SettingsExplanation] {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let section = parts.first ?? ""
        guard let table = KeyTables.tables.first(where: { $0.section == section }) else {
            throw unknown(text, section, among: KeyTables.sections)
        }
        let (name, key) = try split(parts, table, text, loaded)
        let keys = key.map { key in table.keys.filter { $0.name == key } } ?? table.keys
        return keys.map { explain($0, table, name: name, loaded) }
    }

    private static func split(
        _ parts: [String], _ table: KeyTables.Table, _ text: String, _ loaded: LoadedSettings
    ) throws(Failure) -> (name: String?, key: String?) {
        let known = table.keys.map(\.name)
        let names = loaded.places.keys.filter { $0.count == 2 && $0[0] == table.section }.map { $0[1] }.sorted()
        guard parts.count > 1 else { return (nil, nil) }
        if !table.isNamed || parts.count == 2 {
            guard parts.count == 2 else { throw unknown(text, parts.last ?? "", among: known) }
            if known.contains(parts[1]) { return (nil, parts[1]) }
            guard table.isNamed, names.contains(parts[1]) else {
                throw unknown(text, parts[1], among: known + (table.isNamed ? names : []))
            }
            return (parts[1], nil)
        }
        guard names.contains(parts[1]) || parts[1] == "NAME" else { throw unknown(text, parts[1], among: names) }
        guard parts.count == 3, known.contains(parts[2]) else { throw unknown(text, parts[2], among: known) }
        return (parts[1] == "NAME" ? nil : parts[1], parts[2])
    }

    private static func explain(
        _ key: SettingsKey, _ table: KeyTables.Table, name: String?, _ loaded: LoadedSettings
    ) -> SettingsExplanation {
        let values = loaded.values.filter {
            $0.path.first == table.section && $0.path.last == key.name && (name == nil || $0.path[1] == name)
        }
        return SettingsExplanation(
            key: table.heading + " " + key.name, meaning: key.meaning, kind: key.kind, range: key.range,
            standard: key.defaultText,
            values: values.map {
                Value(key: $0.path.joined(separator: "."), value: $0.text, place: loaded.places[$0.path])
            })
    }

    private static func unknown(_ text: String, _ word: String, among known: [String]) -> Failure {
        Failure(
            code: "KEY_UNKNOWN", side: .settings,
            message: "no key is named \"\(printable(text.utf8))\"" + NearestWord.suggestion(word, among: known),
            subject: Array(text.utf8), hint: "Write TABLE.KEY or TABLE.NAME.KEY, or TABLE for all of its keys.")
    }
}
