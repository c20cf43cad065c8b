package import BackupModel

/// The settings file: found, trusted, parsed, checked.
package enum SettingsFile {
    /// No settings file is larger (1 MiB).
    package static let limit = 1 << 20

    /// Reads the file as `user` (an effective uid). Blocks; resolves the mirrors' folders through symbolic links, which
    /// can hang on a dead volume unless `resolvingLinks` is false.
    package static func read(
        _ path: String, user: UInt32, resolvingLinks: Bool = true
    ) throws(SettingsError) -> HoldfastSettings {
        let bytes: [UInt8]
        do throws(FileRefusal) {
            bytes = try TextSource.read(path, atMost: limit, trust: .onlyUser(user))
        } catch {
            switch error {
            case .missing: throw .missing(path)
            case .refused(let reason):
                throw .invalid([TextProblem(file: path, line: 0, column: 0, message: reason)])
            }
        }
        return try parse(bytes, file: path, resolve: resolvingLinks ? MirrorPlaces.realPath : { $0 })
    }

    /// The settings in these bytes; `file` is for the messages only.
    package static func parse(
        _ bytes: [UInt8], file: String, resolve: (String) -> String = { $0 }
    ) throws(SettingsError) -> HoldfastSettings {
        guard bytes.count <= limit else {
            throw .invalid([TextProblem(file: file, line: 0, column: 0, message: "is larger than 1.00 MiB")])
        }
        guard bytes.contains(where: { ![9, 10, 13, 32].contains($0) }) else {
            throw .invalid([TextProblem(file: file, line: 0, column: 0, message: "is empty; was it half written?")])
        }
        let reader: SettingsReader
        do throws(TextProblem) {
            reader = SettingsReader(try TOMLText.entries(of: bytes, file: file), file: file, resolve: resolve)
        } catch {
            throw .invalid([error])
        }
        guard reader.problems.isEmpty else { throw .invalid(reader.problems) }
        return reader.settings
    }
}

/// Why there are no settings.
package enum SettingsError: Error, Hashable, Sendable {
    case missing(String)
    /// Every problem found, in the order of the file.
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
