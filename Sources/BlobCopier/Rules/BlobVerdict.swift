import BackupModel
import WorkerKit

/// What the bytes read say about the name they bear.
enum BlobVerdict: Hashable, Sendable {
    case good
    case wrong(actual: BlobID, size: Int64)

    init(expected: BlobID, actual: BlobID, size: Int64) {
        self = actual.matches(id: expected, size: UInt64(max(0, size))) ? .good : .wrong(actual: actual, size: size)
    }
}
