package import BackupModel
import GRDB

extension BlobIndexStore {
    /// Marks the next waiting blobs in order of name as `copying` by this run and returns them as they now are (K1):
    /// at most `limit` rows and, after the first, at most `bytes`.
    package func claim(
        run: RunID, volume: String, after: BlobID?, limit: Int, bytes: Int64
    ) throws(Failure) -> [BlobRecord] {
        try file.write { db in
            let id = try key(db, volume).id
            let page = try BlobIndexStore.waiting(db, volume: id, after: after, limit: limit, bytes: bytes)
            var rows = try BlobRows(db, volume: id)
            var claimed: [BlobRecord] = []
            claimed.reserveCapacity(page.count)
            for record in page {
                var begun = record
                begun.state = .copying
                try rows.replace(record, by: begun, run: run)
                claimed.append(begun)
            }
            try rows.change.apply(db, volume: id)
            return claimed
        }
    }

    /// What `claim` would give, all states unchanged; for `--dry-run`.
    package func remaining(volume: String, after: BlobID?, limit: Int) throws(Failure) -> [BlobRecord] {
        try file.read { db in
            try BlobIndexStore.waiting(db, volume: try key(db, volume).id, after: after, limit: limit, bytes: .max)
        }
    }

    /// Writes what became of blobs, with reasons and attempts, in one transaction (K9, K11).
    ///
    /// A failure counts one attempt and stays readable until the blob is safe, requeued or settled without one. A blob
    /// the index does not know is added. Every failed state has a reason: one is made of the state where none is given.
    package func settle(
        _ outcomes: [BlobOutcome], run: RunID, volume: String, at: WallTime
    ) throws(Failure) -> Tally {
        try file.write { db in
            let id = try key(db, volume).id
            var rows = try BlobRows(db, volume: id)
            for outcome in outcomes.sorted(by: { $0.id < $1.id }) {
                try BlobIndexStore.settle(outcome, run: run, at: at, in: &rows)
            }
            try rows.change.apply(db, volume: id)
            return try TallyChange.tally(db, volume: id)
        }
    }

    private static func settle(
        _ outcome: BlobOutcome, run: RunID, at: WallTime, in rows: inout BlobRows
    ) throws {
        let old = try rows.find(outcome.id)
        let failure = outcome.failure ?? (outcome.state.isFailure ? .unexplained(outcome.state) : nil)
        let new = BlobRecord(
            id: outcome.id, size: outcome.size ?? old?.size ?? 0, state: outcome.state,
            attempts: (old?.attempts ?? 0) + (failure == nil ? 0 : 1))
        let owner = new.state == .copying || new.state == .claimed ? run : nil
        let proof = new.state == .verified ? at : nil
        if let old {
            try rows.replace(old, by: new, run: owner, provedAt: proof)
        } else {
            try rows.add(new, run: owner, provedAt: proof)
        }
        if let failure, !new.state.isSafe {
            try rows.note(failure, of: new.id, at: at)
        } else {
            try rows.forgetReason(of: new.id)
        }
    }

    /// Blobs left `copying` by runs other than this one, in order of name.
    package func abandoned(besides run: RunID, volume: String, limit: Int) throws(Failure) -> [AbandonedBlob] {
        try file.read { db in
            let select = try Prepared(
                db,
                """
                SELECT blob, size, state, attempts, run FROM blobs INDEXED BY blobs_begun
                WHERE volume = ? AND state IN (1, 2) AND run IS NOT ? ORDER BY blob LIMIT ?
                """)
            select.bind(try key(db, volume).id, at: 1)
            select.bind(run.text, at: 2)
            select.bind(limit, at: 3)
            return try select.all {
                AbandonedBlob(record: try BlobRecord($0), run: RunID($0.text(4)) ?? RunID(bits: 0))
            }
        }
    }

    /// Safe copies whose last proof is older than `before` (never proved first), oldest first.
    package func unproved(volume: String, before: WallTime, limit: Int) throws(Failure) -> [BlobRecord] {
        try file.read { db in
            let id = try key(db, volume).id
            // Two looks: one condition with OR would lose the order of the index.
            let never = try Prepared(db, BlobIndexStore.neverSQL)
            let before = before.milliseconds
            let first = try BlobIndexStore.page(never, volume: id, before: before, limit: limit)
            guard first.count < limit else { return first }
            let older = try Prepared(db, BlobIndexStore.olderSQL)
            return try first + BlobIndexStore.page(older, volume: id, before: before, limit: limit - first.count)
        }
    }

    static var neverSQL: String { unprovedSQL("proved_at IS NULL AND ? IS NOT NULL") }
    static var olderSQL: String { unprovedSQL("proved_at < ?") }

    private static func unprovedSQL(_ condition: String) -> String {
        """
        SELECT blob, size, state, attempts FROM blobs INDEXED BY blobs_proved
        WHERE volume = ? AND \(condition) AND state IN (3, 4) ORDER BY proved_at, blob LIMIT ?
        """
    }

    private static func page(
        _ select: Prepared, volume: Int64, before: Int64, limit: Int
    ) throws -> [BlobRecord] {
        select.bind(volume, at: 1)
        select.bind(before, at: 2)
        select.bind(limit, at: 3)
        return try select.all(BlobRecord.init)
    }

    static let waitingSQL = """
        SELECT blob, size, state, attempts FROM blobs INDEXED BY blobs_waiting
        WHERE volume = ? AND blob > ? AND state IN (0, 9) ORDER BY blob LIMIT ?
        """

    private static func waiting(
        _ db: Database, volume: Int64, after: BlobID?, limit: Int, bytes: Int64
    ) throws -> [BlobRecord] {
        let select = try Prepared(db, waitingSQL)
        select.bind(volume, at: 1)
        select.bind(after, at: 2)
        select.bind(limit, at: 3)
        defer { select.reset() }
        var page: [BlobRecord] = []
        var room = bytes
        while try select.step() {
            let record = try BlobRecord(select)
            if !page.isEmpty, record.size > room { break }
            room -= min(room, record.size)
            page.append(record)
        }
        return page
    }
}

extension Failure {
    /// The reason of a failed state that came without one.
    static func unexplained(_ state: BlobState) -> Failure {
        Failure(
            code: state.word.uppercased(), side: .engine, message: "\(state.word), and no reason was given")
    }
}
