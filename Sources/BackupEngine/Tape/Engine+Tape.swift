import BackupModel
import TapeArchive
import WorkerKit

/// Tapes in the engine: opened, closed, given new settings, drawn.
extension Engine {
    /// A station that cannot be opened leaves the rest of the engine at work.
    func openTape(_ plan: StationPlan?) async {
        closedTape = nil
        guard let plan, !plan.drives.isEmpty, let parts, let keys else { return }
        do throws(Failure) {
            tape = try await TapeDesk(
                plan, parts, keys: keys, time: time, changed: { [weak self] in Task { await self?.tapeChanged() } })
        } catch {
            closedTape = error
            parts.log.post(
                Event(
                    at: time.wall(), severity: .error, component: "tape", code: "TAPE_CLOSED", job: "tape",
                    message: "the drives cannot be used: \(error.message)", failure: error))
        }
    }

    func tapeChanged() { publishing.ring() }

    func tapeDesk() throws(Failure) -> TapeDesk {
        if let tape { return tape }
        throw closedTape ?? .noTapeDrive
    }

    /// The kinds of jobs that tapes are for. With one drive a job holds it as a slot; with several the first free one is
    /// waited for, unless `resources` names one.
    var tapeWorks: [JobKind: JobWork] {
        let drives = configuration.tape?.drives.map(\.name) ?? []
        let slots: @Sendable (JobSettings) -> [String] = { _ in drives.count == 1 ? drives.map { "drive:" + $0 } : [] }
        return [
            .tapeArchive: JobWork(
                slots: slots,
                run: { [weak self] context in
                    guard let self else { return .interrupted }
                    do throws(Failure) {
                        return try await self.tapeDesk().archive(context, set: self.setOf(context.run.job))
                    } catch { return JobOutcome(error) }
                }),
            .tapeVerify: JobWork(
                slots: slots,
                run: { [weak self] context in
                    guard let self else { return .interrupted }
                    do throws(Failure) { return try await self.tapeDesk().verify(context) } catch {
                        return JobOutcome(error)
                    }
                }),
        ]
    }

    private func setOf(_ job: String) -> String {
        configuration.sets.first { $0.jobs.contains(job) }?.name ?? job
    }

    /// Drives that are at work keep their settings until they are done.
    func reloadTape(_ plan: StationPlan?) async throws(Failure) {
        guard plan != configuration.tape || closedTape != nil else { return }
        if let tape {
            try await tape.reload(plan ?? StationPlan(stateFolder: configuration.stateFolder))
        } else {
            await openTape(plan)
        }
        configuration.tape = plan
    }

    /// The drives as consoles see them; nil where none is configured.
    func tapePicture() async -> TapeState? {
        guard let tape else { return nil }
        var picture = await tape.picture()
        for index in picture.drives.indices {
            let name = picture.drives[index].name
            picture.drives[index].request =
                state.requests.first { $0.isOpen && $0.kind == .changeTape && $0.subject == name }?.number
        }
        picture.needs = state.tape?.needs ?? []
        return picture.isEmpty ? nil : picture
    }

    /// Whether what people see of it has changed; when a drive was asked last, and free memory, are no news.
    static func isNews(_ new: TapeState?, _ old: TapeState?) -> Bool { new?.withoutTrifles != old?.withoutTrifles }

    var isTapeBusy: Bool { state.tape?.isBusy ?? false }

    /// Once a minute at most: which tapes tonight's jobs will miss.
    func judgeTape() async {
        guard let tape, state.tape != nil else { return }
        guard let supplies = await tape.supply(now: seconds(time.monotonic())) else { return }
        let needs = TapeNeeds.lines(
            configuration.jobs, states: state.jobs, firings: state.firings, supplies: supplies, now: time.wall())
        guard needs != state.tape?.needs else { return }
        state.tape?.needs = needs
        publishing.isDirty = true
    }
}

extension TapeState {
    /// Something moves, or waits for somebody.
    package var isBusy: Bool {
        byHand.contains { $0.result == nil }
            || drives.contains { drive in
                switch drive.standing {
                case .loading, .initialising, .winding, .writing, .reading, .waiting, .cleaning: true
                case .empty, .ready, .held, .trouble: !drive.job.isEmpty
                }
            }
    }

    fileprivate var withoutTrifles: TapeState {
        var state = self
        state.memoryLeft = 0
        for index in state.drives.indices { state.drives[index].checkedAt = WallTime(milliseconds: 0) }
        for index in state.libraries.indices { state.libraries[index].lookedAt = nil }
        return state
    }
}

extension TapeOrder {
    /// What an order was decided on, and is refused when that has changed meanwhile.
    var basis: TapeBasis? {
        switch self {
        case .cancel(let drive): .work(drive)
        case .unload(let drive), .eject(let drive), .rewind(let drive), .retension(let drive), .erase(let drive, _, _):
            .tape(drive)
        case .label(let drive, _, _, let overwriting): overwriting == nil ? nil : .tape(drive)
        default: nil
        }
    }
}

/// What of a drive an order is about.
enum TapeBasis: Hashable {
    case work(String), tape(String)

    /// As `Publishing.begunAt` has it.
    var subject: String {
        switch self {
        case .work(let drive): "drive " + drive
        case .tape(let drive): "tape in " + drive
        }
    }
}
