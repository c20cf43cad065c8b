import BackupModel

@testable import OperatorConsole

/// A fixed state at a fixed time: one mirror at work, one stalled, one waiting for its volume, one done, with failures.
enum Fixture {
    static let now = WallTime(milliseconds: 1_791_122_571_000)

    static func blob(_ seed: UInt64) -> BlobID {
        let a = (seed &+ 1) &* 0x9e37_79b9_7f4a_7c15
        let b = (a ^ a >> 31) &* 0xbf58_476d_1ce4_e5b9
        let c = (b ^ b >> 29) &* 0x94d0_49bb_1331_11eb
        return BlobID(words: (c, a, b, a ^ c))
    }

    static var model: Model { model(state) }

    static func model(_ state: EngineState?, accessible: Bool = false, keymap: Keymap = .standard) -> Model {
        var model = Model(
            size: Size(columns: 80, rows: 24), now: now, monotonic: 1000,
            themes: ["terminal", "dark", "light", "mono", "deuter", "high-contrast"], keymap: keymap,
            isAccessible: accessible)
        if let state { _ = model.receive(.state(state)) }
        return model
    }

    static var state: EngineState {
        var state = EngineState(
            sequence: 812, host: "vault1", version: "0.1", startedAt: now.adding(seconds: -40_000), at: now)
        state.copies = [cold, media, offsite, mail]
        state.alerts = [
            Alert(
                id: 7, severity: .error, raisedAt: now.adding(seconds: -252), subject: "offsite",
                failure: Failure(
                    code: "VOLUME_GONE", side: .destination, message: "the volume 7c1d09e2 is not mounted",
                    subject: Array("/mnt/offsite".utf8), operation: "statfs",
                    hint: "Connect the drive and mount it at /mnt/offsite; the run goes on by itself.",
                    isTransient: true)),
            Alert(
                id: 8, severity: .warn, raisedAt: now.adding(seconds: -42), subject: "media",
                failure: Failure(
                    code: "TARGET_STALLED", side: .destination, message: "the target has not taken a byte for 42 s",
                    subject: Array("/mnt/media".utf8), operation: "write", hint: "Look at the drive's kernel log.",
                    isTransient: true)),
        ]
        state.recentEvents = events
        return state
    }

    static var cold: CopyState {
        var copy = CopyState(name: "cold", source: "/data/cold/by-hash", target: "/mnt/ntt-backup")
        copy.volume = VolumeState(
            uuid: "5f0c2d41a8e94b6f9c3e7d1b2a604f88", fileSystem: "ext4", isPresent: true, free: 893_000_000_000,
            capacity: 2_000_000_000_000)
        copy.phase = .copying
        copy.run = RunID(bits: 0x1234)
        copy.runStartedAt = now.adding(seconds: -31_260)
        copy.elapsed = 31_260
        var progress = CopyProgress()
        progress.total = Amount(count: 21_577, bytes: 1_561_300_000_000)
        progress.before = Amount(count: 17_000, bytes: 1_100_000_000_000)
        progress.thisRun = Amount(count: 1_402, bytes: 231_000_000_000)
        progress.failed = Amount(count: 8, bytes: 48_100_000)
        progress.remaining = progress.total - progress.before - progress.thisRun - progress.failed
        progress.verified = Amount(count: 18_102, bytes: 1_309_000_000_000)
        progress.retries = 7
        copy.progress = progress
        var rates = CopyRates()
        rates.now = 43_000_000
        rates.oneMinute = 42_100_000
        rates.tenMinutes = 41_000_000
        rates.average = 40_900_000
        rates.peak = 60_800_000
        rates.blobsPerMinute = 312
        rates.sinceProgress = 0.2
        rates.minutes = (0..<60).map { 38e6 + 9e6 * wave($0, 23) + 12e6 * wave($0 * 7, 11) }
        rates.seconds = (0..<60).map { 41e6 + 14e6 * wave($0 * 3, 13) }
        copy.rates = rates
        copy.eta = .seconds(5_460, low: 4_800, high: 6_300)
        copy.limits = CopyLimits(workers: 8, batch: 1000, rate: nil, readBack: .direct)
        copy.workers = workers
        copy.bottleneck = Bottleneck(source: 0.12, hash: 0.09, target: 0.62, commit: 0.14, idle: 0.03)
        copy.map = BlobMap(
            counts: (0..<256).map { index in
                let done = index < 210
                return MapCell(
                    total: 84, placed: done ? (index < 90 ? 0 : 84) : index < 214 ? 40 : 0,
                    verified: index < 90 ? 84 : 0, failed: [17, 99, 180].contains(index) ? 1 : 0,
                    active: (210..<214).contains(index) ? 2 : 0)
            })
        copy.failures = failures
        return copy
    }

