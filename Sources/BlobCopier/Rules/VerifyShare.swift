import BackupModel

/// How many copies a scheduled `verify` reads back, so that each is read once in so many days and no night reads all.
enum VerifyShare {
    /// All when no earlier `verify` is known among `runs` (newest first), or the clock went back.
    static func count(of safe: Int, days: Int, after runs: [RunSummary], besides run: RunID, now: WallTime) -> Int {
        let last = runs.first { $0.kind == .verify && $0.run != run && $0.result != nil && $0.result != .failed }
        guard let last else { return safe }
        let passed = now.seconds(since: last.startedAt) / 86_400
        guard passed >= 0 else { return safe }
        return Int((Double(safe) * min(1, passed / Double(max(1, days)))).rounded(.up))
    }
}
