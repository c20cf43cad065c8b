import BackupModel

/// What is wrong between libraries, drives, pools and the jobs that use them (J12).
struct TapeChecks {
    private(set) var problems: [CrossProblem] = []
    private let settings: HoldfastSettings
    /// Every table and key in the files, right or wrong.
    private let set: Set<[String]>
    /// Real paths by those in the settings.
    private let real: [String: String]

    init(_ settings: HoldfastSettings, set: Set<[String]>, resolve: (String) -> String = { $0 }) {
        self.settings = settings
        self.set = set
        let paths =
            settings.libraries.flatMap { [$0.path, $0.changer] } + settings.drives.map(\.device)
            + settings.jobs.flatMap { $0.tape.sources + [$0.tape.spool ?? ""] }
        real = Dictionary(Swift.Set(paths).subtracting([""]).map { ($0, resolve($0)) }) { first, _ in first }
        for library in settings.libraries { check(library) }
        checkTenants()
        for drive in settings.drives { check(drive) }
        for pool in settings.pools { check(pool) }
        for job in settings.jobs where job.kind == .tapeArchive { check(job) }
    }

    private mutating func complain(_ path: [String], _ message: String) {
        problems.append(CrossProblem(path: path, message: message))
    }

    private func resolve(_ path: String) -> String { real[path] ?? path }

    // MARK: Libraries

    /// Keys that only one kind of library takes, and whether it must have them.
    private static let kindKeys: [(key: String, kind: LibrarySettings.Kind, isNeeded: Bool)] = [
        ("path", .virtual, true), ("time", .virtual, false), ("changer", .scsi, true),
    ]

    private mutating func check(_ library: LibrarySettings) {
        let table = ["library", library.name]
        let kind = library.kind.rawValue
        for (key, owner, isNeeded) in Self.kindKeys {
            let isSet = set.contains(table + [key])
            if isSet, owner != library.kind {
                complain(table + [key], "\"\(key)\" is not for a library of kind \"\(kind)\"")
            }
            if !isSet, isNeeded, owner == library.kind {
                complain(table + ["kind"], "a library of kind \"\(kind)\" needs \"\(key)\"")
            }
        }
        if library.drives.isEmpty { complain(table + ["drives"], "\"drives\" is empty: nothing could be written") }
        for name in library.drives where !set.contains(["drive", name]) {
            complain(
                table + ["drives"],
                "\"drives\" names the drive \"\(name)\", which does not exist"
                    + NearestWord.suggestion(name, among: settings.drives.map(\.name)))
        }
    }

    /// Nothing belongs to two libraries, nor to two drives.
    private mutating func checkTenants() {
        var drives: [String: String] = [:]
        var places: [String: String] = [:]
        for library in settings.libraries {
            for name in library.drives {
                if let other = drives.updateValue(library.name, forKey: name) {
                    complain(["library", library.name, "drives"], "drive \"\(name)\" is also in library \"\(other)\"")
                }
            }
            let key = library.kind == .virtual ? "path" : "changer"
            let place = library.kind == .virtual ? library.path : library.changer
            guard !place.isEmpty else { continue }
            if let other = places.updateValue(library.name, forKey: resolve(place)) {
                complain(["library", library.name, key], "\"\(key)\" is also that of library \"\(other)\"")
            }
        }
        var devices: [String: String] = [:]
        for drive in settings.drives where !drive.device.isEmpty {
            if let other = devices.updateValue(drive.name, forKey: resolve(drive.device)) {
                complain(["drive", drive.name, "device"], "\"device\" is also that of drive \"\(other)\"")
            }
        }
    }

    // MARK: Drives and pools

    private mutating func check(_ drive: DriveSettings) {
        let library = settings.libraries.first { $0.drives.contains(drive.name) }
        if library?.kind == .virtual, !drive.device.isEmpty {
            complain(["drive", drive.name, "device"], "\"device\" is not for a drive of a virtual library")
        }
        // A library that is wrong itself does not make its drives wrong.
        let isClaimed = settings.libraries.count < set.count { $0.count == 2 && $0[0] == "library" }
        if library?.kind != .virtual, drive.device.isEmpty, !isClaimed {
            complain(
                ["drive", drive.name],
                "drive \"\(drive.name)\" has no \"device\" and is in no virtual library")
        }
    }

    private mutating func check(_ pool: Pool) {
        let generations = settings.drives.map(\.generation)
        guard !pool.media.isEmpty, !generations.isEmpty, !generations.contains(nil) else { return }
        for medium in pool.media where !generations.contains(where: { $0?.fit(medium) == .writes }) {
            complain(["pool", pool.name, "media"], "\"media\": no drive here writes \(medium.rawValue)")
        }
    }

    // MARK: Jobs

    private mutating func check(_ job: JobSettings) {
        let table = ["job", job.name]
        let tape = job.tape
        if tape.strategy == .image, tape.sources.count > 1 {
            complain(table + ["sources"], "\"sources\" must be one file or device for \"strategy\" of image")
        }
        let walking = [
            ("include", !tape.include.isEmpty), ("exclude", !tape.exclude.isEmpty),
            ("one_file_system", tape.oneFileSystem), ("incremental", tape.isIncremental),
        ]
        for (key, isSet) in walking where tape.strategy == .image && isSet {
            complain(table + [key], "\"\(key)\" says nothing with \"strategy\" of image")
        }
        if tape.spool != nil, tape.strategy != .staged {
            complain(table + ["spool"], "\"spool\" says nothing without \"strategy\" of staged")
        }
        checkPlaces(of: job)
    }

    /// An archive that would hold itself, or a file twice.
    private mutating func checkPlaces(of job: JobSettings) {
        let path = ["job", job.name, "sources"]
        let sources = job.tape.sources.map(resolve)
        for (index, source) in sources.enumerated() {
            if sources.enumerated().contains(where: { $0 != index && PlainPath.isInside(source, $1) }) {
                complain(path, "\"sources\" has a member inside another")
            }
            for library in settings.libraries where library.kind == .virtual && !library.path.isEmpty {
                let place = resolve(library.path)
                if PlainPath.isInside(place, source) || PlainPath.isInside(source, place) {
                    complain(path, "\"sources\" holds library \"\(library.name)\", or lies in it")
                }
            }
            if let spool = job.tape.spool.map(resolve), PlainPath.isInside(spool, source) {
                complain(["job", job.name, "spool"], "\"spool\" lies inside a source")
            }
        }
    }
}
