import BackupModel
import TapeArchive
import WorkerKit

/// The station in the engine's hands: runs of jobs, runs that people begin, orders, questions about volumes.
actor TapeDesk {
    private let station: TapeStation
    private let people: TapeRequests
    let jobs: JobDesk
    let time: SystemTime
    /// Told when something begins or ends, so that it is published.
    private let changed: @Sendable () -> Void
    private var plan: StationPlan
    var hands: [HandRun] = []
    /// Runs by hand that ended, the newest last.
    private var over: [JobRun] = []
    private var isClosing = false
    private var supplies: [String: PoolSupply] = [:]
    private var suppliesAt = -Double.infinity

    /// What people begin without a job of the settings, by its number: `by hand`, `by hand 2`.
    struct HandRun {
        var record: JobRun
        /// The drive that was asked for.
        var drive: String?
        let control: TapeRunControl
        var task: Task<Void, Never>?
    }

    init(
        _ plan: StationPlan, _ parts: EngineParts, keys: StateFolderKeys, time: SystemTime,
        changed: @escaping @Sendable () -> Void
    ) async throws(Failure) {
        people = TapeRequests(parts.requests, parts.jobs, time)
        let log = parts.log
        station = try await TapeStation(
            plan, catalog: keys.catalog, files: LinuxFiles(side: .drive), time: time, by: people,
            events: { log.post($0.registered) })
        jobs = parts.jobs
        self.plan = plan
        self.time = time
        self.changed = changed
    }

    /// Asks no drive anything.
    func picture() -> TapeState {
        var state = station.state()
        state.byHand = hands.map(\.record) + over
        return state
    }

    // MARK: Jobs

    func archive(_ context: JobContext, set: String) async -> JobOutcome {
        var work = ArchiveWork(
            context.settings.tape, job: context.run.job, set: set, run: context.run.run,
            isScheduled: context.run.trigger != .operator)
        work.drive = context.settings.drive
        return await steered(context) { [station, work] control, line in
            await station.archive(work, control: control, line: line)
        }
    }

    /// Those volumes of the job's pool that want it most, one after the other; a bad one ends none of the others.
    func verify(_ context: JobContext) async -> JobOutcome {
        var outcome = JobOutcome(.ok)
        var tried: Set<String> = []
        while !context.steering.isCancelled {
            // Asked anew each time: an archive that goes over several volumes proves all of them.
            let rows: [VolumeRow]
            do throws(Failure) { rows = try await all(of: context.settings.tape.pool) } catch {
                return JobOutcome(error)
            }
            let due = VerifyChoice.due(rows, now: time.wall()).filter { !tried.contains($0) }
            if tried.isEmpty {
                context.log.line("verify", due.isEmpty ? "nothing to read back" : due.joined(separator: ", "))
            }
            guard let label = due.first else { return outcome }
            tried.insert(label)
            let end = await steered(context) { [station] control, line in
                await station.verify(
                    volume: label, job: context.run.job, run: context.run.run, drive: context.settings.drive,
                    isScheduled: context.run.trigger != .operator, control: control, line: line)
            }
            outcome.add(end)
        }
        return .interrupted
    }

    private typealias Line = @Sendable (String, String) -> Void

    private func steered(
        _ context: JobContext, _ body: @escaping @Sendable (TapeRunControl, @escaping Line) async -> TapeRunEnd
    ) async -> JobOutcome {
        let control = TapeRunControl()
        let log = context.log
        changed()
        let end = await context.steering.followed(by: { control.take($0) }) {
            await body(control) { log.line($0, $1) }
        }
        changed()
        return JobOutcome(end)
    }

    // MARK: Orders

    func carryOut(_ order: TapeOrder, by person: Person) async throws(Failure) -> String {
        if isClosing { throw .engineCloses }
        switch order {
        case .archive(let settings, let drive, let policy, let buffer):
            var settings = settings
            settings.pool = try pool(named: settings.pool)
            return try await begin(.tapeArchive, drive: drive) { [station, settings] record, control, line in
                var work = ArchiveWork(settings, job: record.job, set: record.job, run: record.run)
                (work.drive, work.policy, work.buffer) = (drive, policy, buffer)
                return await station.archive(work, control: control, line: line)
            }
        case .verify(let volume, let drive):
            return try await begin(.tapeVerify, drive: drive) { [station] record, control, line in
                await station.verify(
                    volume: volume, job: record.job, run: record.run, drive: drive, control: control, line: line)
            }
        case .cancel(let drive): return try await cancel(drive, by: person)
        default:
            defer { changed() }
            return try await station.carryOut(order, by: person)
        }
    }

    /// The one pool there is, where none is named.
    private func pool(named name: String) throws(Failure) -> String {
        if plan.pools.contains(where: { $0.name == name }) { return name }
        if name.isEmpty, plan.pools.count == 1 { return plan.pools[0].name }
        let names = plan.pools.map { printable($0.name.utf8) }.joined(separator: ", ")
        throw Failure(
            code: "POOL_UNKNOWN", side: .settings,
            message: name.isEmpty ? "no pool is named" : "no pool is named \(name.tidied(60))",
            hint: names.isEmpty ? "Add a [pool.NAME] table to the settings." : "Pools are: \(names).")
    }

    /// What a job began is ended as the job.
    private func cancel(_ drive: String, by person: Person) async throws(Failure) -> String {
        let job = station.state().drives.first { $0.name == drive }?.job ?? ""
        let hand =
            hands.first { $0.record.job == drive || $0.record.run.text == drive }
            ?? hands.first { $0.record.job == job } ?? hands.first { $0.drive == drive }
        if let hand {
            hand.control.cancel()
            return "\(hand.record.job) is being ended: what is on tape stays on tape"
        }
        if !job.isEmpty, let words = try? await jobs.step(.cancel(job)) { return words }
        return try await station.carryOut(.cancel(drive: drive), by: person)
    }

    // MARK: By hand

    private func begin(
        _ kind: JobKind, drive: String?,
        _ body: @escaping @Sendable (JobRun, TapeRunControl, @escaping Line) async -> TapeRunEnd
    ) async throws(Failure) -> String {
        if let obstacle = await jobs.obstacle { throw obstacle }
        guard hands.count < TapeDesk.mostHands else {
            throw Failure(
                code: "BY_HAND_FULL", side: .engine, message: "\(hands.count) runs were begun by hand already",
                hint: "Wait for one of them, or cancel it.")
        }
        let number = (1...).first { number in !hands.contains { $0.record.job == TapeDesk.handName(number) } } ?? 1
        let record = JobRun(
            run: RunID(bits: time.random()), job: TapeDesk.handName(number), kind: kind, trigger: .operator,
            startedAt: time.wall())
        let control = TapeRunControl()
        hands.append(HandRun(record: record, drive: drive, control: control))
        let log: RunLog
        do throws(Failure) { log = try await jobs.beginByHand(record) } catch {
            hands.removeAll { $0.record.run == record.run }
            throw error
        }
        let task = Task {
            let end = await body(record, control) { log.line($0, $1) }
            await ended(record, end, log)
        }
        if let index = hands.firstIndex(where: { $0.record.run == record.run }) { hands[index].task = task }
        changed()
        // Scripts and our own commands read the run's id: the last word.
        return "\(kind == .tapeArchive ? "archive" : "verification") begun \(record.job), run \(record.run)"
    }

    private func ended(_ record: JobRun, _ end: TapeRunEnd, _ log: RunLog) async {
        var record = record
        record.endedAt = time.wall()
        (record.result, record.failure, record.done, record.warnings) = (
            end.result, end.failure, end.done, end.warnings
        )
        await jobs.endByHand(record, log)
        hands.removeAll { $0.record.run == record.run }
        over.append(record)
        if over.count > TapeDesk.shownOver { over.removeFirst(over.count - TapeDesk.shownOver) }
        changed()
    }

    private static let mostHands = 8, shownOver = 8

    static func handName(_ number: Int) -> String { number == 1 ? "by hand" : "by hand \(number)" }

    /// Drives that are used by hand, as slots that jobs must not want. One that nobody named may be any.
    var takenSlots: Set<String> {
        guard !hands.isEmpty else { return [] }
        let names = Set(hands.map(\.record.job))
        let used = station.state().drives.filter { names.contains($0.job) }.map(\.name)
        let asked = hands.compactMap(\.drive)
        let only = plan.drives.count == 1 ? plan.drives.map(\.name) : []
        return Set((used + asked + only).map { "drive:" + $0 })
    }

    // MARK: Questions

    func answer(_ query: Query) async throws(Failure) -> Answer {
        switch query {
        case .volumes(let pool, let after, let limit):
            return .volumes(try await station.volumes(pool: pool, after: after, limit: max(0, min(limit, 200))))
        case .nextTape(let pool, let drive): return .lines(try await station.nextTape(pool: pool, drive: drive))
        case .volumeContents(let volume): return .lines(try await station.contents(of: volume).fitted)
        case .tapeEstimate(let settings, let drive):
            var settings = settings
            settings.pool = try pool(named: settings.pool)
            return .lines(try await station.estimate(settings, drive: drive).fitted)
        case .tapeLook(let drive, let look): return .lines(try await station.look(look, in: drive).fitted)
        default: throw Failure(code: "QUERY_UNKNOWN", side: .engine, message: "that is no question about tapes")
        }
    }

    private func all(of pool: String?) async throws(Failure) -> [VolumeRow] {
        try await station.volumes(pool: pool, after: nil, limit: TapeDesk.mostVolumes)
    }

    private static let mostVolumes = 100_000

    /// What each pool has to write to, looked at once a minute; nil while it cannot be told.
    func supply(now: Double) async -> [String: PoolSupply]? {
        guard now - suppliesAt >= 60 else { return supplies }
        suppliesAt = now
        guard let rows = try? await all(of: nil) else { return nil }
        supplies = PoolSupply.byPool(plan.pools, rows, drives: station.state().drives)
        return supplies
    }

    // MARK: Its life

    func reload(_ plan: StationPlan) async throws(Failure) {
        try await station.reload(plan)
        self.plan = plan
        suppliesAt = -.infinity
    }

    /// Jobs have been ended before; what people began is ended here, within seconds.
    func close() async {
        isClosing = true
        await people.close()
        for hand in hands { hand.control.cancel() }
        while let task = hands.compactMap(\.task).first { await task.value }
        await station.close()
    }

    /// Called before the jobs are ended: what they have asked stays asked.
    func prepareClose() async {
        isClosing = true
        await people.close()
    }
}

