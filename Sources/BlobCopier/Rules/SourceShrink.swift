import BackupModel

/// Whether a listing may be believed (A3, I7): an unmounted or half-deleted source must not look like an empty one.
struct SourceShrink: Hashable, Sendable {
    /// Share of the known blobs that may be gone.
    var maxShrink: Double

    func refusal(known: Int, seen: Int, vanished: Int, source: String) -> Failure? {
        let name = printable(source.utf8)
        if seen == 0 {
            return Failure(
                code: "SOURCE_EMPTY", side: .source, message: "\(name) holds no blobs", subject: Array(source.utf8),
                operation: "scan", hint: "Look whether it is mounted; nothing was marked missing.")
        }
        guard known > 0, Double(vanished) > maxShrink * Double(known) else { return nil }
        return Failure(
            code: "SOURCE_SHRANK", side: .source,
            message: "\(name) lost \(Quantity.count(vanished)) of \(Quantity.count(known)) blobs",
            subject: Array(source.utf8), operation: "scan",
            hint: "Look whether all of it is mounted; if it is meant, raise max_shrink. Nothing was marked missing.")
    }
}
