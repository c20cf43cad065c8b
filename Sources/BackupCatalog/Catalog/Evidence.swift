package import BackupModel

/// What was proved about something, how, when and by whom: one row for each check, kept for as long as the catalog is.
package struct Evidence: Hashable, Sendable {
    /// How it was proved, the weakest first.
    package enum Method: String, Codable, CaseIterable, Sendable {
        /// The listing or `stat` only.
        case listed
        /// The bytes were hashed while they were copied.
        case hashedInFlight = "hashed_in_flight"
        /// The bytes were read back from the volume and hashed.
        case readBack = "read_back"
        /// It was restored to a scratch place and compared.
        case rehearsed
    }

    /// Grows by one with each; 0 before it is kept.
    package var number: Int64
    package var at: WallTime
    /// The mirror or job.
    package var job: String
    /// The volume's uuid, or empty.
    package var volume: String
    package var run: RunID?
    package var method: Method
    package var result: RunResult
    package var proved: Amount
    package var failed: Amount
    /// Who: user and host, or `schedule`. `printable` already.
    package var by: String

    package init(
        number: Int64 = 0, at: WallTime, job: String, volume: String = "", run: RunID? = nil, method: Method,
        result: RunResult, proved: Amount, failed: Amount = Amount(), by: String
    ) {
        self.number = number
        self.at = at
        self.job = job
        self.volume = volume
        self.run = run
        self.method = method
        self.result = result
        self.proved = proved
        self.failed = failed
        self.by = by
    }
}
