import BackupModel
import Settings
import Testing

/// One file as a tired person might leave it.
@Suite struct PlantedMistakesTests {
    /// Each line with a mistake ends in `# !` and the key that must be named there.
    static let text = """
        [mirror.cold]
        source = "/data/cold/by-hash"
        target = "/mnt/backup"
        wrokers = 8                               # ! wrokers
        batch = "1000"                            # ! batch
        read_back = "dierct"                      # ! read_back
        rate_limit = "80 Mb/s"                    # ! rate_limit
        keep_free = -1                            # ! keep_free
        max_shrink = 1.5                          # ! max_shrink
        [mirror.warm]                             # ! source
        target = "~/warm"                         # ! target
        [job.dump]
        kind = "comand"                           # ! kind
        command = "pg_dump"                       # ! command
        timeout = 60                              # ! timeout
        [job.nightly]
        kind = "mirror.run"
        mirror = "clod"                           # ! mirror
        persistent = true                         # ! persistent
        after = ["dumb"]                          # ! after
        [job.weekly]
        kind = "mirror.verify"                    # ! mirror
        after_when = "always"                     # ! after_when
        [job.hooks]
        kind = "command"
        command = ["/usr/bin/true"]
        before_hook = []                          # ! before_hook
        after_hook = ["tell"]                     # ! after_hook
        jitter = "10"                             # ! jitter
        resources = ["drive"]                     # ! resources
        [job.stopper]
        kind = "command"
        command = ["/usr/bin/true"]
        stop = ["/bin/stop"]                      # ! stop
        [job.Big]                                 # ! Big
        [set.dumps]
        jobs = ["nightli"]                        # ! jobs
        [set.blobs]
        newest_verified_within = "26 hours"       # ! newest_verified_within
        priority = "critcal"                      # ! priority
        [set.empty]                               # ! empty
        [channel.mail]
        kind = "mail"
        host = "mail example"                     # ! host
        from = "me"                               # ! from
        password = "hunter2"                      # ! password
        [channel.pager]
        kind = "mail"                             # ! to
        host = "mail.example.org"
        from = "backup@example.org"
        [channel.hook]
        kind = "webhook"
        url = "http:\u{2F}/example.org/hook"           # ! url
        token = "file:/etc/holdfast/hook.secret"
        [alerts]
        on = ["erors"]                            # ! on
        escalation = ["30m"]                      # ! escalation
        [digest]
        at = "25:00"                              # ! at
        channels = ["mial"]                       # ! channels
        [engine]
        jobs_at_once = 0                          # ! jobs_at_once
        [metrics]
        listen = "0.0.0.0:9595"                   # ! listen
        [api]
        token = "hunter2"                         # ! token
        [logging]
        level = "verbose"                         # ! level
        retain_days = 0                           # ! retain_days
        max_size = "100"                          # ! max_size
        [console]
        a11y = "yes"                              # ! a11y
        [tapes]                                   # ! tapes
        """

    @Test("J1 J2 J3 J4 J8 J12 J13 each of many planted mistakes is named with file, line and key")
    func planted() throws {
        let planted = Self.text.split(separator: "\n").enumerated().compactMap { index, line in
            line.split(separator: "# ! ").count == 2 ? (index + 1, String(line.split(separator: "# ! ")[1])) : nil
        }
        #expect(planted.count >= 30)
        let problems = try #require(found())
        for (line, key) in planted {
            let here = problems.filter { $0.line == line }
            let isNamed = here.contains { $0.message.contains("\"\(key)\"") }
            #expect(isNamed, "\(line): \(key): \(here.map(\.message))")
            #expect(here.allSatisfy { $0.file == "holdfast.toml" && $0.column > 0 })
        }
        let lines = Set(planted.map(\.0))
        #expect(problems.filter { !lines.contains($0.line) }.map(\.text).isEmpty)
        #expect(!problems.map(\.message).joined().contains("hunter2"))
    }

    private func found() -> [TextProblem]? {
        do throws(SettingsError) {
            _ = try SettingsFile.parse(Array(Self.text.utf8), file: "holdfast.toml")
            return nil
        } catch {
            guard case .invalid(let problems) = error else { return nil }
            return problems
        }
    }
}
