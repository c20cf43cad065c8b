package import BackupModel
import Foundation
import GRDB

/// An error of a drive or medium, kept for as long as the catalog is.
package struct TapeErrorRecord: Hashable, Sendable {
    /// Grows by one with each; 0 before it is kept.
    package var number: Int64 = 0
    package var at: WallTime
    /// The drive's serial.
    package var drive: String
    package var volume: Int64?
    package var job: String
    package var run: RunID?
    /// `write_retry`, `medium_error`, `tape_alert` and so on.
    package var kind: String
    /// What was tried: `write`, `locate`.
    package var operation: String
    /// In words, sense data decoded; foreign bytes escaped already.
    package var detail: String
    package var tapeFile: Int?
    package var block: Int64?
    /// `3/0c/00`, or empty.
    package var sense: String
    package var errno: Int32

    package init(
        at: WallTime, drive: String, volume: Int64? = nil, job: String = "", run: RunID? = nil, kind: String,
        operation: String, detail: String, tapeFile: Int? = nil, block: Int64? = nil, sense: String = "",
        errno: Int32 = 0
    ) {
        self.at = at
        self.drive = drive
        self.volume = volume
        self.job = job
        self.run = run
        self.kind = kind
        self.operation = operation
        self.detail = detail
        self.tapeFile = tapeFile
        self.block = block
        self.sense = sense
        self.errno = errno
    }
}

/// What a drive did with a volume for a job: counters of that spell alone, not since the drive was made.
package struct DriveSpell: Hashable, Sendable {
    /// How well it was kept fed.
    package struct Flow: Hashable, Codable, Sendable {
        package var stops: Int64 = 0
        package var underRuns: Int64 = 0
        package var backHitches: Int64 = 0
        package var aborts: Int64 = 0
        /// Seconds without a byte, the longest.
        package var longestGap: Double = 0
        package var seconds: Double = 0

        package init() {}
    }

    package var number: Int64 = 0
    package var at: WallTime
    package var drive: String
    package var firmware: String
    package var volume: Int64?
    package var job: String
    package var run: RunID?
    package var health: DriveHealth
    package var flow: Flow

    package init(
        at: WallTime, drive: DriveIdentity, volume: Int64? = nil, job: String = "", run: RunID? = nil,
        health: DriveHealth, flow: Flow = Flow()
    ) {
        self.at = at
        self.drive = drive.serial
        firmware = drive.firmware
        self.volume = volume
        self.job = job
        self.run = run
        self.health = health
        self.flow = flow
    }
}

/// Whose history is asked for.
package enum TapeHistorySubject: Hashable, Sendable {
    /// By its serial.
    case drive(String)
    case volume(Int64)
    case job(String)
}

