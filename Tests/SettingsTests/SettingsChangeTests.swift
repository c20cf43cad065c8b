import BackupModel
import Settings
import Testing

@Suite struct SettingsChangeTests {
    private let base =
        coldMirror + dump + nightly + "[set.s]\njobs = [\"dump\"]\n[channel.a]\nkind = \"desktop\"\n"

    private func words(_ old: String, _ new: String, running: Set<String> = []) throws -> [String] {
        SettingsChange(from: try parse(old), to: try parse(new), running: running).items.map(\.words)
    }

    @Test func theSameSettingsDifferInNothing() throws {
        #expect(try words(base, "# a comment\n" + base).isEmpty)
        #expect(try words(coldMirror, coldMirror + "workers = 8\n").isEmpty)
    }

    @Test(
        "J10 each difference is named, and when it counts",
        arguments: [
            ("retries = 9\n[set.s]", "[set.s]", ["job.nightly changed: retries"], []),
            ("retries = 9\n[set.s]", "[set.s]", ["job.nightly changed: retries (after its run)"], ["nightly"]),
            (
                "/mnt/elsewhere", "/mnt/backup", ["mirror.cold changed: target (after its run)"], ["cold"]
            ),
            (
                "[set.s]\njobs = [\"dump\"]\npriority = \"high\"", "[set.s]\njobs = [\"dump\"]",
                ["set.s changed: priority"], []
            ),
            ("[channel.b]", "[channel.a]", ["channel.a removed", "channel.b added"], []),
            ("[alerts]\nfrom = \"error\"\n[channel.a]", "[channel.a]", ["alerts changed"], []),
            (
                "[engine]\njobs_at_once = 9\nruntime_folder = \"/run/h\"\n[channel.a]", "[channel.a]",
                ["engine changed: jobs_at_once", "engine changed: runtime_folder (at the engine's next start)"], []
            ),
            ("[ping]\nfile = \"/run/alive\"\n[channel.a]", "[channel.a]", ["ping added"], []),
            (
                "[logging]\nlevel = \"debug\"\nfile = \"/l\"\n[channel.a]", "[channel.a]",
                ["logging changed: level", "logging changed: file (at the engine's next start)"], []
            ),
        ] as [(String, String, [String], Set<String>)])
    func differences(new: String, old: String, expected: [String], running: Set<String>) throws {
        #expect(try words(base, base.replacing(old, with: new), running: running) == expected)
    }

    @Test("J10 a removed job that runs is gone after its run") func removed() throws {
        let change = SettingsChange(
            from: try parse(coldMirror + dump + nightly), to: try parse(coldMirror + nightly), running: ["dump"])
        #expect(change.names(in: "job", .removed) == ["dump"])
        #expect(change.items.map(\.effect) == [.afterRun])
    }
}

@Suite struct SettingsExplanationTests {
    private let loaded: LoadedSettings

    init() throws {
        let text = SettingsText(file: "/etc/h.toml", bytes: Array((coldMirror + dump + nightly + "retries = 7\n").utf8))
        loaded = try SettingsFile.load([text])
    }

    private func failure(_ key: String) -> String? {
        do throws(Failure) {
            _ = try SettingsExplanation.of(key, in: loaded)
            return nil
        } catch {
            #expect(error.code == "KEY_UNKNOWN")
            return error.message
        }
    }

    @Test func oneKeyOfOneJob() throws {
        let all = try SettingsExplanation.of("job.nightly.retries", in: loaded)
        let one = try #require(all.first)
        #expect(all.count == 1)
        #expect(one.key == "[job.NAME] retries")
        #expect(one.kind == "whole number")
        #expect(one.standard == "2")
        #expect(one.values.map(\.value) == ["7"])
        #expect(one.values.first?.place?.text == "/etc/h.toml:10:1")
    }

    @Test(arguments: [
        ("job.retries", 1, 2), ("job.NAME.retries", 1, 2), ("job.dump", 29, 1), ("job", 29, 2), ("logging.level", 1, 1),
        ("logging", 4, 1), ("digest.at", 1, 0),
    ])
    func howMany(key: String, keys: Int, values: Int) throws {
        let all = try SettingsExplanation.of(key, in: loaded)
        #expect(all.count == keys)
        #expect(all.allSatisfy { $0.values.count == values && !$0.meaning.isEmpty })
    }

    @Test(arguments: [
        ("jobs.retries", "no key is named \"jobs.retries\"; did you mean \"job\"?"),
        ("job.nightly.retires", "no key is named \"job.nightly.retires\"; did you mean \"retries\"?"),
        ("job.nightlo.retries", "no key is named \"job.nightlo.retries\"; did you mean \"nightly\"?"),
        ("logging.levl", "no key is named \"logging.levl\"; did you mean \"level\"?"),
        ("", "no key is named \"\""),
        ("logging.level.x", "no key is named \"logging.level.x\"; known: level, file, max_size, retain_days"),
    ])
    func unknown(key: String, expected: String) {
        #expect(failure(key) == expected)
    }
}
