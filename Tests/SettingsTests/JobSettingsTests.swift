import BackupModel
import Settings
import Testing

/// A job that is right as it stands; further keys may follow.
let dump = "[job.dump]\nkind = \"command\"\ncommand = [\"/usr/bin/true\"]\n"
let nightly = "[job.nightly]\nkind = \"mirror.run\"\nmirror = \"cold\"\n"

@Suite struct JobSettingsTests {
    @Test func aJobNeedsOnlyItsWork() throws {
        var job = JobSettings(name: "dump", kind: .command)
        job.command = ["/usr/bin/true"]
        #expect(try parse(dump).jobs == [job])
    }

    @Test func everyKeyIsTaken() throws {
        let settings = try parse(
            coldMirror + dump + nightly + """
                schedule = "Mon..Fri 02:00"
                persistent = true
                jitter = "10m"
                after = ["dump"]
                after_when = "always"
                priority = 80
                resources = ["drive:lto0", "target:/mnt/backup"]
                before_hook = ["/bin/a"]
                after_hook = ["/usr/local/bin/tell", "{job}", "{result}"]
                hook_timeout = "2m"
                stop = ["/bin/stop"]
                start = ["/bin/start"]
                check = ["/bin/check", "--all"]
                retries = 5
                retry_delay = "90s"
                timeout = "1d12h"
                enabled = false
                """)
        var job = JobSettings(name: "nightly", kind: .mirrorRun)
        job.mirror = "cold"
        job.schedule = "Mon..Fri 02:00"
        job.isPersistent = true
        job.jitter = 600
        job.after = ["dump"]
        job.afterWhen = .always
        job.priority = 80
        job.resources = ["drive:lto0", "target:/mnt/backup"]
        job.beforeHook = ["/bin/a"]
        job.afterHook = ["/usr/local/bin/tell", "{job}", "{result}"]
        job.hookTimeout = 120
        job.stopCommand = ["/bin/stop"]
        job.startCommand = ["/bin/start"]
        job.checkCommand = ["/bin/check", "--all"]
        job.retries = 5
        job.retryDelay = 90
        job.timeout = 36 * 3600
        job.isEnabled = false
        #expect(settings.jobs.last == job)
        let echoed = SettingsEcho.lines(job).joined(separator: "\n")
        #expect(try parse(coldMirror + dump + echoed).jobs.last == job, "\(echoed)")
    }

    @Test func aSetIsTaken() throws {
        let settings = try parse(
            coldMirror + nightly + """
                [set.blobs]
                jobs = ["nightly"]
                watch = "/srv/dumps/*.dump"
                watch_at_least = "1 MiB"
                newest_verified_within = "26h"
                restore_within = "2h"
                priority = "critical"
                """)
        var set = RecoverySetSettings(name: "blobs")
        set.jobs = ["nightly"]
        set.watch = WatchedArtefacts(glob: "/srv/dumps/*.dump", atLeast: 1 << 20)
        set.newestVerifiedWithin = 26 * 3600
        set.restoreWithin = 7200
        set.priority = .critical
        #expect(settings.sets == [set])
    }

    @Test(
        "J2 J3 J8 wrong values of jobs are named with what was expected",
        arguments: [
            ("jitter = 600", "\"jitter\" must be a span of time in quotes, for instance \"10m\", not a whole number"),
            (
                "jitter = \"10\"",
                "\"jitter\" has no unit of time, or an unknown one; write for instance 90s, 10m, 26h or 7d"
            ),
            (
                "jitter = \"ten minutes\"",
                "\"jitter\" is not a span of time; write for instance 90s, 10m, 26h or 1h30m"
            ),
            ("jitter = \"13h\"", "\"jitter\" is out of range: 0s to 12h"),
            ("timeout = \"0s\"", "\"timeout\" is out of range: 1s to 30d"),
            ("priority = 101", "\"priority\" is out of range: 0 to 100"),
            ("retries = -1", "\"retries\" is out of range: 0 to 100"),
            ("enabled = \"yes\"", "\"enabled\" must be true or false, without quotes, not a string"),
            ("after_when = \"sucess\"", "\"after_when\" must be one of success, always; did you mean \"success\"?"),
            ("before_hook = []", "\"before_hook\" is empty; leave it out, or name a program"),
            (
                "after_hook = [\"tell\"]",
                "\"after_hook\" names a program that is a relative path; write it from / on"
            ),
            (
                "check = \"/bin/true\"",
                "\"check\" must be a list, the program first: [\"/usr/bin/true\", \"argument\"], not a string"
            ),
            ("check = [\"/bin/true\", 3]", "\"check\" must be a list of strings, not a whole number"),
            ("after = \"x\"", "\"after\" must be a list of names, for instance [\"nightly\"], not a string"),
            ("after = [\"x\", \"x\"]", "\"after\" has a member twice"),
            (
                "after = [\"X\"]",
                "\"after\" has a member that cannot be the name of a job: 1 to 64 of a-z, 0-9, - and _"
            ),
            (
                "resources = [\"drive\"]",
                "\"resources\" has a member that is not kind:name, for instance target:/mnt/backup or drive:lto0"
            ),
            ("shedule = \"daily\"", "unknown key \"shedule\"; did you mean \"schedule\"?"),
            ("schedule = \"\"", "\"schedule\" is empty"),
            ("schedule = \"a\\u001bb\"", "\"schedule\" holds control or invisible characters"),
        ])
    func wrongValue(line: String, expected: String) {
        let lines = complaints(dump + line)
        #expect(lines.first == "holdfast.toml:4:1: " + expected)
    }

