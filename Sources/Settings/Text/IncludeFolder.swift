import BackupModel
import Glibc

/// The folder whose `*.toml` are read beside the settings file.
struct IncludeFolder {
    let path: String
    /// Named in the settings: then it must be there.
    private let isNamed: Bool
    private let place: TextProblem

    /// Bounds the work on a folder that is full of other things.
    static let mostFiles = 200

    /// As the settings file says, or `conf.d` beside it. What is wrong in the text is told by its reader.
    init(of main: SettingsText) {
        let cut = main.file.lastIndex(of: "/")
        let beside = (cut.map { String(main.file[..<$0]) } ?? ".") + "/conf.d"
        let entries = (try? TOMLText.entries(of: main.bytes, file: main.file)) ?? []
        let entry = entries.first { $0.path == ["engine", "include"] }
        let named = entry.flatMap { entry in (try? entry.node.text()).flatMap { try? PlainPath.parse($0) } }
        path = named ?? beside
        isNamed = named != nil
        let position = entry?.position
        place = TextProblem(
            file: isNamed ? main.file : beside, line: position?.line ?? 0, column: position?.column ?? 0, message: "")
    }

    /// The files in order of name, and what kept others from being read. Hidden files are left alone.
    func texts(user: UInt32) throws(SettingsError) -> (texts: [SettingsText], problems: [TextProblem]) {
        let names: [String]
        do throws(FileRefusal) {
            names = try self.names(user: user)
        } catch {
            var problem = place
            let what = isNamed ? "\"include\" names a folder that " : ""
            switch error {
            case .missing:
                guard isNamed else { return ([], []) }
                problem.message = what + "does not exist"
            case .refused(let reason): problem.message = what + reason
            }
            throw .invalid([problem])
        }
        var texts: [SettingsText] = []
        var problems: [TextProblem] = []
        for name in names {
            let file = path + "/" + name
            do throws(FileRefusal) {
                let bytes = try TextSource.read(file, atMost: SettingsFile.limit, trust: .onlyUser(user))
                texts.append(SettingsText(file: file, bytes: bytes))
            } catch {
                switch error {
                case .missing: continue
                case .refused(let reason):
                    problems.append(TextProblem(file: file, line: 0, column: 0, message: reason))
                }
            }
        }
        return (texts, problems)
    }

    private func names(user: UInt32) throws(FileRefusal) -> [String] {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)
        guard folder >= 0 else {
            if errno == ENOENT { throw .missing }
            throw .refused(String(cString: strerror(errno)).lowercased())
        }
        var status = stat()
        guard fstat(folder, &status) == 0, status.st_uid == user || status.st_uid == 0, status.st_mode & 0o022 == 0,
            let stream = fdopendir(folder)
        else {
            close(folder)
            throw .refused("can be changed by others; it must belong to you or root, mode 0755 or less")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasSuffix(".toml"), !name.hasPrefix(".") else { continue }
            names.append(name)
            guard names.count <= Self.mostFiles else { throw .refused("holds more than \(Self.mostFiles) files") }
        }
        return names.sorted()
    }
}
