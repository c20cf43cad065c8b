package import BackupModel
import Synchronization
package import WorkerKit

/// Mirrors one blob store onto one volume: scan, copy, prove.
///
/// Only awaits here: every call that blocks runs on threads of its own. `gauges` tell what it is doing without asking
/// the actor.
package actor Copier {
    package nonisolated let gauges: CopyGauges
    package nonisolated let settings: MirrorSettings
    nonisolated let control: CopyControl
    nonisolated let journal: Journal
    nonisolated let time: SystemTime
    nonisolated let pace: CopyPace
    let index: any BlobIndex
    let sourceFiles: any FileCalls
    let targetFiles: any FileCalls
    let stateFolder: String
    let command: String
    /// Learns between tries whether a holder on another host is alive (B22).
    let watch = Mutex(LeaseWatch())
    private var busyWith: String?

    /// `stateFolder` is where the index lies, for the placement check (A29); `command` names us to others who want the
    /// volume.
    package init(
        settings: MirrorSettings, index: any BlobIndex, source: any FileCalls, target: any FileCalls,
        stateFolder: String, command: String = "holdfast", time: SystemTime = .live, pace: CopyPace = .standard,
        events: @escaping @Sendable (Event) -> Void
    ) {
        self.settings = settings
        self.index = index
        self.time = time
        self.pace = pace
        self.stateFolder = stateFolder
        self.command = command
        sourceFiles = source
        targetFiles = target
        gauges = CopyGauges(clock: time.monotonic)
        journal = Journal(mirror: settings.name, time: time, send: events)
        let limits = CopyLimits(
            workers: settings.workers, batch: settings.batch, rate: settings.rateLimit, readBack: settings.readBack)
        control = CopyControl(limits: limits, pace: pace, clock: time.monotonic)
        gauges.set { $0.limits = limits }
    }

    // MARK: Steering, at once and from anywhere

    package nonisolated func pause() {
        control.pause()
        gauges.set { $0.isPaused = true }
    }

    package nonisolated func resume() {
        control.resume()
        gauges.set {
            $0.isPaused = false
            // At once, not at the next look: whoever resumed waits to see it.
            if $0.phase == .paused { $0.phase = .copying }
        }
    }

    /// Ends what runs: intake at once, blobs in hand within 10 seconds. Nothing is lost by it.
    package nonisolated func stop() { control.stop() }

    /// Zero workers or batch: as it is. No rate: no limit.
    package nonisolated func limit(_ limits: CopyLimits) {
        control.limit(limits)
        let now = control.limits
        gauges.set { $0.limits = now }
    }

    // MARK: One job at a time

    func begin(_ job: String, _ limits: CopyLimits) throws(Failure) {
        if let busyWith {
            throw Failure(
                code: "BUSY", side: .engine, message: "mirror \(settings.name) is busy: \(busyWith)",
                operation: job, hint: "Wait for it to end, or stop it.", isTransient: true)
        }
        busyWith = job
        control.begin(limits)
        gauges.set {
            $0.limits = limits
            $0.isPaused = false
        }
    }

    func end() { busyWith = nil }

    /// The limits of a run: the settings, changed by what was asked for this run.
    func limits(_ overrides: RunOverrides) -> CopyLimits {
        CopyLimits(
            workers: max(1, min(overrides.workers ?? settings.workers, CopyGauges.mostWorkers)),
            batch: max(1, overrides.batch ?? settings.batch), rate: settings.rateLimit,
            readBack: overrides.readBack ?? settings.readBack)
    }

    func report(_ severity: Severity, _ code: String, _ message: String, _ failure: Failure? = nil) {
        journal.write(severity, code, message, failure)
    }
}
