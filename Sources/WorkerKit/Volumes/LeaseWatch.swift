package import BackupModel

/// Decides whether a lease found on a volume still binds (B22, B23).
///
/// Of our own host: the kernel's lock is the truth, and whoever asks here holds it. Of another host: it binds while it
/// shows signs of life; wall clocks of two hosts say nothing, so we watch its sequence with our own.
package struct LeaseWatch: Hashable, Sendable {
    /// Three times the 60 s after which a holder renews its lease.
    package static let silence: Double = 180

    private struct Sighting: Hashable {
        var instance: String
        var sequence: Int64
        var at: Int64
    }
    private var seen: Sighting?

    package init() {}

    package enum Verdict: Hashable, Sendable { case free, held(VolumeLease) }

    /// `now` is monotonic, in nanoseconds.
    package mutating func judge(_ lease: VolumeLease?, host: String, now: Int64) -> Verdict {
        guard let lease, lease.host != host else {
            seen = nil
            return .free
        }
        guard let seen, seen.instance == lease.instance, seen.sequence == lease.sequence else {
            self.seen = Sighting(instance: lease.instance, sequence: lease.sequence, at: now)
            return .held(lease)
        }
        return Double(now - seen.at) / 1e9 >= Self.silence ? .free : .held(lease)
    }
}

extension VolumeLease {
    package func busy(path: PathBytes) -> Failure {
        Failure(
            code: "BUSY", side: .destination, message: "volume at \(path) is held by \(holder)", subject: path.bytes,
            operation: "lease",
            hint: "Stop it there; a holder that is gone loses the volume after 3 minutes of watching.",
            isTransient: true)
    }
}
