import BackupModel
import WorkerKit

/// Keeps the machine from suspending while the engine writes: a child `systemd-inhibit` holds logind's lock.
///
/// Without that program, or without logind, the machine sleeps as it likes.
actor SleepGuard {
    private let report: @Sendable (Event) async -> Void
    /// Steers the child of the writing that goes on; kept until that writing ends, even when the child has failed, so
    /// that it is tried once for each.
    private var lock: ChildReins?
    private var holder: Task<Void, Never>?
    private var hasComplained = false

    init(report: @escaping @Sendable (Event) async -> Void) { self.report = report }

    /// Follows the engine to its end; nothing is held afterwards.
    func follow(_ states: AsyncStream<EngineState>) async {
        for await state in states { await obey(Self.writers(state), at: state.at) }
        await obey([], at: WallTime(milliseconds: 0))
    }

    /// What writes now. A run that waits for a person or is paused may sleep; scans and verifications only read.
    static func writers(_ state: EngineState) -> [String] {
        let jobs = state.jobs.filter { $0.phase.mayWrite && $0.kind.writes }.map(\.name)
        let mirrors = state.copies.filter { $0.phase == .copying || $0.phase == .reconciling }.map {
            "mirror " + $0.name
        }
        return jobs + mirrors
    }

    /// Program and arguments; names in settings are plain words.
    static func arguments(_ writers: [String]) -> [String] {
        let more = writers.count > 3 ? " and \(writers.count - 3) more" : ""
        let why = writers.prefix(3).joined(separator: ", ") + more + " under way"
        // systemd-inhibit holds the lock until its own child ends, and takes that child with it.
        return [
            "systemd-inhibit", "--what=sleep", "--mode=block", "--who=holdfast", "--why=" + why, "sleep", "infinity",
        ]
    }

    private func obey(_ writers: [String], at now: WallTime) async {
        if writers.isEmpty {
            lock?.stop()
            lock = nil
            await holder?.value
            holder = nil
        } else if lock == nil {
            let reins = ChildReins()
            lock = reins
            holder = Task { await hold(writers, reins, at: now) }
        }
    }

    private func hold(_ writers: [String], _ reins: ChildReins, at now: WallTime) async {
        var command = ChildCommand(Self.arguments(writers), timeout: 1e9)
        command.patience = 2
        do throws(Failure) {
            let result = try await command.run(reins)
            guard !reins.isStopped else { return }
            await complain(printable(result.errors.bytes.prefix(200)), at: now)
        } catch {
            // A machine without systemd is none that systemd suspends.
            if error.code != "PROGRAM_MISSING" { await complain(error.message, at: now) }
        }
    }

    private func complain(_ reason: String, at now: WallTime) async {
        guard !hasComplained else { return }
        hasComplained = true
        await report(
            Event(
                at: now, severity: .info, component: "engine", code: "SLEEP_NOT_INHIBITED",
                message: "the machine may suspend while jobs write: " + reason))
    }
}

extension JobKind {
    fileprivate var writes: Bool {
        switch self {
        case .mirrorRun, .command, .tapeArchive: true
        case .mirrorScan, .mirrorVerify, .tapeVerify: false
        }
    }
}

extension JobPhase {
    fileprivate var mayWrite: Bool {
        switch self {
        case .running, .pausing, .cancelling: true
        case .idle, .queued, .waiting, .paused: false
        }
    }
}
