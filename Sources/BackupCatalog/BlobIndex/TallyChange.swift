import BackupModel
import GRDB

/// What a transaction changes in the tallies and in the map; applied once, before its commit (N12).
struct TallyChange {
    private var amounts = [Amount](repeating: Amount(), count: stateCount)
    private var cells = [Int](repeating: 0, count: 256 * stateCount)

    mutating func add(_ blob: BlobID, _ state: BlobState, size: Int64) { count(blob, state, 1, size) }

    mutating func remove(_ blob: BlobID, _ state: BlobState, size: Int64) { count(blob, state, -1, -size) }

    private mutating func count(_ blob: BlobID, _ state: BlobState, _ count: Int, _ bytes: Int64) {
        amounts[state.rawValue].count += count
        amounts[state.rawValue].bytes += bytes
        cells[Int(blob.words.0 >> 56) * stateCount + state.rawValue] += count
    }

    func apply(_ db: Database, volume: Int64) throws {
        let tally = try Prepared(
            db,
            """
            INSERT INTO tallies(volume, state, count, bytes) VALUES(?, ?, ?, ?)
            ON CONFLICT(volume, state) DO UPDATE SET count = count + excluded.count, bytes = bytes + excluded.bytes
            """)
        for (state, amount) in amounts.enumerated() where amount != Amount() {
            tally.bind(volume, at: 1)
            tally.bind(state, at: 2)
            tally.bind(amount.count, at: 3)
            tally.bind(amount.bytes, at: 4)
            try tally.run()
        }
        let cell = try Prepared(
            db,
            """
            INSERT INTO cells(volume, cell, state, count) VALUES(?, ?, ?, ?)
            ON CONFLICT(volume, cell, state) DO UPDATE SET count = count + excluded.count
            """)
        for (index, count) in cells.enumerated() where count != 0 {
            cell.bind(volume, at: 1)
            cell.bind(index / stateCount, at: 2)
            cell.bind(index % stateCount, at: 3)
            cell.bind(count, at: 4)
            try cell.run()
        }
    }

    static func tally(_ db: Database, volume: Int64) throws -> Tally {
        let select = try Prepared(db, "SELECT state, count, bytes FROM tallies WHERE volume = ? AND count <> 0")
        select.bind(volume, at: 1)
        let rows = try select.all { (try $0.state(0), Amount(count: $0.int(1), bytes: $0.int64(2))) }
        return Tally(Dictionary(rows) { first, _ in first })
    }

    static func map(_ db: Database, volume: Int64) throws -> [MapCell] {
        var map = [MapCell](repeating: MapCell(), count: 256)
        let select = try Prepared(db, "SELECT cell, state, count FROM cells WHERE volume = ?")
        select.bind(volume, at: 1)
        for (cell, state, count) in try select.all({ ($0.int(0), try $0.state(1), $0.int(2)) }) {
            guard map.indices.contains(cell) else { continue }
            map[cell].total += count
            switch state {
            case .placed: map[cell].placed += count
            case .verified: map[cell].verified += count
            case .copying, .claimed: map[cell].active += count
            case .pending, .lost: break
            case .sourceMissing, .sourceCorrupt, .corrupt, .unreadable, .blocked: map[cell].failed += count
            }
        }
        return map
    }
}

private let stateCount = BlobState.allCases.count
