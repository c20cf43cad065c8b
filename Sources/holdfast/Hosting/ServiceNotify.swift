import Foundation
import Glibc

/// What systemd is told, by the protocol of sd_notify(3): datagrams to the socket named in `NOTIFY_SOCKET`.
struct ServiceNotify: Sendable {
    /// Nil: nobody listens.
    private let socketPath: String?
    /// Seconds within which the watchdog wants a sign, nil when it does not.
    private let watchdog: Double?

    init(environment: [String: String], pid: Int32 = getpid()) {
        socketPath = environment["NOTIFY_SOCKET"].flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
        let isOurs = environment["WATCHDOG_PID"].map { Int32($0) == pid } ?? true
        watchdog = isOurs ? environment["WATCHDOG_USEC"].flatMap { Double($0) }.map { $0 / 1e6 } : nil
    }

    /// Sends and forgets: a service manager that is not there is no failure.
    func send(_ message: String) {
        guard let socketPath else { return }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(socketPath.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        // A leading @ stands for the abstract name space, whose names begin with NUL.
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let file = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard file >= 0 else { return }
        defer { close(file) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let text = Array(message.utf8)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(file, text, text.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }

    /// CLOCK_MONOTONIC, which stands still in suspend: the clock of the protocol's MONOTONIC_USEC.
    static var microseconds: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
    }

    /// Beats at half the watchdog's time, only while `isAlive` answers; nil without a watchdog.
    func pulse(_ isAlive: @escaping @Sendable () async -> Bool) -> Task<Void, Never>? {
        guard let watchdog, socketPath != nil else { return nil }
        return Task {
            while !Task.isCancelled {
                if await isAlive() { send("WATCHDOG=1") }
                try? await Task.sleep(for: .seconds(watchdog / 2))
            }
        }
    }
}
