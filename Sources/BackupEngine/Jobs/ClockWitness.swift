package import BackupModel
import Foundation
import WorkerKit

/// What is known beside the time itself: which boot this is, and whether a time service vouches for the clock.
package struct ClockWitness: Sendable {
    /// The kernel's id of this boot. Blocks.
    package var boot: @Sendable () -> String
    package var isSynchronized: @Sendable () -> Bool

    package init(boot: @escaping @Sendable () -> String, isSynchronized: @escaping @Sendable () -> Bool) {
        self.boot = boot
        self.isSynchronized = isSynchronized
    }

    package static let live = ClockWitness(
        boot: {
            let files = LinuxFiles(side: .engine)
            guard let folder = try? files.openRoot("/proc/sys/kernel/random") else { return "" }
            defer { try? files.close(folder) }
            let text = try? files.withFile("boot_id", beneath: folder, .read) { file throws(FileError) in
                try files.readAll(file, limit: 4096)
            }
            return printable((text ?? []).filter { $0 > 32 })
        },
        isSynchronized: { SystemTime.isSynchronized })
}

/// Watches the wall clock for the jobs (C1 to C3).
extension JobDesk {
    /// Once a minute, and at the start before anything can be due.
    func watchClock() {
        let moment = JobDesk.moment(setting.time)
        guard moment.seconds - clockSeenAt >= 60 else { return }
        clockSeenAt = moment.seconds
        let before = clockWatch
        let verdict = clockWatch.observe(
            wall: moment.wall, monotonic: moment.seconds, boot: setting.clock.boot(),
            isSynchronized: setting.clock.isSynchronized())
        keepClock(since: before)
        if case .jumped(let seconds) = verdict, before.freeze == nil { setting.jumped(seconds) }
    }

    /// The operator says that the clock is right.
    package func acceptClock() throws(Failure) -> String {
        let moment = JobDesk.moment(setting.time)
        let before = clockWatch
        guard clockWatch.accept(wall: moment.wall, monotonic: moment.seconds, boot: setting.clock.boot()) else {
            throw .jobRefused("CLOCK_UNSET", "the clock shows a time before this program was made", "Set the clock.")
        }
        keepClock(since: before)
        return "the clock is taken for right: deletions may go on"
    }

    /// A good run at its hour bears the clock out (C1).
    func bearWitness(_ run: JobRun) {
        guard run.trigger == .schedule, let ended = run.endedAt, let next = clerk.following(run.job, ended),
            let second = clerk.following(run.job, next)
        else { return }
        let before = clockWatch
        clockWatch.noteVerifiedRun(at: ended, period: second.seconds(since: next))
        keepClock(since: before)
    }

    private func keepClock(since before: ClockWatch) {
        clerkMayCall = clockWatch.mayStartJobs
        guard clockWatch != before else { return }
        var hold = book.hold
        hold.clockFrozen = clockWatch.freeze?.words
        if hold.clockFrozen != book.hold.clockFrozen {
            // What was computed by a wrong clock is computed anew.
            clerk.forget()
            firingsAt = -.infinity
            note(
                hold.clockFrozen == nil ? .info : .warn, hold.clockFrozen == nil ? "CLOCK_AGREES" : "CLOCK_JUMPED", "",
                hold.clockFrozen.map { "the clock \($0): nothing is deleted" } ?? "the clock is believed again")
        }
        var facts = hold.facts
        facts["clock_watch"] = (try? JSONEncoder().encode(clockWatch)).map { String(decoding: $0, as: UTF8.self) }
        _ = try? step(.held(hold), facts: facts)
    }
}

extension ClockWatch {
    /// As the last engine left it.
    init(fact: String?) {
        self = fact.flatMap { try? JSONDecoder().decode(ClockWatch.self, from: Data($0.utf8)) } ?? ClockWatch()
    }
}

extension ClockWatch.Freeze {
    /// `jumped ahead by 3 h 10 min`
    var words: String {
        let span = Quantity.duration(abs(jump))
        return switch reason {
        case .jumpedAhead: "jumped ahead by \(span)"
        case .jumpedBack: "jumped back by \(span)"
        case .notSet: "is not set"
        case .beforeLastSeen: "shows a time \(span) before one that was seen already"
        }
    }
}

extension JobCalendar {
    /// Nil for a text that is no schedule. The machine's zone is asked for anew each time (C6).
    package init?(_ text: String) {
        guard let schedule = try? CalendarSchedule(text) else { return nil }
        self.init(
            next: { schedule.next(after: $0, in: .local) },
            latest: { schedule.latest(after: $0, until: $1, in: .local) })
    }
}
