import BackupModel
import CLinux
import NIOCore
import NIOPosix

/// All callers of one engine, on one event loop, and the one stream of states that they share.
final class LinkHub: Sendable {
    let loop: any EventLoop
    let service: any EngineService
    let settings: LinkServerSettings
    let names = UserNames()
    let owner = clinux_own_user()
    private let state: NIOLoopBoundBox<State>
    private let consoles: AsyncStream<[AttachedConsole]>.Continuation

    private struct State {
        var guests: [Int: LinkGuest] = [:]
        var lastNumber = 0
        /// Reads the engine's states while somebody watches.
        var pump: Task<Void, Never>?
        var pumpNumber = 0
        var newestFrame: ByteBuffer?
        var incidents: [String: (toldAt: NIODeadline, since: Int)] = [:]
        var isStopped = false
    }

    init(loop: any EventLoop, service: any EngineService, settings: LinkServerSettings) {
        self.loop = loop
        self.service = service
        self.settings = settings
        state = .makeBoxSendingValue(State(), eventLoop: loop)
        let (stream, continuation) = AsyncStream.makeStream(
            of: [AttachedConsole].self, bufferingPolicy: .bufferingNewest(1))
        consoles = continuation
        Task { [service] in
            for await list in stream { await service.attached(list) }
        }
    }

    // MARK: Callers