    static var media: CopyState {
        var copy = CopyState(name: "media", source: "/data/media/by-hash", target: "/mnt/media")
        copy.volume = VolumeState(
            uuid: "aa", fileSystem: "exfat", isPresent: true, free: 120_000_000_000, capacity: 4_000_000_000_000)
        copy.phase = .copying
        copy.progress.total = Amount(count: 1_204_118, bytes: 3_700_000_000_000)
        copy.progress.before = Amount(count: 420_000, bytes: 1_100_000_000_000)
        copy.progress.thisRun = Amount(count: 9_421, bytes: 48_000_000_000)
        copy.progress.remaining = copy.progress.total - copy.progress.before - copy.progress.thisRun
        copy.rates.average = 31_000_000
        copy.rates.stalledFor = 42
        copy.rates.sinceProgress = 42
        copy.eta = .stalled(seconds: 42)
        copy.limits = CopyLimits(workers: 4, batch: 1000, rate: 60 << 20, readBack: .later)
        copy.workers = (1...4).map {
            WorkerState(
                number: $0, activity: .waiting, blob: blob(UInt64($0) + 400), size: 88_000_000, done: 12_000_000,
                attempt: 1, since: 44)
        }
        copy.bottleneck = Bottleneck(source: 0, hash: 0, target: 1, commit: 0, idle: 0)
        return copy
    }

    static var offsite: CopyState {
        var copy = CopyState(name: "offsite", source: "/data/cold/by-hash", target: "/mnt/offsite")
        copy.volume = VolumeState(uuid: "7c1d09e2", fileSystem: "", isPresent: false)
        copy.phase = .waiting(reason: "volume not mounted")
        copy.progress.total = Amount(count: 21_577, bytes: 1_561_300_000_000)
        copy.progress.before = Amount(count: 11_202, bytes: 700_000_000_000)
        copy.progress.remaining = copy.progress.total - copy.progress.before
        copy.eta = .waiting("volume not mounted")
        copy.limits = CopyLimits(workers: 8, batch: 1000)
        return copy
    }

    static var mail: CopyState {
        var copy = CopyState(name: "mail", source: "/data/mail/by-hash", target: "/mnt/mail")
        copy.volume = VolumeState(
            uuid: "bb", fileSystem: "xfs", isPresent: true, free: 400_000_000_000, capacity: 500_000_000_000)
        copy.phase = .finished(.ok)
        copy.progress.total = Amount(count: 88_120, bytes: 94_600_000_000)
        copy.progress.before = Amount(count: 88_001, bytes: 94_500_000_000)
        copy.progress.thisRun = Amount(count: 119, bytes: 100_000_000)
        copy.eta = .done
        copy.limits = CopyLimits(workers: 8, batch: 1000)
        copy.lastRun = RunSummary(
            run: RunID(bits: 9), kind: .run, startedAt: now.adding(seconds: -2600), endedAt: now.adding(seconds: -2569),
            result: .ok, before: copy.progress.before, done: copy.progress.thisRun)
        return copy
    }

