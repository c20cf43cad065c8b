import BackupModel
import Foundation
import Glibc
import Settings
import Testing

@Suite struct TrustTests {
    @Test("J7 a plain file of ours is read") func ours() throws {
        try withFolder { folder in
            let path = folder + "/holdfast.toml"
            try write(coldMirror, to: path, mode: 0o644)
            let settings = try SettingsFile.read(path, user: geteuid())
            #expect(settings.mirrors.map(\.name) == ["cold"])
        }
    }

    @Test("J7 a symbolic link is refused") func link() throws {
        try withFolder { folder in
            try write(coldMirror, to: folder + "/real.toml")
            #expect(symlink("real.toml", folder + "/holdfast.toml") == 0)
            #expect(refusal(folder + "/holdfast.toml") == "is a symbolic link; settings must be a plain file")
        }
    }

    @Test("J6 J7 a file that others can write is refused", arguments: [0o620, 0o602, 0o666]) func writable(mode: Int)
        throws
    {
        try withFolder { folder in
            try write(coldMirror, to: folder + "/holdfast.toml", mode: mode)
            #expect(refusal(folder + "/holdfast.toml") == "can be changed by others; run: chmod go-w")
        }
    }

    @Test("J7 a stranger's file is refused", .enabled(if: geteuid() == 0, "only root can give files away"))
    func foreign() throws {
        try withFolder { folder in
            let path = folder + "/holdfast.toml"
            try write(coldMirror, to: path)
            #expect(chown(path, 4711, 4711) == 0)
            #expect(refusal(path) == "belongs to user 4711, not to you (0) or root; run: chown")
        }
    }

    @Test("J7 a pipe or folder is refused without waiting") func noPlainFile() throws {
        try withFolder { folder in
            #expect(mkfifo(folder + "/holdfast.toml", 0o600) == 0)
            #expect(refusal(folder + "/holdfast.toml") == "is not a plain file")
            #expect(refusal(folder) == "is not a plain file")
        }
    }

    @Test("J9 a large file is refused before it is read") func large() throws {
        try withFolder { folder in
            let path = folder + "/holdfast.toml"
            try write("", to: path)
            #expect(truncate(path, 100 << 20) == 0)
            #expect(refusal(path) == "is larger than 1.00 MiB")
        }
    }

    @Test func aMissingFileIsItsOwnFailure() {
        do throws(SettingsError) {
            _ = try SettingsFile.read("/nonexistent/holdfast.toml", user: geteuid())
            Issue.record("a missing file was read")
        } catch {
            #expect(error == .missing("/nonexistent/holdfast.toml"))
            #expect(error.failure.code == "SETTINGS_MISSING")
        }
    }

    @Test("A29 a target inside the source by way of a link is refused") func nestedThroughLink() throws {
        try withFolder { folder in
            try FileManager.default.createDirectory(atPath: folder + "/data/copy", withIntermediateDirectories: true)
            #expect(symlink(folder + "/data/copy", folder + "/drive") == 0)
            let text = "[mirror.m]\nsource = \"\(folder)/data\"\ntarget = \"\(folder)/drive/not-yet/there\"\n"
            try write(text, to: folder + "/holdfast.toml")
            #expect(refusal(folder + "/holdfast.toml") == "\"target\" lies inside the source")
        }
    }

    /// What is said of the file, without its name and place.
    private func refusal(_ path: String) -> String? {
        do throws(SettingsError) {
            _ = try SettingsFile.read(path, user: geteuid())
            return nil
        } catch {
            guard case .invalid(let problems) = error else { return "missing" }
            return problems.first?.message
        }
    }
}

@Suite struct SettingsErrorTests {
    @Test func oneFailureTellsTheFirstAndCountsTheRest() {
        let problems = (1...25).map { TextProblem(file: "h\u{1b}.toml", line: $0, column: 1, message: "bad") }
        let error = SettingsError.invalid(problems)
        #expect(error.failure.code == "SETTINGS_INVALID")
        #expect(error.failure.message == "h\\e.toml:1:1: bad (and 24 more)")
        #expect(error.lines.count == 21)
        #expect(error.lines.last == "and 5 more")
        #expect(SettingsError.missing("/etc/x").lines.isEmpty)
    }
}
