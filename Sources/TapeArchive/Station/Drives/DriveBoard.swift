import BackupCatalog
import BackupModel
import Synchronization

/// What is known of one drive, for whoever draws it: written by whoever has the drive, read by anybody, neither waits
/// for a call to the drive.
final class DriveBoard: Sendable {
    struct Face: Sendable {
        var state: DriveState
        /// Job or order that has the drive, or empty.
        var user = ""
        var lease: DriveLease?
        /// The label that was read since the cartridge was put in; nil: nobody looked.
        var label: VolumeLabel?
        /// Bytes left on the tape when so many of the stream were written.
        var remaining: Int64?
        var remainingAt: Int64 = 0
        var health = DriveHealth()
        var flags: Set<Int> = []
        var isDirty = false
        var medium: MediumFacts?
        /// Milliseconds of the last look, by the monotonic clock.
        var lookedAt: Int64?
        /// Its words were told.
        var told = ""
    }
    private let face: Mutex<Face>

    init(_ state: DriveState) { face = Mutex(Face(state: state)) }

    var now: Face { face.withLock { $0 } }
    func change<T: Sendable>(_ body: (inout Face) -> T) -> T { face.withLock { body(&$0) } }
    func stand(_ standing: DriveStanding) { face.withLock { $0.state.standing = standing } }

    // MARK: Drawing

    /// The drive with what flows through it at this moment.
    func draw() -> DriveState {
        let now = now
        var state = now.state
        state.job = now.user
        state.alerts = TapeAlert.all(state.health.alerts).map(\.words)
        guard let stream = now.lease?.stream else { return state }
        var drawn = StreamState(archive: stream.archive, since: stream.since, blockSize: stream.blockSize)
        drawn.expected = stream.expected()
        if let writer = stream.writer?.read() { draw(writer, &state, &drawn) }
        if let flow = stream.flow?.read() {
            drawn.take(flow)
        } else {
            drawn.phase = "read"
            drawn.received = stream.read()
            if [.ready, .empty].contains(state.standing) { state.standing = .reading }
        }
        forecast(&state, &drawn)
        state.stream = drawn
        return state
    }

    private func draw(_ writer: WriterReading, _ state: inout DriveState, _ drawn: inout StreamState) {
        if !writer.archive.isEmpty { drawn.archive = writer.archive }
        drawn.phase = writer.phase.rawValue
        (drawn.part, drawn.file, drawn.block) = (max(1, writer.part), writer.file, writer.block)
        switch writer.phase {
        case .archive, .index:
            state.standing = .writing
            if writer.health != DriveHealth() { state.health = writer.health }
            state.alerts = TapeAlert.all(state.health.alerts).map(\.words)
        case .mounting: state.standing = .winding
        // The supply has the drive: it says what is going on.
        case .parked, .idle: break
        }
    }

    private func forecast(_ state: inout DriveState, _ drawn: inout StreamState) {
        let (written, health) = (drawn.written, state.health)
        let left = face.withLock { face in
            // Told anew at the end of each tape file.
            if health != face.health, let remaining = health.remainingCapacity {
                (face.remaining, face.remainingAt, face.health) = (remaining, written, health)
            }
            return face.remaining.map { max(0, $0 - max(0, written - face.remainingAt)) }
        }
        if let left {
            if drawn.driveRate > 0 { drawn.fullIn = Double(left) / drawn.driveRate }
            if let capacity = state.medium?.capacity { state.medium?.used = max(0, capacity - left) }
        }
        if let expected = drawn.expected, drawn.sourceRate > 0 {
            drawn.endsIn = Double(max(0, expected - drawn.received)) / drawn.sourceRate
        }
        if health.bytesWritten > 0, health.bytesOnMedium > 0 {
            drawn.compression = Double(health.bytesOnMedium) / Double(health.bytesWritten)
        }
    }
}

extension DriveBoard.Face {
    /// What was written to the tape since it was looked at, by the catalog.
    mutating func takeFill(from volumes: [KnownVolume]) {
        guard let nonce = label?.nonce, let known = volumes.first(where: { $0.volume.nonce == nonce }) else { return }
        state.medium?.used = known.volume.used
        state.medium?.words = known.volume.state.rawValue
    }
}

extension StreamState {
    fileprivate mutating func take(_ flow: FlowReading) {
        policy = flow.rule.description
        if case .watermark(let high, let low) = flow.rule { (highMark, lowMark) = (high, low) }
        (fill, size, received, written) = (flow.fill, flow.capacity, flow.received, flow.written)
        (sourceRate, driveRate, isHolding) = (flow.sourceRate, flow.driveRate, flow.isHolding)
        (counts, limits) = (flow.counts, flow.limits)
        history = String(flow.history.map { Character(String(max(0, min(9, Int($0 * 10))))) })
    }
}