    @Test(
        "J12 what is missing between the tables is told at load",
        arguments: [
            (
                coldMirror + "[job.n]\nkind = \"mirror.run\"\nmirror = \"colt\"\n",
                "6:1: \"mirror\" names the mirror \"colt\", which does not exist; did you mean \"cold\"?"
            ),
            (
                dump + "after = [\"nightli\"]\n" + coldMirror + nightly,
                "4:1: \"after\" names the job \"nightli\", which does not exist; did you mean \"nightly\"?"
            ),
            (dump + "after = [\"dump\"]\n", "4:1: \"after\" names the job itself"),
            (
                dump + "after = [\"b\"]\n[job.b]\nkind = \"command\"\ncommand = [\"/b\"]\nafter = [\"dump\"]\n",
                "8:1: \"after\" goes round in a ring: b after dump after b"
            ),
            ("[job.n]\nkind = \"mirror.run\"\n", "2:1: a job of kind \"mirror.run\" needs \"mirror\""),
            ("[job.n]\nkind = \"command\"\n", "2:1: a job of kind \"command\" needs \"command\""),
            (
                coldMirror + dump + "mirror = \"cold\"\n",
                "7:1: \"mirror\" is not for a job of kind \"command\""
            ),
            (
                coldMirror + nightly + "command = [\"/bin/true\"]\n",
                "7:1: \"command\" is not for a job of kind \"mirror.run\""
            ),
            ("[job.n]\ncommand = [\"/b\"]\n", "1:6: job \"n\" has no \"kind\""),
            (dump + "persistent = true\n", "4:1: \"persistent\" says nothing without \"schedule\""),
            (dump + "after_when = \"always\"\n", "4:1: \"after_when\" says nothing without \"after\""),
            (
                dump + "stop = [\"/bin/stop\"]\n",
                "4:1: \"stop\" without \"start\": nothing would start the service again"
            ),
            (
                dump + "[set.s]\njobs = [\"dumb\"]\n",
                "5:1: \"jobs\" names the job \"dumb\", which does not exist; did you mean \"dump\"?"
            ),
            ("[set.s]\npriority = \"low\"\n", "1:6: set \"s\" has neither \"jobs\" nor \"watch\""),
            (
                dump + "[set.s]\njobs = [\"dump\"]\nwatch_at_least = 5\n",
                "6:1: \"watch_at_least\" says nothing without \"watch\""
            ),
            ("[set.s]\nwatch = \"*.dump\"\n", "2:1: \"watch\" is a relative path; write it from / on"),
            ("[set.s]\nwatch = \"/d/[ab]\"\n", "2:1: \"watch\" holds [ ] { or }; only * and ? are understood"),
        ])
    func together(text: String, expected: String) {
        #expect(complaints(text) == ["holdfast.toml:" + expected])
    }

    @Test(
        "C9 a schedule that cannot be read, or never fires, is told at load",
        arguments: ["every night", "25:00", "Mon..Fri 02:00 Europe/Berlim", "*-02-30", "61 * * * *", "* * * *"])
    func schedules(text: String) {
        let lines = complaints(dump + "schedule = \"\(text)\"\n")
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("holdfast.toml:4:1: \"schedule\": ") == true, "\(lines)")
    }

    @Test(arguments: ["*-*-* 02:00", "Mon..Fri 02:00", "Sun *-*~07/1", "0 2 * * 1-5", "daily", "02:00 Europe/Berlin"])
    func goodSchedules(text: String) throws {
        #expect(try parse(dump + "schedule = \"\(text)\"\n").jobs.first?.schedule == text)
    }

    @Test("J12 a job that is wrong itself does not make those wrong that name it")
    func brokenIsNotMissing() {
        let text = "[job.a]\nkind = \"command\"\ncommand = [\"/a\"]\nafter = [\"b\"]\n[job.b]\nkind = \"comand\"\n"
        #expect(complaints(text).count == 1)
    }

    @Test("rings of any length are told once", arguments: 2...9)
    func rings(length: Int) {
        let jobs = (0..<length).map {
            "[job.j\($0)]\nkind = \"command\"\ncommand = [\"/a\"]\nafter = [\"j\(($0 + 1) % length)\"]\n"
        }
        let lines = complaints(jobs.joined())
        #expect(lines.count == 1)
        #expect(lines.first?.contains("goes round in a ring: j0 after j1") == true, "\(lines)")
    }

    @Test("chains that meet again are no rings")
    func diamond() {
        let names = [("a", ""), ("b", "\"a\""), ("c", "\"a\""), ("d", "\"b\", \"c\"")]
        let jobs = names.map {
            "[job.\($0)]\nkind = \"command\"\ncommand = [\"/a\"]\n" + ($1.isEmpty ? "" : "after = [\($1)]\n")
        }
        #expect(complaints(jobs.joined()).isEmpty)
    }
}

@Suite struct TimeSpanTests {
    @Test(
        "J4 spans of time follow one grammar",
        arguments: [
            ("90s", 90), ("10m", 600), ("26h", 93_600), ("1h30m", 5400), ("1h 30m", 5400), ("7 d", 604_800),
            ("2w", 1_209_600), ("1.5h", 5400), ("0s", 0), ("0.25s", 0.25),
        ] as [(String, Double)])
    func good(text: String, expected: Double) throws {
        #expect(try TimeSpan.parse(text) == expected)
        #expect(try TimeSpan.parse(TimeSpan.text(expected)) == expected)
    }

    @Test(
        "J4 anything else is an error, overflow too",
        arguments: [
            "", " ", "10", "m", "-1m", "+1m", "1e3s", "1m1h", "1m1m", "10 m ", "1.m", ".5m", "1.2.3s", "1y", "10M",
            "10min", "999999999999w", "36526d", "nan", "inf", "1,5h", "１m", "1m x",
        ])
    func bad(text: String) {
        #expect(throws: BadValue.self) { try TimeSpan.parse(text) }
    }
}
