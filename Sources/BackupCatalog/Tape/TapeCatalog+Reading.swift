package import BackupModel
import GRDB

// MARK: - Archives

extension TapeCatalog {
    /// By the 32 hex digits that its heads on tape bear.
    package func archive(_ archive: String) throws(Failure) -> ArchiveRecord? {
        try read { try ArchiveRows.find(archive, $0) }
    }

    package func archive(number: Int64) throws(Failure) -> ArchiveRecord? {
        try read { try ArchiveRows.find(number, $0) }
    }

    /// Parts in order, void and lost ones too.
    package func parts(of archive: Int64) throws(Failure) -> [PartRecord] {
        try read { try ArchiveRows.parts(of: archive, $0) }
    }

    /// The tape files of its index, in order.
    package func indexParts(of archive: Int64) throws(Failure) -> [PartRecord] {
        try read { try ArchiveRows.parts(of: archive, ofIndex: true, $0) }
    }

    package func frames(of archive: Int64) throws(Failure) -> [FrameRecord] {
        try read { db in
            let select = try Prepared(db, "SELECT plain, packed FROM frames WHERE backup = ? ORDER BY plain")
            select.bind(archive, at: 1)
            return try select.all { FrameRecord(plain: $0.int64(0), packed: $0.int64(1)) }
        }
    }

    /// What lies on a volume, in the order of its tape files: each part, of an index too, with its archive.
    package func archives(onVolume volume: Int64) throws(Failure) -> [(part: PartRecord, archive: ArchiveRecord)] {
        try read { db in
            let select = try Prepared(
                db,
                """
                SELECT backup, \(ArchiveRows.partColumns) FROM parts WHERE volume = ? AND state <> 'void'
                ORDER BY tape_file
                """)
            select.bind(volume, at: 1)
            let backups = try select.all { $0.int64(0) }
            return try zip(try partsOn(volume, db), backups).compactMap { part, backup in
                try ArchiveRows.find(backup, db).map { (part, $0) }
            }
        }
    }

    private func partsOn(_ volume: Int64, _ db: Database) throws -> [PartRecord] {
        let select = try Prepared(
            db,
            """
            SELECT \(ArchiveRows.partColumns) FROM parts WHERE volume = ? AND state <> 'void' ORDER BY tape_file
            """)
        select.bind(volume, at: 1)
        return try select.all(ArchiveRows.part)
    }

    /// A job's archives begun before a time, newest first; nil: of all jobs.
    package func archives(
        of job: String?, state: ArchiveRecord.State? = nil, before: WallTime? = nil, limit: Int
    ) throws(Failure) -> [ArchiveRecord] {
        try read { db in
            var condition = "started_at < ?1"
            if job != nil { condition += " AND job = ?3" }
            if state != nil { condition += " AND state = ?4" }
            let select = try Prepared(
                db,
                "SELECT \(ArchiveRows.columns) FROM backups WHERE \(condition) ORDER BY started_at DESC, id DESC LIMIT ?2"
            )
            select.bind(before?.milliseconds ?? .max, at: 1)
            select.bind(limit, at: 2)
            if let job { select.bind(job, at: 3) }
            if let state { select.bind(state.rawValue, at: 4) }
            return try select.all(ArchiveRows.archive)
        }
    }

    /// An archive and all that it needs, the whole one first. Fails with `CHAIN_BROKEN` where a link is not complete.
    package func chain(of archive: Int64) throws(Failure) -> [ArchiveRecord] {
        try read { try ArchiveRows.chain(of: archive, $0) }
    }
}

extension ArchiveRows {
    static func chain(of id: Int64, _ db: Database) throws -> [ArchiveRecord] {
        var chain: [ArchiveRecord] = []
        var next: Int64? = id
        while let id = next {
            let archive = try find(id, db)
            guard let archive, archive.state == .complete, !chain.contains(where: { $0.id == id }) else {
                let name =
                    archive.map { "archive \($0.archive) is \($0.state.rawValue)" } ?? "archive number \(id) is unknown"
                throw Failure(
                    code: "CHAIN_BROKEN", side: .catalog, message: "\(name), and later ones need it",
                    hint: "make a whole backup of the job")
            }
            chain.append(archive)
            next = archive.base
        }
        return chain.reversed()
    }
}

// MARK: - What a volume holds

extension TapeCatalog {
    /// What decides whether a volume may be written anew (F11). Nothing counts as expired that a kept archive needs, nor
    /// the newest verified archive of a job, nor its newest where none was verified.
    package func contents(of volume: Int64, at now: WallTime) throws(Failure) -> VolumeContents {
        try read { db in
            let select = try Prepared(
                db,
                """
                WITH RECURSIVE kept(id, base) AS (
                    SELECT id, base FROM backups WHERE state = 'complete' AND (expires_at IS NULL OR expires_at > ?2)
                    UNION SELECT b.id, b.base FROM backups b JOIN kept k ON b.id = k.base),
                here(id) AS (SELECT DISTINCT backup FROM parts WHERE volume = ?1 AND state IN ('complete', 'writing'))
                SELECT b.expires_at, b.state, b.id IN (SELECT id FROM kept), b.id = ifnull(
                    (SELECT id FROM backups n WHERE n.job = b.job AND n.state = 'complete' AND n.verified_at IS NOT NULL
                        ORDER BY n.started_at DESC, n.id DESC LIMIT 1),
                    (SELECT id FROM backups n WHERE n.job = b.job AND n.state = 'complete'
                        ORDER BY n.started_at DESC, n.id DESC LIMIT 1))
                FROM here JOIN backups b ON b.id = here.id WHERE b.state IN ('complete', 'writing')
                """)
            select.bind(volume, at: 1)
            select.bind(now.milliseconds, at: 2)
            var contents = VolumeContents()
            var isPermanent = false
            for row in try select.all({ ($0.optional(0), $0.text(1), $0.int(2) != 0, $0.int(3) != 0) }) {
                let (expiry, state, isKept, isNewest) = row
                contents.archives += 1
                let isUnexpired = state == "writing" || expiry.map { $0 > now.milliseconds } ?? true
                if isUnexpired { contents.unexpired += 1 }
                if isNewest || (isKept && !isUnexpired) { contents.isNeeded = true }
                if let expiry {
                    let end = WallTime(milliseconds: expiry)
                    contents.lastExpiry = max(contents.lastExpiry ?? end, end)
                } else {
                    isPermanent = true
                }
            }
            if isPermanent { contents.lastExpiry = nil }
            return contents
        }
    }

    /// Every volume of a pool and those without one, with what they hold: what the next tape is chosen among.
    package func candidates(pool: String, at now: WallTime) throws(Failure) -> [TapeCandidate] {
        var candidates: [TapeCandidate] = []
        for pool in [pool, ""] {
            var last: KnownVolume?
            while true {
                let page = try volumes(pool: pool, after: last, limit: 500)
                guard let end = page.last else { break }
                last = end
                for known in page {
                    candidates.append(TapeCandidate(known.volume, try contents(of: known.id, at: now)))
                }
            }
        }
        return candidates
    }
}
