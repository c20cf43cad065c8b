import BackupModel
import GRDB

/// Rows of `volumes`.
enum VolumeRows {
    static let columns = """
        id, label, nonce, intended_nonce, barcode, pool, state, reason, generation, is_worm, is_worn, serial, block_size,
        capacity, used, tape_files, end_block, labelled_at, last_written_at, loads, soft_errors, hard_errors, place,
        drive_serial, drive_firmware
        """

    static func find(_ db: Database, _ id: Int64) throws -> KnownVolume? {
        let select = try Prepared(db, "SELECT \(columns) FROM volumes WHERE id = ?")
        select.bind(id, at: 1)
        return try select.first(volume)
    }

    static func known(_ db: Database, _ id: Int64) throws -> KnownVolume {
        guard let known = try find(db, id) else {
            throw Failure(code: "VOLUME_UNKNOWN", side: .catalog, message: "the catalog has no volume number \(id)")
        }
        return known
    }

    static func volume(_ row: Prepared) throws -> KnownVolume {
        guard let state = Volume.State(rawValue: row.text(6)), let place = VolumePlace(stored: row.text(22)) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "unknown state or place of a volume")
        }
        var volume = Volume(
            label: row.text(1), nonce: row.text(2), barcode: row.text(4), pool: row.text(5), state: state)
        volume.intendedNonce = row.text(3)
        volume.reason = row.text(7)
        volume.generation = row.isNull(8) ? nil : TapeGeneration(rawValue: row.text(8))
        volume.isWORM = row.int(9) != 0
        volume.isWorn = row.int(10) != 0
        volume.serial = row.text(11)
        volume.blockSize = row.int(12)
        volume.capacity = row.optional(13)
        volume.used = row.int64(14)
        volume.tapeFiles = row.int(15)
        volume.endBlock = row.optional(16)
        volume.labelledAt = row.optional(17).map(WallTime.init(milliseconds:))
        volume.lastWrittenAt = row.optional(18).map(WallTime.init(milliseconds:))
        volume.loads = row.int64(19)
        volume.softErrors = row.int64(20)
        volume.hardErrors = row.int64(21)
        volume.place = place
        volume.driveSerial = row.text(23)
        volume.driveFirmware = row.text(24)
        return KnownVolume(id: row.int64(0), volume: volume)
    }

    /// A new row where there is no id.
    static func write(_ volume: Volume, id: Int64?, _ db: Database) throws {
        let names = columns.split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        let set = names.dropFirst().map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
        let places = Array(repeating: "?", count: names.count).joined(separator: ", ")
        let insert = try Prepared(
            db, "INSERT INTO volumes(\(columns)) VALUES(\(places)) ON CONFLICT(id) DO UPDATE SET \(set)")
        insert.bind(id, at: 1)
        insert.bind(volume.label, at: 2)
        insert.bind(volume.nonce.isEmpty ? nil : volume.nonce, at: 3)
        insert.bind(volume.intendedNonce.isEmpty ? nil : volume.intendedNonce, at: 4)
        insert.bind(volume.barcode, at: 5)
        insert.bind(volume.pool, at: 6)
        insert.bind(volume.state.rawValue, at: 7)
        insert.bind(volume.reason, at: 8)
        insert.bind(volume.generation?.rawValue, at: 9)
        insert.bind(volume.isWORM ? 1 : 0, at: 10)
        insert.bind(volume.isWorn ? 1 : 0, at: 11)
        insert.bind(volume.serial, at: 12)
        insert.bind(volume.blockSize, at: 13)
        insert.bind(volume.capacity, at: 14)
        insert.bind(volume.used, at: 15)
        insert.bind(volume.tapeFiles, at: 16)
        insert.bind(volume.endBlock, at: 17)
        insert.bind(volume.labelledAt?.milliseconds, at: 18)
        insert.bind(volume.lastWrittenAt?.milliseconds, at: 19)
        insert.bind(volume.loads, at: 20)
        insert.bind(volume.softErrors, at: 21)
        insert.bind(volume.hardErrors, at: 22)
        insert.bind(volume.place.stored, at: 23)
        insert.bind(volume.driveSerial, at: 24)
        insert.bind(volume.driveFirmware, at: 25)
        try insert.run()
    }
}

extension Prepared {
    func optional(_ column: Int32) -> Int64? { isNull(column) ? nil : int64(column) }
}
