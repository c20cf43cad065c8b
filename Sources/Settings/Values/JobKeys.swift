import BackupModel

extension KeyTables {
    private static let job = JobSettings(name: "", kind: .command)

    /// A day's worth of jitter would move a nightly job into the next night.
    private static let mostJitter = 12.0 * 3600

    static let jobRules: [KeyRule<JobSettings>] = [
        .required("kind", .word, \.kind, "What it does."),
        .emptyable("mirror", .name(of: "mirror"), \.mirror, "The mirror that a `mirror.*` job works on."),
        .emptyable("command", .command, \.command, "What a `command` job runs. No shell reads it."),
        .emptyable(
            "sources", .sources, \.tape.sources, "What a `tape.archive` job writes: folders, or one file to `image`."),
        .emptyable("pool", .name(of: "pool"), \.tape.pool, "The pool whose tapes a `tape.*` job writes or reads."),
        .key(
            "strategy", .word, \.tape.strategy, of: job,
            "How it gets to the tape: at once, over a spool, or as one file."),
        .emptyable("include", .patterns, \.tape.include, "Only what matches one of these. None: all."),
        .emptyable("exclude", .patterns, \.tape.exclude, "Not what matches one of these."),
        .key("one_file_system", .flag, \.tape.oneFileSystem, of: job, "Do not follow mounts below the sources."),
        .key(
            "incremental", .flag, \.tape.isIncremental, of: job,
            "Only what changed since the job's newest complete archive."),
        .optional(
            "spool", .path, \.tape.spool,
            "Holds the parts of a `staged` archive. None: `spool/` in the state folder."),
        .optional("encryption", .secret, \.tape.encryption, "The key file to seal with. None: as the pool says."),
        .optional(
            "schedule", .schedule, \.schedule,
            "When: systemd calendar syntax or five-field cron. None: when asked, or after other jobs."),
        .key(
            "persistent", .flag, \.isPersistent, of: job,
            "After a time switched off, run once for all that was missed."),
        .key(
            "jitter", .span(0...mostJitter), \.jitter, of: job,
            "Move each start by up to this, so that not everything begins at once."),
        .emptyable("after", .names(of: "job"), \.after, "Run when these have ended."),
        .key("after_when", .word, \.afterWhen, of: job, "Go on after their success only, or however they ended."),
        .key("priority", .whole(0...100), \.priority, of: job, "Of two that wait the higher goes first."),
        .emptyable(
            "resources", .resources, \.resources,
            "Slots it holds beside those of its kind; two jobs that share one never run together."),
        .emptyable("before_hook", .command, \.beforeHook, "Runs before; if it fails, the job does not run."),
        .emptyable("after_hook", .command, \.afterHook, "Always runs after. `{job}` and `{result}` are filled in."),
        .key("hook_timeout", .span(1...86_400), \.hookTimeout, of: job, "How long a hook may take."),
        .emptyable("stop", .command, \.stopCommand, "Stops the service that is restored, before."),
        .emptyable("start", .command, \.startCommand, "Starts it again; always runs once `stop` did."),
        .emptyable("check", .command, \.checkCommand, "Runs last; if it fails, the job failed."),
        .key("retries", .whole(0...100), \.retries, of: job, "Further tries after a failure that may pass."),
        .key(
            "retry_delay", .span(1...86_400), \.retryDelay, of: job, "Wait before the first; doubled with each."),
        .optional("timeout", .span(1...(30 * 86_400)), \.timeout, "How long a run may take."),
        .key("enabled", .flag, \.isEnabled, of: job, "Whether it is planned; it can still be run by hand."),
    ]

    private static let set = RecoverySetSettings(name: "")

    static let setRules: [KeyRule<RecoverySetSettings>] = [
        .emptyable("jobs", .names(of: "job"), \.jobs, "The jobs that make its copies."),
        .optional(
            "watch", .glob, \.watchedGlob,
            "Files that another program makes; the newest counts. Never deleted."),
        .optional(
            "watch_at_least", .size(atLeast: 1), \.watchedSize,
            "A smaller file does not count. None: 1 byte."),
        .optional(
            "newest_verified_within", .span(60...(366 * 86_400)), \.newestVerifiedWithin,
            "How old the newest verified copy may be; an alert beyond."),
        .optional(
            "restore_within", .span(60...(366 * 86_400)), \.restoreWithin,
            "How long bringing it back may take."),
        .key("priority", .word, \.priority, of: set, "Severity of its alerts, and the order of recovery."),
    ]
}

extension RecoverySetSettings {
    fileprivate var watchedGlob: String? {
        get { watch.flatMap { $0.glob.isEmpty ? nil : $0.glob } }
        set { watch = WatchedArtefacts(glob: newValue ?? "", atLeast: watch?.atLeast ?? 1) }
    }

    fileprivate var watchedSize: Int64? {
        get { watch?.atLeast }
        set { watch = WatchedArtefacts(glob: watch?.glob ?? "", atLeast: newValue ?? 1) }
    }
}

extension ValueKind where Value == String {
    /// When a job runs. What it says is judged with the jobs as a whole.
    fileprivate static var schedule: Self {
        var kind = line("calendar or cron")
        kind.kind = "schedule"
        return kind
    }

    /// An absolute path whose names may hold `*` and `?`.
    fileprivate static var glob: Self {
        ValueKind("pattern", "absolute, with `*` and `?`") { node throws(BadValue) in
            let text = try PlainPath.parse(try node.text())
            guard !text.contains(where: { "[]{}".contains($0) }) else {
                throw BadValue("holds [ ] { or }; only * and ? are understood")
            }
            guard text.utf8.count <= 1000, text.count(where: { $0 == "*" }) <= 16 else {
                throw BadValue("is too long, or has more than 16 *")
            }
            return text
        } write: {
            TOMLString.quoted($0)
        }
    }
}

extension ValueKind where Value == [String] {
    fileprivate static var resources: Self {
        var kind = lines("`kind:name`, at most 16")
        let read = kind.read
        kind = ValueKind(kind.kind, kind.range) { node throws(BadValue) in
            let slots = try read(node)
            guard slots.count <= 16 else { throw BadValue("has more than 16 members") }
            guard slots.allSatisfy({ $0.split(separator: ":", maxSplits: 1).count == 2 && !$0.hasPrefix(":") }) else {
                throw BadValue("has a member that is not kind:name, for instance target:/mnt/backup or drive:lto0")
            }
            return slots
        } write: {
            TOMLString.list($0)
        }
        return kind
    }
}