    static var workers: [WorkerState] {
        let rows: [(WorkerState.Activity, Int64, Double, Double, Int, Double)] = [
            (.copying, 4_400_000_000, 0.71, 9.8e6, 2, 72), (.copying, 2_360_000_000, 0.12, 6e6, 1, 44),
            (.copying, 966_000_000, 0.55, 5.1e6, 1, 91), (.readBack, 966_000_000, 0.99, 12.4e6, 1, 9),
            (.backoff, 429_000_000, 0, 0, 3, 31), (.copying, 3_100, 0.4, 2.2e6, 1, 0), (.waiting, 8_800, 1, 0, 1, 2),
        ]
        let busy = rows.enumerated().map { index, row in
            WorkerState(
                number: index + 1, activity: row.0, blob: blob(UInt64(index)), size: row.1,
                done: Int64(Double(row.1) * row.2), rate: row.3, attempt: row.4, since: row.5)
        }
        return busy + [WorkerState(number: 8)]
    }

    static var failures: [BlobFailure] {
        let kinds: [(BlobState, String, Side, String, Int32, String)] = [
            (.sourceCorrupt, "SOURCE_CORRUPT", .source, "the source's bytes do not have the name's hash", 0, ""),
            (.sourceMissing, "SOURCE_MISSING", .source, "the source does not have it any more", 2, "openat"),
            (.blocked, "DESTINATION_FULL", .destination, "no space left on device", 28, "write"),
            (.unreadable, "SOURCE_IO", .source, "input/output error", 5, "read"),
        ]
        return (0..<8).map { index in
            let kind = kinds[index % 4]
            let id = blob(UInt64(index) + 100)
            return BlobFailure(
                id: id, size: Int64(index + 1) * 1_345_678, state: kind.0, attempts: index % 5 + 1,
                failure: Failure(
                    code: kind.1, side: kind.2, message: kind.3, subject: Array("aa/bb/\(id)".utf8), errno: kind.4,
                    operation: kind.5, hint: "Repair it at the source, then press R to try it again."),
                at: now.adding(seconds: Double(-240 * index - 4)))
        }
    }

    static var events: [Event] {
        let rows: [(Double, Severity, String, String, String, String)] = [
            (-66_000, .info, "engine", "ENGINE_STARTED", "", "engine started, 4 mirrors"),
            (-31_260, .info, "copy", "RUN_STARTED", "cold", "run begun: 4 577 files, 429 GiB to copy"),
            (-31_255, .debug, "copy", "BATCH_DONE", "cold", "batch of 1000 made durable in 2.1 s"),
            (-2_600, .info, "copy", "RUN_STARTED", "mail", "run begun: 119 files, 95.4 MiB to copy"),
            (-2_569, .info, "copy", "RUN_ENDED", "mail", "run ended ok: 119 files in 00:31"),
            (-964, .warn, "copy", "RETRY", "cold", "blob 9f3c1d..e0a1: read timed out, try 2 of 5 in 2 s"),
            (-252, .error, "copy", "VOLUME_GONE", "offsite", "the volume 7c1d09e2 is not mounted, waiting for it"),
            (-244, .warn, "copy", "BLOB_FAILED", "cold", "blob 1e0af2..77c0: the source does not have it any more"),
            (-42, .warn, "copy", "TARGET_STALLED", "media", "the target has not taken a byte for 10 s"),
            (-12, .info, "command", "INTENT", "cold", "limits set: no limit, 8 workers"),
        ]
        return rows.enumerated().map { index, row in
            Event(
                number: Int64(9_801 + index), at: now.adding(seconds: row.0), severity: row.1, component: row.2,
                code: row.3, job: row.4, message: row.5)
        }
    }

    /// Between 0 and 1, without a math library.
    private static func wave(_ index: Int, _ period: Int) -> Double {
        let at = Double(index % period) / Double(period)
        return at < 0.5 ? 2 * at : 2 - 2 * at
    }
}

extension Model {
    /// Keys as key files write them, half a minute after whatever opened last.
    mutating func press(_ names: String...) -> [Effect] {
        names.flatMap { name in
            _ = receive(.tick(now: now.adding(seconds: 1), monotonic: monotonic + 1))
            guard let key = Key(name: name) else { return [Effect]() }
            return receive(.key(key))
        }
    }

    mutating func type(_ text: String) {
        for scalar in text.unicodeScalars { _ = receive(.key(.character(scalar))) }
    }
}
