import BackupModel
import NIOCore

/// Orders and queries whose results are not here yet, in the order they were given.
struct Pending {
    struct Entry {
        var number: UInt64
        var frame: ByteBuffer
        var wasSent: Bool
        var finish: Finish
    }

    /// Whoever waits, resumed exactly once: entries leave this table before they are finished.
    enum Finish {
        case order(CheckedContinuation<IntentResult, Never>)
        case query(CheckedContinuation<Answer, Never>)

        func callAsFunction(_ failure: Failure) {
            switch self {
            case .order(let waiting): waiting.resume(returning: .refused(failure))
            case .query(let waiting): waiting.resume(returning: .refused(failure))
            }
        }
    }

    private var entries: [String: Entry] = [:]
    private var lastNumber: UInt64 = 0

    var count: Int { entries.count }

    mutating func add(_ id: String, _ frame: ByteBuffer, wasSent: Bool, _ finish: Finish) {
        lastNumber += 1
        entries[id] = Entry(number: lastNumber, frame: frame, wasSent: wasSent, finish: finish)
    }

    mutating func remove(_ id: String) -> Entry? { entries.removeValue(forKey: id) }

    mutating func removeAll(where matches: (Entry) -> Bool) -> [Entry] {
        let gone = entries.filter { matches($0.value) }
        for id in gone.keys { entries[id] = nil }
        return gone.values.sorted { $0.number < $1.number }
    }

    /// All frames, oldest first, marked as sent: after a lost connection they go again under their old ids.
    mutating func framesToSend() -> [ByteBuffer] {
        let order = entries.sorted { $0.value.number < $1.value.number }
        for (id, _) in order { entries[id]?.wasSent = true }
        return order.map(\.value.frame)
    }
}
