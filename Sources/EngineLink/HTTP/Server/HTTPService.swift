package import BackupModel
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// What one address serves: `/metrics`, `/v1`, or both.
package enum HTTPPart: Hashable, Sendable {
    case metrics, api

    package static let everything: Set<HTTPPart> = [.metrics, .api]
}

/// How the API is served.
package struct HTTPSettings: Hashable, Sendable {
    package var address: HTTPAddress
    package var parts: Set<HTTPPart>
    /// Nil: nobody may act.
    package var token: String?
    /// What readers of the metrics must show; nil: nothing.
    package var metricsToken: String?
    /// Whom the audit log names for what comes with the token.
    package var person: Person
    package var limits: HTTPLimits

    /// `person` is nobody the system knows: whoever holds the token.
    package init(
        address: HTTPAddress, parts: Set<HTTPPart> = HTTPPart.everything, token: String? = nil,
        metricsToken: String? = nil,
        person: Person = Person(user: "token", uid: UInt32.max, via: "api"), limits: HTTPLimits = HTTPLimits()
    ) {
        self.address = address
        self.parts = parts
        self.token = token
        self.metricsToken = metricsToken
        self.person = person
        self.limits = limits
    }
}

/// `/metrics` and `/v1` of one engine, on loopback or a Unix socket; serves from `start` to `stop`.
package actor HTTPService {
    private let service: any EngineService
    private let settings: HTTPSettings
    private let now: @Sendable () -> WallTime
    private let randomID: @Sendable () -> String
    private let watch: StateWatch
    private let connections: OpenConnections
    private var running: Running?

    private struct Running {
        var group: MultiThreadedEventLoopGroup
        var channel: any Channel
        var following: Task<Void, Never>
    }

    /// `randomID` names orders whose sender gave no name: at most 64 visible ASCII characters, never the same twice.
    package init(
        _ service: any EngineService, settings: HTTPSettings, now: @escaping @Sendable () -> WallTime,
        randomID: @escaping @Sendable () -> String
    ) {
        self.service = service
        self.settings = settings
        self.now = now
        self.randomID = randomID
        watch = StateWatch(mostWaiters: settings.limits.waiting)
        connections = OpenConnections(most: settings.limits.connections)
    }

    /// Listens; returns where, with the port that was taken.
    package func start() async throws(Failure) -> HTTPAddress {
        guard running == nil else { throw .listening("ALREADY_LISTENING", "it listens already") }
        guard settings.address.isLocal else {
            throw .listening(
                "NOT_LOOPBACK", "\(printable(settings.address.description.utf8)) can be reached from other machines",
                hint: "Listen on 127.0.0.1, [::1] or a Unix socket; put a proxy with TLS before it.")
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let channel = try await bind(group)
            let following = Task { [watch, service] in await watch.follow(service) }
            running = Running(group: group, channel: channel, following: following)
            return bound(channel)
        } catch {
            try? await group.shutdownGracefully()
            if let failure = error as? Failure { throw failure }
            throw .listening(
                "CANNOT_LISTEN", "cannot listen on \(printable(settings.address.description.utf8)): \(words(error))",
                hint: "Is another engine there? Choose another address.")
        }
    }

    /// Closes everything, streams too.
    package func stop() async {
        guard let running else { return }
        self.running = nil
        running.following.cancel()
        try? await running.channel.close()
        connections.closeAll()
        try? await running.group.shutdownGracefully()
        if case .unix(let path) = settings.address { unlink(path) }
    }

    private func bind(_ group: MultiThreadedEventLoopGroup) async throws -> any Channel {
        let bootstrap = bootstrap(group)
        switch settings.address {
        case .tcp(let host, let port):
            return try await bootstrap.bind(host: host == "localhost" ? "127.0.0.1" : host, port: port).get()
        case .unix(let path):
            // A socket that somebody answers on is in use; one that nobody does was left by a dead engine.
            if let other = try? await ClientBootstrap(group: group).connect(unixDomainSocketPath: path).get() {
                try? await other.close()
                throw Failure.listening("ADDRESS_IN_USE", "somebody listens on \(printable(path.utf8)) already")
            }
            let channel = try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            guard chmod(path, 0o600) == 0 else {
                let number = errno
                try? await channel.close()
                throw Failure.listening(
                    "CANNOT_LISTEN", "cannot set the mode of \(printable(path.utf8))", errno: number)
            }
            return channel
        }
    }

    private func bootstrap(_ group: MultiThreadedEventLoopGroup) -> ServerBootstrap {
        let limits = settings.limits
        let router = Router(
            context: Call.Context(service: service, watch: watch, person: settings.person, now: now),
            parts: settings.parts, token: settings.token, metricsToken: settings.metricsToken, randomID: randomID)
        let isHostChecked = if case .tcp = settings.address { true } else { false }
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 16 << 10))
            .childChannelInitializer { [connections] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard connections.admit(channel) else {
                        return try channel.pipeline.syncOperations.addHandler(TooManyHandler())
                    }
                    try addHandlers(channel, limits, isHostChecked: isHostChecked) { await router.respond(to: $0) }
                }
            }
    }

    private func bound(_ channel: any Channel) -> HTTPAddress {
        guard case .tcp(let host, _) = settings.address, let port = channel.localAddress?.port else {
            return settings.address
        }
        return .tcp(host: host, port: port)
    }

    private func words(_ error: any Error) -> String {
        if let error = error as? IOError { return String(cString: strerror(error.errnoCode)) }
        return printable("\(error)".utf8)
    }
}

private func addHandlers(
    _ channel: any Channel, _ limits: HTTPLimits, isHostChecked: Bool,
    respond: @escaping @Sendable (RawRequest) async -> Response
) throws {
    let connection = HTTPConnection(limits: limits, isHostChecked: isHostChecked, respond: respond)
    var parsing = NIOHTTPDecoderLimitConfiguration()
    parsing.maxHeaderFieldSize = limits.header
    parsing.maxHeaderListSize = limits.header
    let decoder = HTTPRequestDecoder(
        leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .drop, limitConfiguration: parsing)
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(ByteGuard(connection))
    try pipeline.addHandler(ByteToMessageHandler(decoder))
    try pipeline.addHandler(HTTPResponseEncoder())
    try pipeline.addHandler(connection)
}

extension Failure {
    fileprivate static func listening(
        _ code: String, _ message: String, hint: String = "", errno: Int32 = 0
    ) -> Failure {
        Failure(
            code: code, side: .engine, message: message, errno: errno, operation: "listen", hint: hint)
    }
}
