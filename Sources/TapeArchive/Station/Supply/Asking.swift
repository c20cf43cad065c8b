import BackupModel
import Synchronization

/// One open question to a person, and the watch over the drive meanwhile: whatever comes first.
final class Asking: Sendable {
    enum Arrival: Sendable {
        case reply(TapeReply)
        /// Another cartridge lies in the drive than before.
        case medium
        /// What lies where has changed: the robot may have what is wanted.
        case shelf
    }

    private let station: TapeStation
    private let bay: DriveBay
    private let claim: DriveClaim
    /// Whether the robot could bring by now what is asked for.
    private let isInReach: @Sendable () async -> Bool
    private let tasks = Mutex<[Task<Void, Never>]>([])

    init(
        _ station: TapeStation, _ bay: DriveBay, _ claim: DriveClaim, isInReach: @escaping @Sendable () async -> Bool
    ) {
        self.station = station
        self.bay = bay
        self.claim = claim
        self.isInReach = isInReach
    }

    /// Throws when cancelled. The question stays open when something else comes first: asked again, it takes the place
    /// of the one before.
    func ask(_ question: TapeQuestion) async throws -> Arrival {
        bay.board.stand(.waiting)
        let (arrivals, source) = AsyncStream.makeStream(of: Arrival.self)
        let person = station.person
        let asked = Task { _ = source.yield(.reply(await person.ask(question))) }
        tasks.withLock { $0.append(asked) }
        let seen = bay.board.now.medium
        let watch = Task { await self.watch(seen, source) }
        defer { watch.cancel() }
        for await arrival in arrivals {
            if case .reply(let reply) = arrival { claim.line("TAPE_ANSWERED", reply.words) }
            return arrival
        }
        throw CancellationError()
    }

    func end() {
        for task in tasks.withLock({ $0 }) { task.cancel() }
    }

    private func watch(
        _ seen: MediumFacts?, _ source: AsyncStream<Arrival>.Continuation
    ) async {
        var seen = seen
        // What changed while the tape before was looked at counts too.
        var changes = -1
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(station.pace.watch))
            if Task.isCancelled { return }
            let now = await station.shelfChanges
            if now != changes {
                changes = now
                if await isInReach() {
                    source.yield(.shelf)
                    return
                }
            }
            let status = try? await bay.use { drive in try drive.status() }
            let medium = bay.board.now.medium
            if status?.hasMedium == false { seen = nil }
            if status?.hasMedium == true, status?.isInitialising == true || (medium != nil && medium != seen) {
                source.yield(.medium)
                return
            }
            bay.board.stand(.waiting)
        }
    }
}

extension TapeReply {
    fileprivate var words: String {
        switch self {
        case .loaded: "answered: loaded"
        case .use(let name): "answered: use \(printable(name.utf8))"
        case .blank(let label): "answered: a blank tape, label it \(printable(label.utf8))"
        case .cancel: "answered: cancel"
        case .expired: "nobody answered in time"
        }
    }
}
