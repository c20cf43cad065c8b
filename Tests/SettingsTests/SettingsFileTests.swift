import BackupModel
import Settings
import Testing

@Suite struct SettingsFileTests {
    @Test func aMirrorNeedsOnlyItsFolders() throws {
        let settings = try parse(coldMirror)
        #expect(
            settings.mirrors == [
                MirrorSettings(name: "cold", source: "/data/cold/by-hash", target: "/mnt/backup")
            ])
        #expect(settings.console == ConsoleSettings())
        #expect(settings.logging == LoggingSettings())
    }

    @Test func everyKeyIsTaken() throws {
        let settings = try parse(
            """
            [mirror.warm]
            source = "/data/warm//by-hash/"
            target = "/mnt/warm"
            hash = "sha256"
            workers = 3
            batch = 20
            read_back = "later"
            rate_limit = "50 MB/s"
            keep_free = "2 GiB"
            size_budget = "1.5T"
            max_shrink = 0.25
            full_walk_days = 0
            retries = 9
            verify_every_days = 90
            [console]
            theme = "high-contrast"
            preset = "arrows-only"
            keys = "/etc/holdfast/keys.toml"
            glyphs = "block"
            a11y = true
            clock = "local"
            [logging]
            level = "debug"
            file = "/var/log/holdfast.jsonl"
            """)
        #expect(
            settings.mirrors == [
                MirrorSettings(
                    name: "warm", source: "/data/warm/by-hash", target: "/mnt/warm", hash: .sha256, workers: 3,
                    batch: 20, readBack: .later, rateLimit: 50_000_000, keepFree: 2 << 30, sizeBudget: 3 << 39,
                    maxShrink: 0.25, fullWalkDays: 0, retries: 9, verifyEveryDays: 90)
            ])
        #expect(settings.console.theme == "high-contrast")
        #expect(settings.console.preset == .arrowsOnly)
        #expect(settings.console.keys == "/etc/holdfast/keys.toml")
        #expect(settings.console.glyphs == .block)
        #expect(settings.console.a11y)
        #expect(settings.console.clock == .local)
        #expect(settings.logging.level.severity == .debug)
        #expect(settings.logging.file == "/var/log/holdfast.jsonl")
    }

    @Test(
        "J1 an unknown key is named with its place and the nearest key",
        arguments: [
            (coldMirror + "worker = 4", "holdfast.toml:4:1: unknown key \"worker\"; did you mean \"workers\"?"),
            (
                coldMirror + "  raed_back = 4",
                "holdfast.toml:4:3: unknown key \"raed_back\"; did you mean \"read_back\"?"
            ),
            (coldMirror + "\"a\\u001bb\" = 4", "holdfast.toml:4:1: unknown key \"a\\eb\""),
            ("[mirrors.cold]", "holdfast.toml:1:2: unknown table \"mirrors\"; did you mean \"mirror\"?"),
            (
                "[console]\nqqqqq = 1",
                "holdfast.toml:2:1: unknown key \"qqqqq\"; known: theme, preset, keys, glyphs, a11y, clock"
            ),
            ("workers = 4", "holdfast.toml:1:1: unknown key \"workers\""),
        ])
    func unknownKey(text: String, expected: String) {
        #expect(complaints(text) == [expected])
    }

    @Test(
        "J2 a wrong type is named with the expected one",
        arguments: [
            ("workers = \"8\"", "\"workers\" must be a whole number, not a string"),
            ("workers = 8.0", "\"workers\" must be a whole number, not a fraction"),
            ("hash = 3", "\"hash\" must be a string in quotes, not a whole number"),
            ("keep_free = true", "\"keep_free\" must be a size in quotes, for instance \"64 MiB\", not true or false"),
            ("max_shrink = \"1\"", "\"max_shrink\" must be a number from 0 to 1, not a string"),
            ("retries = [1]", "\"retries\" must be a whole number, not an array"),
            ("retries = 2026-01-01", "\"retries\" must be a whole number, not a date or time"),
            ("retries = { a = 1 }", "\"retries\" must be a whole number, not a table"),
        ])
    func wrongType(line: String, expected: String) {
        #expect(complaints(coldMirror + line) == ["holdfast.toml:4:1: " + expected])
    }

    @Test(
        "J3 an impossible value is named with the range",
        arguments: [
            ("workers = 0", "\"workers\" is out of range: 1 to 64"),
            ("workers = 9223372036854775807", "\"workers\" is out of range: 1 to 64"),
            ("batch = -1", "\"batch\" is out of range: 1 to 10000"),
            ("max_shrink = nan", "\"max_shrink\" is out of range: 0 to 1"),
            ("max_shrink = -inf", "\"max_shrink\" is out of range: 0 to 1"),
            ("max_shrink = 2", "\"max_shrink\" is out of range: 0 to 1"),
            ("keep_free = -1", "\"keep_free\" is negative"),
            ("keep_free = \"-1 GiB\"", "\"keep_free\" is not a size; write for instance 64 MiB, 10 GB or 1.5G"),
            ("rate_limit = \"0\"", "\"rate_limit\" is out of range: 64 KiB/s or more"),
            ("size_budget = \"1 B\"", "\"size_budget\" is out of range: 1 MiB or more"),
            ("hash = \"sha265\"", "\"hash\" must be one of blake3, sha256; did you mean \"sha256\"?"),
        ])
    func impossibleValue(line: String, expected: String) {
        #expect(complaints(coldMirror + line) == ["holdfast.toml:4:1: " + expected])
    }

    @Test func allProblemsAreToldInTheOrderOfTheFile() {
        let text = """
            [console]
            glyphs = "asci"
            [mirror.cold]
            source = "data"
            workers = 0
            bach = 1
            """
        #expect(
            complaints(text) == [
                "holdfast.toml:2:1: \"glyphs\" must be one of auto, unicode, block, ascii; did you mean \"ascii\"?",
                "holdfast.toml:3:9: mirror \"cold\" has no \"target\"",
                "holdfast.toml:4:1: \"source\" is a relative path; write it from / on",
                "holdfast.toml:5:1: \"workers\" is out of range: 1 to 64",
                "holdfast.toml:6:1: unknown key \"bach\"; did you mean \"batch\"?",
            ])
    }

    @Test(
        "J5 duplicate keys, empty and half-written files are refused",
        arguments: [
            (coldMirror + "source = \"/other\"", "holdfast.toml:4:"),
            (coldMirror + "[mirror.cold]", "holdfast.toml:4:"),
            ("", "holdfast.toml: is empty"),
            (" \n\t\n", "holdfast.toml: is empty"),
            ("[mirror.cold]\nsource = \"/da", "holdfast.toml:2:"),
            ("[mirror.cold]\nsource", "holdfast.toml:2:"),
            ("[mirror.cold", "holdfast.toml:1:"),
            ("[mirror.cold]\nsource = \"/data\"\n", "holdfast.toml:1:9: mirror \"cold\" has no \"target\""),
        ])
    func halfWritten(text: String, prefix: String) {
        let lines = complaints(text)
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix(prefix) == true, "\(lines)")
    }

    @Test(
        "J8 A29 folders that feed or destroy each other are refused",
        arguments: [
            ("/data", "/data", "\"target\" is the source itself"),
            ("/data", "/data/copy", "\"target\" lies inside the source"),
            ("/mnt/a/by-hash", "/mnt/a", "\"target\" holds the source inside it"),
            ("/data/", "/data//", "\"target\" is the source itself"),
        ])
    func nested(source: String, target: String, expected: String) {
        let text = "[mirror.m]\nsource = \"\(source)\"\ntarget = \"\(target)\"\n"
        #expect(complaints(text) == ["holdfast.toml:3:1: " + expected])
    }

    @Test("J8 names that only look nested are taken")
    func neighbours() {
        #expect(complaints("[mirror.m]\nsource = \"/data\"\ntarget = \"/data2\"\n").isEmpty)
    }

    @Test(
        "J8 two mirrors with one target are refused",
        arguments: ["/mnt/backup", "/mnt/backup/", "/mnt/backup/by-hash/aa", "/mnt/backup/.holdfast"])
    func oneTarget(target: String) {
        let text = coldMirror + "[mirror.warm]\nsource = \"/data/warm\"\ntarget = \"\(target)\"\n"
        #expect(
            complaints(text) == [
                "holdfast.toml:6:1: \"target\" is also that of mirror \"cold\", or inside its files"
            ])
    }

    @Test(
        "J8 relative paths, ~ and dots are refused",
        arguments: [
            ("data", "is a relative path; write it from / on"), ("", "is empty"),
            ("~/data", "starts with ~, which is not expanded; write the whole path"),
            ("/data/../etc", "holds . or .."), ("/./data", "holds . or .."), ("/", "is the root folder itself"),
            ("/" + String(repeating: "n", count: 256), "is too long"),
        ])
    func badPath(path: String, expected: String) {
        let text = "[mirror.m]\nsource = \"\(path)\"\ntarget = \"/mnt/a\"\n"
        #expect(complaints(text) == ["holdfast.toml:2:1: \"source\" " + expected])
    }

    @Test(
        "names of mirrors are safe as file names",
        arguments: [
            ("a", true), ("cold-2_b", true), ("0", true), ("A", false), ("-a", false), ("a.b", false),
            ("a/b", false), ("..", false), ("", false), ("ä", false), (String(repeating: "a", count: 64), true),
            (String(repeating: "a", count: 65), false),
        ])
    func mirrorNames(name: String, isGood: Bool) {
        #expect(MirrorName.isValid(name) == isGood)
        let text = "[mirror.\"\(name)\"]\nsource = \"/data\"\ntarget = \"/mnt/a\"\n"
        #expect(complaints(text).isEmpty == isGood)
    }

    @Test("J12 a mirror that does not exist is named with the nearest one")
    func unknownMirror() throws {
        let settings = try parse(coldMirror)
        #expect(try settings.mirror(named: "cold").target == "/mnt/backup")
        do throws(Failure) {
            _ = try settings.mirror(named: "colt\u{1b}")
            Issue.record("an unknown mirror was found")
        } catch {
            #expect(error.code == "MIRROR_UNKNOWN")
            #expect(error.message == "no mirror is named \"colt\\e\"; known: cold")
        }
    }

    @Test("J13 a secret in the wrong place is refused and never repeated")
    func secretNotEchoed() {
        let lines = complaints(coldMirror + "password = \"hunter2\"\nhash = \"hunter2\"\nsize_budget = \"hunter2\"")
        #expect(lines.count == 3)
        #expect(!lines.joined().contains("hunter2"))
    }

    @Test(
        "wrong shapes are refused",
        arguments: [
            ("mirror = 3", "holdfast.toml:1:1: \"mirror\" must be a table, [mirror.NAME], not a whole number"),
            (
                "[mirror]\nsource = \"/a\"",
                "holdfast.toml:2:1: \"source\" stands outside a mirror; write [mirror.NAME] above it"
            ),
            (
                "[[mirror]]\nsource = \"/a\"",
                "holdfast.toml:1:3: \"mirror\" must be a table, [mirror.NAME], not an array"
            ),
        ])
    func wrongShape(text: String, expected: String) {
        #expect(complaints(text) == [expected])
    }
}
