package import BackupModel

/// How much may be written to a volume: what is free less what must stay free, and within the budget (A6, A7).
package struct FreeSpace: Hashable, Sendable {
    package var keepFree: Int64
    package var sizeBudget: Int64?

    package init(keepFree: Int64, sizeBudget: Int64? = nil) {
        self.keepFree = keepFree
        self.sizeBudget = sizeBudget
    }

    package enum Verdict: Hashable, Sendable {
        case enough
        /// So many bytes are missing on the volume.
        case short(Int64)
        case shortOfInodes(Int64)
        /// So many bytes over `size_budget`.
        case overBudget(Int64)
    }

    /// A file takes whole blocks of 4 KiB, and a folder entry.
    package static func cost(bytes: Int64, files: Int64) -> Int64 { bytes + files * 4096 }

    /// Whether so much more fits; the same question before a run (all that remains) and before a batch.
    package func verdict(
        space: VolumeSpace, placed: Int64, moreBytes: Int64, moreFiles: Int64
    ) -> Verdict {
        guard moreFiles > 0 else { return .enough }
        if let sizeBudget, placed + moreBytes > sizeBudget { return .overBudget(placed + moreBytes - sizeBudget) }
        if space.freeInodes < moreFiles { return .shortOfInodes(moreFiles - space.freeInodes) }
        let missing = Self.cost(bytes: moreBytes, files: moreFiles) + keepFree - space.free
        return missing > 0 ? .short(missing) : .enough
    }

    /// 64 MiB, less on a small volume, held in a file that is given up only when deleting needs room (A7).
    package static func reserveBytes(capacity: Int64) -> Int64 {
        min(64 << 20, max(0, capacity / 64) / 4096 * 4096)
    }
}

extension FreeSpace.Verdict {
    /// The refusal in words, or nil when there is enough.
    package func failure(target: PathBytes) -> Failure? {
        switch self {
        case .enough: nil
        case .short(let bytes):
            refused(
                target, "DESTINATION_FULL", "needs \(Quantity.bytes(bytes)) more free",
                "Free space on it, lower keep_free or use a larger volume; blobs that are placed stay.")
        case .shortOfInodes(let count):
            refused(
                target, "DESTINATION_FULL", "needs \(Quantity.count(Int(count))) more inodes",
                "Its file system was made with too few inodes; make it anew with more.")
        case .overBudget(let bytes):
            refused(
                target, "DESTINATION_OVER_BUDGET", "would be \(Quantity.bytes(bytes)) over size_budget",
                "Raise size_budget in the settings or use another volume.")
        }
    }

    private func refused(_ target: PathBytes, _ code: String, _ message: String, _ hint: String) -> Failure {
        Failure(
            code: code, side: .destination, message: "\(target) \(message)", subject: target.bytes,
            operation: "space", hint: hint)
    }
}
