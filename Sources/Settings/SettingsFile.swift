package import BackupModel

/// The settings: found, trusted, parsed, checked.
package enum SettingsFile {
    /// No settings file is larger (1 MiB).
    package static let limit = 1 << 20

    /// The settings in the file and its include folder, for those who need no places.
    package static func read(
        _ path: String, user: UInt32, resolvingLinks: Bool = true
    ) throws(SettingsError) -> HoldfastSettings {
        try load(path, user: user, resolvingLinks: resolvingLinks).settings
    }

    /// Reads the file and its include folder as `user` (an effective uid). Blocks; resolves the mirrors' folders
    /// through symbolic links, which can hang on a dead volume unless `resolvingLinks` is false.
    ///
    /// `fragment` is judged as if it lay in the include folder already.
    package static func load(
        _ path: String, user: UInt32, resolvingLinks: Bool = true, adding fragment: SettingsText? = nil
    ) throws(SettingsError) -> LoadedSettings {
        let main = try text(path, user: user)
        let folder = IncludeFolder(of: main)
        var (texts, problems) = try folder.texts(user: user)
        if let fragment { texts.append(fragment) }
        let all = [main] + texts.sorted { $0.file < $1.file }
        return try load(
            all, folder: folder.path, unread: problems, resolve: resolvingLinks ? MirrorPlaces.realPath : { $0 })
    }

    /// The settings in these bytes; `file` is for the messages only.
    package static func parse(
        _ bytes: [UInt8], file: String, resolve: (String) -> String = { $0 }
    ) throws(SettingsError) -> HoldfastSettings {
        try load([SettingsText(file: file, bytes: bytes)], resolve: resolve).settings
    }

    /// The settings in these texts, the settings file itself first.
    package static func load(
        _ texts: [SettingsText], folder: String = "", unread: [TextProblem] = [],
        resolve: (String) -> String = { $0 }
    ) throws(SettingsError) -> LoadedSettings {
        var entries: [TOMLEntry] = []
        var problems = unread
        for text in texts {
            do throws(TextProblem) {
                entries += try self.entries(of: text)
            } catch {
                problems.append(error)
            }
        }
        guard problems.isEmpty else { throw .invalid(problems) }
        let reader = SettingsReader(entries, files: texts.map(\.file), resolve: resolve)
        guard reader.problems.isEmpty else { throw .invalid(reader.problems) }
        let places = reader.places.mapValues {
            SettingsPlace(file: $0.file, line: $0.position.line, column: $0.position.column)
        }
        return LoadedSettings(
            settings: reader.settings, files: texts.map(\.file), includeFolder: folder, places: places,
            values: reader.values)
    }

    private static func entries(of text: SettingsText) throws(TextProblem) -> [TOMLEntry] {
        func whole(_ message: String) -> TextProblem {
            TextProblem(file: text.file, line: 0, column: 0, message: message)
        }
        guard text.bytes.count <= limit else { throw whole("is larger than 1.00 MiB") }
        guard text.bytes.contains(where: { ![9, 10, 13, 32].contains($0) }) else {
            throw whole("is empty; was it half written?")
        }
        return try TOMLText.entries(of: text.bytes, file: text.file)
    }

    private static func text(_ path: String, user: UInt32) throws(SettingsError) -> SettingsText {
        do throws(FileRefusal) {
            return SettingsText(file: path, bytes: try TextSource.read(path, atMost: limit, trust: .onlyUser(user)))
        } catch {
            switch error {
            case .missing: throw .missing(path)
            case .refused(let reason):
                throw .invalid([TextProblem(file: path, line: 0, column: 0, message: reason)])
            }
        }
    }
}

/// A file's bytes and its name.
package struct SettingsText: Hashable, Sendable {
    package var file: String
    package var bytes: [UInt8]

    package init(file: String, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
    }
}

/// Where something is set; counted from 1.
package struct SettingsPlace: Hashable, Codable, Sendable {
    package var file: String
    package var line: Int
    package var column: Int

    /// `FILE:LINE:COLUMN`, foreign bytes escaped.
    package var text: String { printable(file.utf8) + ":\(line):\(column)" }
}

/// Settings and where they come from.
package struct LoadedSettings: Hashable, Sendable {
    package var settings: HoldfastSettings
    /// The settings file itself first.
    package var files: [String]
    package var includeFolder: String
    /// Where each table and key stands, by its name in parts: `job`, `nightly`, `schedule`.
    package var places: [[String]: SettingsPlace]
    /// Every key of every table, in the order of the documentation.
    package var values: [SettingsValue]
}

/// Why there are no settings.
package enum SettingsError: Error, Hashable, Sendable {
    case missing(String)
    /// Every problem found, in the order of the files.
    case invalid([TextProblem])

    /// A line for each problem, at most 20, for people.
    package var lines: [String] {
        guard case .invalid(let problems) = self else { return [] }
        let more = problems.count > 20 ? ["and \(problems.count - 20) more"] : []
        return problems.prefix(20).map(\.text) + more
    }

    /// For the place that turns failures into words; the exit status is `ExitStatus.usage`.
    package var failure: Failure {
        switch self {
        case .missing(let path):
            Failure(
                code: "SETTINGS_MISSING", side: .settings, message: "there is no settings file",
                subject: Array(path.utf8), hint: "Write it there, or name another with --config FILE.")
        case .invalid(let problems):
            Failure(
                code: "SETTINGS_INVALID", side: .settings,
                message: (problems.first?.text ?? "") + (problems.count > 1 ? " (and \(problems.count - 1) more)" : ""),
                subject: Array((problems.first?.file ?? "").utf8), hint: "Nothing was changed.")
        }
    }
}

extension TextProblem {
    /// `FILE:LINE:COLUMN: message`, or without a place when it is about the whole file.
    package var text: String {
        let place = line > 0 ? ":\(line):\(column)" : ""
        return printable(file.utf8) + place + ": " + message
    }
}