    /// Owns the descriptor.
    func admit(_ fd: Int32, _ peer: LinkPeer, _ door: LinkDoor) {
        guard !state.value.isStopped else {
            _ = clinux_close(fd)
            return
        }
        makeRoom(at: door)
        state.value.lastNumber += 1
        let number = state.value.lastNumber
        names.learn(peer.uid, on: loop).whenSuccess { [self] in
            if state.value.guests[number]?.isWatching == true { tellConsoles() }
        }
        ClientBootstrap(group: loop)
            .channelOption(.writeBufferWaterMark, value: .init(low: 32 << 10, high: 128 << 10))
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    let guest = LinkGuest(number: number, peer: peer, door: door, hub: self)
                    state.value.guests[number] = guest
                    try channel.pipeline.syncOperations.addHandler(guest)
                }
            }
            .withConnectedSocket(fd).whenFailure { [self] _ in state.value.guests[number] = nil }
    }

    /// The one that has said nothing for longest goes: a caller that speaks at once is never kept out by it (I-7).
    private func makeRoom(at door: LinkDoor) {
        let silent = state.value.guests.values.filter { $0.phase == .greeting || $0.phase == .closing }
            .filter { $0.door == door }
        guard silent.count >= settings.limits.greeting, let oldest = silent.min(by: { $0.number < $1.number }) else {
            return
        }
        oldest.drop(linkFailure("NO_HELLO", "said nothing while others wait", isTransient: true))
    }

    func answer(to hello: Hello, at door: LinkDoor) -> Result<Welcome, Failure> {
        let theirs = WireVersions(lowest: hello.lowest, highest: hello.highest)
        guard let version = settings.versions.common(with: theirs) else { return .failure(skew(hello, theirs)) }
        if let folder = hello.stateFolder?.bytes, folder != settings.stateFolder {
            return .failure(
                linkFailure(
                    "OTHER_ENGINE", "this engine keeps its state in \(printable(settings.stateFolder))",
                    subject: settings.stateFolder,
                    hint: "Settings and engine differ; restart the engine, or name its settings by --config."))
        }
        if let full = full(isBrief: hello.isBrief == true, at: door) { return .failure(full) }
        return .success(
            Welcome(
                version: version, host: settings.host, program: settings.program, stateFolder: settings.stateFolder,
                isReadOnly: door == .look))
    }

    /// Why there is no place, or nil. Consoles and commands have places of their own.
    private func full(isBrief: Bool, at door: LinkDoor) -> Failure? {
        let limits = settings.limits
        let same = state.value.guests.values.filter { $0.phase == .attached && $0.isBrief == isBrief }
        let isFull = same.count >= (isBrief ? limits.brief : limits.attached)
        let mostLookers = isBrief ? limits.briefLookers : limits.attachedLookers
        guard isFull || (door == .look && same.count { $0.isReadOnly } >= mostLookers) else { return nil }
        return isBrief
            ? linkFailure(
                "TOO_MANY_COMMANDS", "\(same.count) commands are with the engine already", hint: "Try again.",
                isTransient: true)
            : linkFailure(
                "TOO_MANY_CONSOLES", "\(same.count) consoles are attached already", hint: "Close one of them.",
                isTransient: true)
    }

    private func skew(_ hello: Hello, _ theirs: WireVersions) -> Failure {
        let isOlder = theirs.highest < settings.versions.lowest
        let program = String(printable(hello.program.utf8.prefix(64)).prefix(64))
        return linkFailure(
            "PROTOCOL_VERSION",
            "the engine (\(settings.program)) speaks protocol \(settings.versions.words), "
                + "the console (\(program)) \(theirs.words)",
            hint: isOlder ? "Update the console." : "Restart the engine: it is older than the console.")
    }

    func left(_ guest: LinkGuest) {
        state.value.guests[guest.number] = nil
        watchingChanged(guest)
    }

    /// Refusals and cuts, told once in ten seconds for each code.
    func report(_ person: Person, _ failure: Failure) {
        let now = NIODeadline.now()
        var entry = state.value.incidents[failure.code] ?? (now - .seconds(60), 0)
        entry.since += 1
        defer { state.value.incidents[failure.code] = entry }
        guard now - entry.toldAt >= .seconds(10) else { return }
        settings.onIncident(
            LinkIncident(at: settings.wall(), person: person, failure: failure, count: entry.since))
        entry = (now, 0)
    }

    // MARK: States

    func watchingChanged(_ guest: LinkGuest) {
        let isWatched = state.value.guests.values.contains { $0.isWatching }
        if isWatched, state.value.pump == nil, !state.value.isStopped { startPump() }
        if !isWatched { stopPump() }
        if guest.isWatching, let frame = state.value.newestFrame { guest.show(frame) }
        tellConsoles()
    }

    private func tellConsoles() {
        consoles.yield(
            state.value.guests.values.filter { $0.isWatching && !$0.isBrief }.sorted { $0.number < $1.number }.map(
                \.console))
    }

    private func startPump() {
        state.value.pumpNumber += 1
        let number = state.value.pumpNumber
        state.value.pump = Task { [service, loop, pause = settings.limits.statePause] in
            let coder = WireCoder()
            for await engineState in await service.states() {
                let frame = Self.frame(engineState, coder)
                loop.execute { [self] in show(frame, from: number) }
                // Newer states wait in the stream, which keeps the newest only.
                if (try? await Task.sleep(for: pause)) == nil { break }
            }
            loop.execute { [self] in pumpEnded(number) }
        }
    }

    private static func frame(_ engineState: EngineState, _ coder: WireCoder) -> Result<ByteBuffer, Failure> {
        do throws(Failure) { return .success(try coder.frame(.state(engineState))) } catch { return .failure(error) }
    }

    private func stopPump() {
        state.value.pump?.cancel()
        state.value.pump = nil
        state.value.newestFrame = nil
    }

    private func pumpEnded(_ number: Int) {
        if state.value.pumpNumber == number { stopPump() }
    }

    private func show(_ frame: Result<ByteBuffer, Failure>, from number: Int) {
        guard state.value.pump != nil, state.value.pumpNumber == number else { return }
        switch frame {
        case .success(let frame):
            state.value.newestFrame = frame
            for guest in state.value.guests.values { guest.show(frame) }
        case .failure(let failure): report(.engine, failure)
        }
    }

    // MARK: End

    /// Tells everybody and closes.
    func stop() {
        state.value.isStopped = true
        stopPump()
        consoles.finish()
        for guest in state.value.guests.values {
            guest.drop(linkFailure("ENGINE_STOPS", "the engine stops", isTransient: true))
        }
    }
}
