import BackupModel
import Foundation
import Glibc
import Settings
import Testing

@Suite struct IncludeTests {
    /// A settings file with these texts in `conf.d`; the folder's path goes away from all that is said.
    private func said(
        _ main: String, _ parts: [String: String], folder name: String = "conf.d", mode: Int = 0o755
    ) throws -> (settings: HoldfastSettings?, lines: [String]) {
        var result: (HoldfastSettings?, [String]) = (nil, [])
        try withFolder { folder in
            let include = folder + "/" + name
            try FileManager.default.createDirectory(atPath: include, withIntermediateDirectories: true)
            for (file, text) in parts { try write(text, to: include + "/" + file) }
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: include)
            try write(main.replacing("FOLDER", with: folder), to: folder + "/holdfast.toml")
            do throws(SettingsError) {
                result.0 = try SettingsFile.read(folder + "/holdfast.toml", user: geteuid())
            } catch {
                result.1 = error.lines.map { $0.replacing(folder + "/", with: "") }
            }
        }
        return result
    }

    @Test func filesAreReadInOrderOfName() throws {
        let parts = ["20-b.toml": dump, "10-a.toml": nightly, "notes.txt": "[", ".hidden.toml": "["]
        let settings = try #require(try said(coldMirror, parts).settings)
        #expect(settings.jobs.map(\.name) == ["dump", "nightly"])
    }

    @Test func theFolderMayBeNamed() throws {
        let main = "[engine]\ninclude = \"FOLDER/parts\"\n" + coldMirror
        #expect(try said(main, ["a.toml": dump], folder: "parts").settings?.jobs.count == 1)
        #expect(
            try said(main, [:], folder: "other").lines == [
                "holdfast.toml:2:1: \"include\" names a folder that does not exist"
            ])
    }

    @Test("J5 the same table in two files is told with both places")
    func twice() throws {
        let parts = ["a.toml": dump, "b.toml": "# again\n" + dump + "retries = \"wrong\"\n"]
        #expect(
            try said(coldMirror, parts).lines == [
                "conf.d/b.toml:2:6: [job.dump] is defined twice; first in conf.d/a.toml:1:6"
            ])
        #expect(
            try said("[logging]\nlevel = \"info\"\n", ["a.toml": "[logging]\nretain_days = 3\n"]).lines == [
                "conf.d/a.toml:1:2: [logging] is defined twice; first in holdfast.toml:1:2"
            ])
    }

    @Test("J1 J5 problems of all files are told at once, each with its file")
    func allAtOnce() throws {
        let parts = ["a.toml": dump + "retrys = 3\n", "b.toml": "[engine]\ninclude = \"/x\"\n"]
        #expect(
            try said(coldMirror + "wrkers = 3\n", parts).lines == [
                "holdfast.toml:4:1: unknown key \"wrkers\"; did you mean \"workers\"?",
                "conf.d/a.toml:4:1: unknown key \"retrys\"; did you mean \"retries\"?",
                "conf.d/b.toml:2:1: \"include\" stands in an included file; only the settings file itself names the folder",
            ])
        #expect(try said(coldMirror, ["a.toml": "[job", "b.toml": ""]).lines.count == 2)
    }

    @Test("J7 a folder or file that others can change is refused")
    func trust() throws {
        #expect(
            try said(coldMirror, ["a.toml": dump], mode: 0o777).lines.first?.contains("can be changed by others")
                == true)
        try withFolder { folder in
            try FileManager.default.createDirectory(atPath: folder + "/conf.d", withIntermediateDirectories: true)
            try write(coldMirror, to: folder + "/holdfast.toml")
            try write(dump, to: folder + "/real.toml")
            #expect(symlink(folder + "/real.toml", folder + "/conf.d/a.toml") == 0)
            do throws(SettingsError) {
                _ = try SettingsFile.read(folder + "/holdfast.toml", user: geteuid())
                Issue.record("a link was read")
            } catch {
                #expect(
                    error.lines.first?.hasSuffix("a.toml: is a symbolic link; settings must be a plain file") == true)
            }
        }
    }

    @Test("J9 a folder full of files is refused")
    func full() throws {
        let parts = Dictionary(uniqueKeysWithValues: (0..<201).map { ("f\($0).toml", "[set.s\($0)]\n") })
        let lines = try said(coldMirror, parts).lines
        #expect(lines.first?.hasSuffix("holds more than 200 files") == true, "\(lines.first ?? "")")
    }
}

@Suite struct FragmentTests {
    private func withSettings(_ text: String, _ body: (_ folder: String, _ file: String) throws -> Void) throws {
        try withFolder { folder in
            try write(text, to: folder + "/holdfast.toml")
            try body(folder, folder + "/holdfast.toml")
        }
    }

    private var job: JobSettings {
        var job = JobSettings(name: "nightly", kind: .mirrorRun)
        job.mirror = "cold"
        job.jitter = 600
        job.schedule = "*-*-* 02:00"
        job.beforeHook = ["/bin/echo", "a \"b\" \\ \u{1b}é"]
        return job
    }

    private func code(_ job: JobSettings, _ file: String) -> String? {
        do throws(Failure) {
            _ = try SettingsFragment.write(job, settings: file, user: geteuid())
            return nil
        } catch {
            return error.code
        }
    }

    @Test func aNewJobIsReadBackAsItWasMeant() throws {
        try withSettings(coldMirror) { folder, file in
            let path = try SettingsFragment.write(job, settings: file, user: geteuid())
            #expect(path == folder + "/conf.d/job-nightly.toml")
            #expect(try SettingsFile.read(file, user: geteuid()).jobs == [job])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/conf.d") == ["job-nightly.toml"])
        }
    }

    @Test("J5 nothing is put in place that would make the settings wrong")
    func refused() throws {
        try withSettings(coldMirror + dump) { folder, file in
            var wrong = job
            wrong.mirror = "gone"
            #expect(code(wrong, file) == "SETTINGS_INVALID")
            var again = JobSettings(name: "dump", kind: .command)
            again.command = ["/bin/true"]
            #expect(code(again, file) == "SETTINGS_INVALID")
            var foul = job
            foul.name = "../x"
            #expect(code(foul, file) == "JOB_NAME_INVALID")
            #expect(!FileManager.default.fileExists(atPath: folder + "/conf.d"))
            #expect(code(job, file) == nil)
            #expect(code(job, file) == "FRAGMENT_EXISTS")
        }
    }

    @Test func anExistingFileIsNeverReplaced() throws {
        try withSettings(coldMirror) { folder, file in
            try FileManager.default.createDirectory(atPath: folder + "/conf.d", withIntermediateDirectories: true)
            try write("# mine\n[set.s]\nwatch = \"/d/*\"\n", to: folder + "/conf.d/job-nightly.toml")
            #expect(code(job, file) == "FRAGMENT_EXISTS")
            let files = try FileManager.default.contentsOfDirectory(atPath: folder + "/conf.d")
            #expect(files == ["job-nightly.toml"])
        }
    }
}