extension TapeRunControl {
    func take(_ wish: JobSteering.Wish) {
        switch wish {
        case .cancel: cancel()
        case .pause: pause(true)
        case .resume: pause(false)
        }
    }
}

extension JobSettings {
    /// The drive it wants by `resources = ["drive:NAME"]`; nil: any.
    var drive: String? { resources.first { $0.hasPrefix("drive:") }.map { String($0.dropFirst(6)) } }
}

extension JobOutcome {
    init(_ end: TapeRunEnd) {
        self.init(end.result, failure: end.failure, done: end.done, warnings: end.warnings)
    }

    /// Another part of the same run: the worst result and the first failure stand for all.
    mutating func add(_ other: JobOutcome) {
        done += other.done
        warnings += other.warnings
        if failure == nil { failure = other.failure }
        let ranks: [JobResult] = [.skipped, .ok, .okWithWarnings, .interrupted, .failed]
        if (ranks.firstIndex(of: other.result) ?? 4) > (ranks.firstIndex(of: result) ?? 4) { result = other.result }
    }
}

extension [String] {
    /// As many lines as an answer may have bytes.
    fileprivate var fitted: [String] {
        var bytes = 0
        let fitting = prefix { line in
            bytes += line.utf8.count + 8
            return bytes < 200 << 10
        }
        return fitting.count == count ? self : fitting + ["and \(count - fitting.count) more"]
    }
}
