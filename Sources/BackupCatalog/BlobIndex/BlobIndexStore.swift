package import BackupModel
import Foundation
import GRDB
import Synchronization

/// The blob index of one mirror in one SQLite file; every change of a state, its tally and its reason is one durable
/// transaction.
///
/// Calls block: give it a thread of its own. All throw `Failure` with side `.catalog`.
package final class BlobIndexStore: Sendable {
    let file: SQLiteFile
    let now: @Sendable () -> WallTime
    private let known = Mutex<[String: VolumeKey]>([:])

    /// Opens `path`, making it for `.writing` if there is none. `busySeconds` bounds the wait for another program's
    /// transaction.
    package init(
        path: String, access: CatalogAccess = .writing, busySeconds: Double = 5,
        now: @escaping @Sendable () -> WallTime = currentWallTime
    ) throws(Failure) {
        file = try SQLiteFile(path, kind: .blobIndex, access: access, busySeconds: busySeconds, now: now)
        self.now = now
    }

    package func close() { file.close() }

    /// Why nothing more is written (damage, a replaced file, a failed disk), or nil.
    package var stoppedBy: Failure? { file.stoppedBy }

    // MARK: Volumes

    package func volume(_ uuid: String) throws(Failure) -> IndexedVolume? {
        try file.read { db in try VolumeRow.find(db, uuid)?.volume }
    }

    /// All enrolled volumes of this mirror, newest first.
    package func volumes() throws(Failure) -> [IndexedVolume] {
        try file.read { db in
            try Prepared(db, "SELECT \(VolumeRow.columns) FROM volumes ORDER BY id DESC").all(VolumeRow.init).map(
                \.volume)
        }
    }

    /// Adds a volume. Again for a known one renews what was probed, but never what it is.
    package func enrol(_ volume: IndexedVolume) throws(Failure) {
        try file.write { db in
            if let known = try VolumeRow.find(db, volume.identity.uuid) {
                guard known.volume.identity == volume.identity else {
                    throw Failure.volumeDiffers(volume.identity.uuid)
                }
            } else {
                let insert = try Prepared(db, "INSERT INTO volumes(uuid, identity) VALUES(?, ?)")
                insert.bind(volume.identity.uuid, at: 1)
                insert.bind(try json(volume.identity), at: 2)
                try insert.run()
            }
            let update = try Prepared(
                db,
                """
                UPDATE volumes SET capabilities = ?, generation = ?, nonce = ?, intended_generation = ?,
                    intended_nonce = ? WHERE uuid = ?
                """)
            update.bind(try json(volume.capabilities), at: 1)
            update.bind(volume.confirmed.number, at: 2)
            update.bind(volume.confirmed.nonce, at: 3)
            update.bind(volume.intended?.number, at: 4)
            update.bind(volume.intended?.nonce, at: 5)
            update.bind(volume.identity.uuid, at: 6)
            try update.run()
        }
    }

    /// Records the generation about to be written to the marker, before it is written.
    package func intend(_ generation: VolumeGeneration, volume: String) throws(Failure) {
        try setGeneration(
            generation, volume, "UPDATE volumes SET intended_generation = ?, intended_nonce = ? WHERE id = ?")
    }

    /// Records that the marker bears it.
    package func confirm(_ generation: VolumeGeneration, volume: String) throws(Failure) {
        try setGeneration(
            generation, volume,
            """
            UPDATE volumes SET generation = ?, nonce = ?, intended_generation = NULL, intended_nonce = NULL
            WHERE id = ?
            """)
    }

    private func setGeneration(_ generation: VolumeGeneration, _ volume: String, _ sql: String) throws(Failure) {
        try file.write { db in
            let update = try Prepared(db, sql)
            update.bind(generation.number, at: 1)
            update.bind(generation.nonce, at: 2)
            update.bind(try key(db, volume).id, at: 3)
            try update.run()
        }
    }

    /// The row and layout of an enrolled volume; neither ever changes.
    func key(_ db: Database, _ uuid: String) throws -> VolumeKey {
        if let key = known.withLock({ $0[uuid] }) { return key }
        guard let row = try VolumeRow.find(db, uuid) else {
            throw Failure(
                code: "VOLUME_UNKNOWN", side: .catalog, message: "the index knows no such volume",
                subject: Array(uuid.utf8), hint: "enrol it first")
        }
        let key = VolumeKey(id: row.id, fanOut: row.volume.identity.fanOut)
        known.withLock { $0[uuid] = key }
        return key
    }
}

struct VolumeKey: Sendable {
    let id: Int64
    let fanOut: FanOut
}

struct VolumeRow {
    static let columns = """
        id, identity, capabilities, generation, nonce, intended_generation, intended_nonce
        """
    let id: Int64
    let volume: IndexedVolume

    init(_ row: Prepared) throws {
        id = row.int64(0)
        let intended = row.isNull(5) ? nil : VolumeGeneration(number: row.int64(5), nonce: row.text(6))
        volume = IndexedVolume(
            identity: try JSONDecoder().decode(VolumeIdentity.self, from: Data(row.bytes(1))),
            capabilities: try JSONDecoder().decode(VolumeCapabilities.self, from: Data(row.bytes(2))),
            confirmed: VolumeGeneration(number: row.int64(3), nonce: row.text(4)), intended: intended)
    }

    static func find(_ db: Database, _ uuid: String) throws -> VolumeRow? {
        let select = try Prepared(db, "SELECT \(columns) FROM volumes WHERE uuid = ?")
        select.bind(uuid, at: 1)
        return try select.first(VolumeRow.init)
    }
}

extension Failure {
    fileprivate static func volumeDiffers(_ uuid: String) -> Failure {
        Failure(
            code: "VOLUME_DIFFERS", side: .catalog,
            message: "the index knows this volume as another: file system, fan-out or hash differ",
            subject: Array(uuid.utf8), hint: "enrol it as a new volume")
    }
}

/// JSON with its keys in order.
func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}