extension TapeCatalog {
    package func keep(_ errors: [TapeErrorRecord]) throws(Failure) {
        guard !errors.isEmpty else { return }
        try write { db in
            let insert = try Prepared(
                db,
                """
                INSERT INTO tape_errors(at, drive, volume, job, run, kind, operation, detail, tape_file, block, sense,
                    errno) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
            for error in errors {
                insert.bind(error.at.milliseconds, at: 1)
                insert.bind(error.drive, at: 2)
                insert.bind(error.volume, at: 3)
                insert.bind(error.job, at: 4)
                insert.bind(error.run?.text, at: 5)
                insert.bind(error.kind, at: 6)
                insert.bind(error.operation, at: 7)
                insert.bind(error.detail, at: 8)
                insert.bind(error.tapeFile.map(Int64.init), at: 9)
                insert.bind(error.block, at: 10)
                insert.bind(error.sense, at: 11)
                insert.bind(Int64(error.errno), at: 12)
                try insert.run()
            }
        }
    }

    /// Newest first, before a number (nil: the newest).
    package func errors(
        of subject: TapeHistorySubject, before: Int64? = nil, limit: Int
    ) throws(Failure) -> [TapeErrorRecord] {
        try read { db in
            let select = try Prepared(
                db,
                """
                SELECT number, at, drive, volume, job, run, kind, operation, detail, tape_file, block, sense, errno
                FROM tape_errors WHERE \(subject.condition) AND number < ?2 ORDER BY number DESC LIMIT ?3
                """)
            subject.bind(to: select)
            select.bind(before ?? .max, at: 2)
            select.bind(limit, at: 3)
            return try select.all { row in
                var error = TapeErrorRecord(
                    at: WallTime(milliseconds: row.int64(1)), drive: row.text(2), volume: row.optional(3),
                    job: row.text(4), run: row.isNull(5) ? nil : RunID(row.text(5)), kind: row.text(6),
                    operation: row.text(7), detail: row.text(8), tapeFile: row.optional(9).map(Int.init),
                    block: row.optional(10), sense: row.text(11), errno: Int32(truncatingIfNeeded: row.int64(12)))
                error.number = row.int64(0)
                return error
            }
        }
    }

    /// Keeps a spell, and adds its errors to what the volume has had in all.
    package func keep(_ spell: DriveSpell) throws(Failure) {
        try write { db in
            let insert = try Prepared(
                db,
                """
                INSERT INTO drive_history(at, drive, firmware, volume, job, run, health, flow)
                VALUES(?, ?, ?, ?, ?, ?, ?, ?)
                """)
            insert.bind(spell.at.milliseconds, at: 1)
            insert.bind(spell.drive, at: 2)
            insert.bind(spell.firmware, at: 3)
            insert.bind(spell.volume, at: 4)
            insert.bind(spell.job, at: 5)
            insert.bind(spell.run?.text, at: 6)
            insert.bind(try json(spell.health), at: 7)
            insert.bind(try json(spell.flow), at: 8)
            try insert.run()
            guard let volume = spell.volume else { return }
            var known = try VolumeRows.known(db, volume)
            known.volume.softErrors += spell.health.softWriteErrors + spell.health.softReadErrors
            known.volume.hardErrors += spell.health.hardWriteErrors + spell.health.hardReadErrors
            known.volume.loads = max(known.volume.loads, spell.health.loads ?? 0)
            if let words = MediumWear.judge(known.volume, alerts: spell.health.alerts), !known.volume.isWorn {
                known.volume.isWorn = true
                if known.volume.reason.isEmpty { known.volume.reason = words }
            }
            try VolumeRows.write(known.volume, id: volume, db)
        }
    }

    /// Newest first, before a number (nil: the newest).
    package func spells(
        of subject: TapeHistorySubject, before: Int64? = nil, limit: Int
    ) throws(Failure) -> [DriveSpell] {
        try read { db in
            let select = try Prepared(
                db,
                """
                SELECT number, at, drive, firmware, volume, job, run, health, flow FROM drive_history
                WHERE \(subject.condition) AND number < ?2 ORDER BY number DESC LIMIT ?3
                """)
            subject.bind(to: select)
            select.bind(before ?? .max, at: 2)
            select.bind(limit, at: 3)
            return try select.all { row in
                let decoder = JSONDecoder()
                var spell = DriveSpell(
                    at: WallTime(milliseconds: row.int64(1)),
                    drive: DriveIdentity(vendor: "", model: "", serial: row.text(2), firmware: row.text(3)),
                    volume: row.optional(4), job: row.text(5), run: row.isNull(6) ? nil : RunID(row.text(6)),
                    health: try decoder.decode(DriveHealth.self, from: Data(row.bytes(7))),
                    flow: try decoder.decode(DriveSpell.Flow.self, from: Data(row.bytes(8))))
                spell.number = row.int64(0)
                return spell
            }
        }
    }
}

extension TapeHistorySubject {
    fileprivate var condition: String {
        switch self {
        case .drive: "drive = ?1"
        case .volume: "volume = ?1"
        case .job: "job = ?1"
        }
    }

    fileprivate func bind(to statement: Prepared) {
        switch self {
        case .drive(let serial): statement.bind(serial, at: 1)
        case .volume(let id): statement.bind(id, at: 1)
        case .job(let name): statement.bind(name, at: 1)
        }
    }
}
