import BackupModel

/// Which volumes a job of kind `tape.verify` reads back.
enum VerifyChoice {
    /// Labels: what was never read back since it was written, the oldest first; then what was read back half a year ago
    /// or longer. Volumes that nobody can reach without a hand come by request, so they are no reason to leave one out.
    static func due(_ rows: [VolumeRow], now: WallTime) -> [String] {
        let old = now.adding(seconds: -shelfLife)
        return rows.filter { row in
            guard row.archives > 0, !row.volume.label.isEmpty, readable.contains(row.volume.state) else { return false }
            guard let verified = row.verifiedAt else { return true }
            return verified < old || (row.volume.lastWrittenAt.map { $0 > verified } ?? false)
        }.sorted { ($0.verifiedAt ?? .distantPast, $0.id) < ($1.verifiedAt ?? .distantPast, $1.id) }
            .map(\.volume.label)
    }

    /// Half a year, in seconds.
    static let shelfLife = 183 * 86_400.0
    private static let readable: Set<Volume.State> = [.appendable, .full, .error, .retired]
}

extension WallTime {
    fileprivate static let distantPast = WallTime(milliseconds: .min)
}
