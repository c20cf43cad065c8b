import BackupModel

/// What is wrong between jobs, mirrors and sets: told at load, not at three in the morning (J12).
struct JobChecks {
    private(set) var problems: [CrossProblem] = []
    private let settings: HoldfastSettings
    /// Every table and key in the files, right or wrong.
    private let set: Set<[String]>

    init(_ settings: HoldfastSettings, set: Set<[String]>) {
        self.settings = settings
        self.set = set
        for job in settings.jobs {
            checkWork(of: job)
            checkTimes(of: job)
            checkLinks(of: job)
        }
        checkRings()
        for set in settings.sets { check(set) }
    }

    private func says(_ job: JobSettings, _ key: String) -> Bool { set.contains(["job", job.name, key]) }

    private mutating func complain(_ job: JobSettings, _ key: String, _ message: String) {
        problems.append(CrossProblem(path: ["job", job.name, key], message: message))
    }

    /// Keys that are for some kinds of jobs only.
    private static let workKeys = ["mirror", "command", "sources", "pool"] + archiveKeys
    private static let archiveKeys = [
        "strategy", "include", "exclude", "one_file_system", "incremental", "spool", "encryption",
    ]

    /// Those that a kind takes, and those of them that it must have.
    private static func keys(of kind: JobKind) -> (taken: [String], needed: [String]) {
        switch kind {
        case .mirrorRun, .mirrorScan, .mirrorVerify: (["mirror"], ["mirror"])
        case .command: (["command"], ["command"])
        case .tapeArchive: (["sources", "pool"] + archiveKeys, ["sources", "pool"])
        case .tapeVerify: (["pool"], ["pool"])
        }
    }

    /// Written out with their defaults, as `config show` does, they say nothing.
    private func isDefault(_ key: String, of job: JobSettings) -> Bool {
        switch key {
        case "strategy": job.tape.strategy == .direct
        case "one_file_system": !job.tape.oneFileSystem
        case "incremental": !job.tape.isIncremental
        default: false
        }
    }

    private mutating func checkWork(of job: JobSettings) {
        let kind = job.kind.rawValue
        let (taken, needed) = Self.keys(of: job.kind)
        for key in Self.workKeys {
            if needed.contains(key), !says(job, key) {
                complain(job, "kind", "a job of kind \"\(kind)\" needs \"\(key)\"")
            }
            if !taken.contains(key), says(job, key), !isDefault(key, of: job) {
                complain(job, key, "\"\(key)\" is not for a job of kind \"\(kind)\"")
            }
        }
        if !job.mirror.isEmpty { checkName(job.mirror, of: "mirror", at: ["job", job.name, "mirror"]) }
        if !job.tape.pool.isEmpty { checkName(job.tape.pool, of: "pool", at: ["job", job.name, "pool"]) }
        if !job.stopCommand.isEmpty, job.startCommand.isEmpty {
            complain(job, "stop", "\"stop\" without \"start\": nothing would start the service again")
        }
    }

    private mutating func checkTimes(of job: JobSettings) {
        guard let schedule = job.schedule else {
            for key in ["persistent", "jitter"] where says(job, key) {
                complain(job, key, "\"\(key)\" says nothing without \"schedule\"")
            }
            return
        }
        do throws(CalendarProblem) {
            _ = try CalendarSchedule(schedule)
        } catch {
            let place = error.column > 0 ? ", at its character \(error.column + 1)" : ""
            complain(job, "schedule", "\"schedule\": \(error.message)\(place)")
        }
    }

    private mutating func checkLinks(of job: JobSettings) {
        if job.after.isEmpty, says(job, "after_when") {
            complain(job, "after_when", "\"after_when\" says nothing without \"after\"")
        }
        for name in job.after {
            if name == job.name {
                complain(job, "after", "\"after\" names the job itself")
            } else {
                checkName(name, of: "job", at: ["job", job.name, "after"])
            }
        }
    }

    private mutating func check(_ set: RecoverySetSettings) {
        let path = ["set", set.name]
        for name in set.jobs { checkName(name, of: "job", at: path + ["jobs"]) }
        let watches = self.set.contains(path + ["watch"])
        if set.jobs.isEmpty, !watches {
            problems.append(CrossProblem(path: path, message: "set \"\(set.name)\" has neither \"jobs\" nor \"watch\""))
        }
        if !watches, self.set.contains(path + ["watch_at_least"]) {
            problems.append(
                CrossProblem(
                    path: path + ["watch_at_least"], message: "\"watch_at_least\" says nothing without \"watch\""))
        }
    }

    private mutating func checkName(_ name: String, of section: String, at path: [String]) {
        guard !set.contains([section, name]) else { return }
        let known =
            switch section {
            case "mirror": settings.mirrors.map(\.name)
            case "pool": settings.pools.map(\.name)
            default: settings.jobs.map(\.name)
            }
        let key = path.last ?? ""
        problems.append(
            CrossProblem(
                path: path,
                message: "\"\(key)\" names the \(section) \"\(name)\", which does not exist"
                    + NearestWord.suggestion(name, among: known)))
    }
}

// MARK: - Rings

extension JobChecks {
    /// Jobs that wait for each other would never start. Each ring is told once, at its first job.
    private mutating func checkRings() {
        let after = Dictionary(settings.jobs.map { ($0.name, $0.after) }) { first, _ in first }
        var told: Set<Set<String>> = []
        for job in settings.jobs {
            guard let ring = Self.ring(from: job.name, after), told.insert(Set(ring)).inserted else { continue }
            let words = (ring + [job.name]).joined(separator: " after ")
            complain(job, "after", "\"after\" goes round in a ring: \(words)")
        }
    }

    /// The shortest way from a job back to itself, through at least one other.
    private static func ring(from start: String, _ after: [String: [String]]) -> [String]? {
        var cameFrom: [String: String] = [:]
        var queue = [start]
        var next = 0
        while next < queue.count {
            let name = queue[next]
            next += 1
            for other in after[name] ?? [] where other != name {
                if other == start { return path(to: name, cameFrom, start) }
                guard cameFrom[other] == nil, after[other] != nil else { continue }
                cameFrom[other] = name
                queue.append(other)
            }
        }
        return nil
    }

    private static func path(to name: String, _ cameFrom: [String: String], _ start: String) -> [String] {
        var path = [name]
        while let before = cameFrom[path[path.count - 1]], path[path.count - 1] != start { path.append(before) }
        return path.reversed()
    }
}
