import BackupModel
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Connects, says hello, carries frames both ways, and begins again when that ends.
struct LinkConversation: Sendable {
    let settings: LinkClientSettings
    private var timing: LinkTiming { settings.timing }

    init(settings: LinkClientSettings) { self.settings = settings }

    func run(for client: LinkClient) async {
        var tries = 0
        while !Task.isCancelled {
            let end = await attempt(client)
            if end.wasAttached { tries = 0 }
            await client.lost(end.reason, isRefusal: end.isRefusal)
            let share = Double(settings.random() >> 11) / Double(1 << 53)
            let delay = end.isRefusal ? timing.refusedDelay : timing.delay(afterTries: tries, share: share)
            tries += 1
            try? await Task.sleep(for: delay)
        }
    }

    private struct End {
        var reason: Failure
        var isRefusal = false
        var wasAttached = false
    }

    /// From the connection to its loss.
    private func attempt(_ client: LinkClient) async -> End {
        var reason = linkFailure("ENGINE_AWAY", "no engine")
        for door in settings.doors {
            do throws(Failure) {
                let channel = try await connect(door)
                return await converse(channel, client)
            } catch {
                reason = error
                guard error.errno == EACCES || error.errno == EPERM else { break }
            }
        }
        return End(reason: reason)
    }

    private typealias FrameChannel = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private func connect(_ door: LinkDoor) async throws(Failure) -> FrameChannel {
        try RuntimeFolder.checkLength(settings.runtimeFolder)
        let path = RuntimeFolder.socket(door, in: settings.runtimeFolder)
        do {
            return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(unixDomainSocketPath: path) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(FrameDecoder()))
                        return try FrameChannel(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw Self.failure(of: error, at: path)
        }
    }

    private static func failure(of error: any Error, at path: String) -> Failure {
        let errno = (error as? IOError)?.errnoCode ?? 0
        let place = printable(path.utf8)
        let message =
            switch errno {
            case ENOENT, ECONNREFUSED: "no engine answers at \(place)"
            case EACCES, EPERM: "this user may not use \(place)"
            default: "\(place): " + printable("\(error)".utf8.prefix(256))
            }
        return linkFailure(
            "ENGINE_AWAY", message, subject: Array(path.utf8), errno: errno, operation: "connect", isTransient: true)
    }

    private func converse(_ channel: FrameChannel, _ client: LinkClient) async -> End {
        let ear = Ear()
        do {
            try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(WireCoder().frame(.hello(hello)))
                try await carry(inbound, outbound, client, ear)
            }
        } catch {}
        return ear.end.map { End(reason: $0.failure, isRefusal: $0.isRefusal, wasAttached: ear.isAttached) }
            ?? End(
                reason: linkFailure("ENGINE_AWAY", "the engine closed the connection", isTransient: true),
                wasAttached: ear.isAttached)
    }

    private var hello: Hello {
        Hello(
            lowest: settings.versions.lowest, highest: settings.versions.highest, program: settings.program,
            stateFolder: settings.stateFolder, via: settings.via, isBrief: settings.isBrief ? true : nil)
    }

    private func carry(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        _ client: LinkClient, _ ear: Ear
    ) async throws {
        let (frames, lane) = AsyncStream.makeStream(of: ByteBuffer.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { lane.finish() }
                for try await frame in inbound {
                    guard await hear(frame, client, lane, ear) else { return }
                }
            }
            group.addTask {
                for await frame in frames { try await outbound.write(frame) }
            }
            group.addTask { try await watch(ear, client) }
            // The first to end ends all: the connection has one life.
            _ = try await group.next()
            group.cancelAll()
        }
    }

    /// False when there is nothing more to hear.
    private func hear(
        _ frame: ByteBuffer, _ client: LinkClient, _ lane: AsyncStream<ByteBuffer>.Continuation, _ ear: Ear
    ) async -> Bool {
        ear.heard()
        switch WireCoder().reading(frame) {
        case .message(.welcome(let welcome)) where !ear.isAttached:
            ear.attach()
            await client.attached(welcome, lane: lane)
        case .message(.refused(let failure)):
            // A refused message leaves the connection; a refused hello or a cut is followed by its end.
            ear.note(failure)
        case .message(let message) where ear.isAttached: await client.take(message)
        case .unreadable("state"):
            ear.close(
                linkFailure(
                    "PROTOCOL_VERSION", "this console is older than the engine and cannot read its state",
                    hint: "Update the console."), isRefusal: true)
            return false
        default: break
        }
        return true
    }

    /// Ends by an error when the engine is silent for too long.
    private func watch(_ ear: Ear, _ client: LinkClient) async throws {
        try await Task.sleep(for: timing.welcomeWithin)
        while true {
            let silence = ear.silence
            let hasNoWelcome = !ear.isAttached
            if hasNoWelcome || silence > timing.pingAfter * 3 {
                ear.close(
                    linkFailure("ENGINE_SILENT", "the engine does not answer", isTransient: true), isRefusal: false)
                throw CancellationError()
            }
            if silence > timing.pingAfter { await client.ping() }
            try await Task.sleep(for: timing.pingAfter / 2)
        }
    }
}

/// What was heard on one connection.
private final class Ear: Sendable {
    private struct State {
        var lastHeard = ContinuousClock.now
        var isAttached = false
        var end: (failure: Failure, isRefusal: Bool)?
    }
    private let state = Mutex(State())

    var isAttached: Bool { state.withLock { $0.isAttached } }
    var silence: Duration { state.withLock { ContinuousClock.now - $0.lastHeard } }
    var end: (failure: Failure, isRefusal: Bool)? { state.withLock { $0.end } }

    func heard() { state.withLock { $0.lastHeard = .now } }

    func attach() {
        state.withLock {
            $0.isAttached = true
            $0.end = nil
        }
    }

    /// Before the welcome a lasting refusal is final; a passing one, and any after it, is the reason of an end.
    func note(_ failure: Failure) {
        state.withLock { $0.end = (failure, !$0.isAttached && !failure.isTransient) }
    }

    func close(_ failure: Failure, isRefusal: Bool) { state.withLock { $0.end = (failure, isRefusal) } }
}
