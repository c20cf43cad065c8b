import BackupModel
import NIOCore
import NIOPosix
import NIOSSL

/// Where to connect, and whether by TLS from the first byte.
struct Endpoint: Sendable {
    var host: String
    var port: Int
    var tls: NIOSSLContext?

    /// `mail.example.org:587`, foreign bytes escaped.
    var name: String { printable(host.utf8) + ":\(port)" }
}

/// One connection, used by one task; no step of it lasts longer than its deadline.
struct Wire<Part: Sendable>: Sendable {
    let channel: any Channel
    let inbox: Inbox<Part>
    let endpoint: Endpoint

    /// `handlers` adds what stands between the bytes and the parts.
    static func connect(
        to endpoint: Endpoint, before deadline: NIODeadline,
        handlers: @escaping @Sendable (any Channel) throws -> Void = { _ in }
    ) async throws(Trouble) -> Wire {
        let inbox = Inbox<Part>()
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(deadline - .now())
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls = endpoint.tls { try addTLS(tls, to: channel, host: endpoint.host) }
                    try handlers(channel)
                    try channel.pipeline.syncOperations.addHandler(inbox)
                }
            }
        let future = bootstrap.connect(host: endpoint.host, port: endpoint.port)
        do {
            let channel = try await future.get(before: deadline)
            return Wire(channel: channel, inbox: inbox, endpoint: endpoint)
        } catch {
            // The attempt may still succeed later, and nobody would close it.
            future.whenSuccess { $0.close(promise: nil) }
            throw .again("cannot connect to \(endpoint.name): \(words(of: error))")
        }
    }

    /// The next part, nil at the end; `step` names what was waited for.
    func next(before deadline: NIODeadline, _ step: String) async throws(Trouble) -> Part? {
        do {
            return try await inbox.next(on: channel.eventLoop).get(before: deadline)
        } catch {
            throw trouble(error, step)
        }
    }

    func write(_ data: some Sendable, before deadline: NIODeadline, _ step: String) async throws(Trouble) {
        do {
            try await channel.writeAndFlush(data).get(before: deadline)
        } catch {
            // A failed handshake shows in the inbox; the write only finds the connection closed.
            throw trouble(inbox.error ?? error, step)
        }
    }

    /// Everything after this goes by TLS.
    func startTLS(_ context: NIOSSLContext) async throws(Trouble) {
        let host = endpoint.host
        do {
            try await channel.eventLoop.submit { [channel] in try addTLS(context, to: channel, host: host) }.get()
        } catch {
            throw trouble(error, "starting TLS")
        }
    }

    func close() { channel.close(promise: nil) }

    /// Whether the other end is this machine, so that nobody can listen between.
    var isLoopback: Bool {
        guard let address = channel.remoteAddress?.ipAddress else { return false }
        return address == "::1" || address.hasPrefix("127.")
    }

    private func trouble(_ error: any Error, _ step: String) -> Trouble {
        .again("\(endpoint.name), \(step): \(words(of: error))")
    }
}

private func addTLS(_ context: NIOSSLContext, to channel: any Channel, host: String) throws {
    // An address is no name for SNI; the certificate is then judged by the address itself.
    let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
    let handler = try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
    try channel.pipeline.syncOperations.addHandler(handler, position: .first)
}

/// Reads the certificates to trust, away from the cooperative pool: a bundle of the system takes milliseconds.
func makeTLS(caFile: String?) async throws(Trouble) -> NIOSSLContext {
    do {
        return try await NIOThreadPool.singleton.runIfActive {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            if let caFile { configuration.trustRoots = .file(caFile) }
            return try NIOSSLContext(configuration: configuration)
        }
    } catch {
        throw .settings("the certificates to trust cannot be read: \(words(of: error))")
    }
}

/// A step took too long.
struct StepTimedOut: Error, CustomStringConvertible {
    var description: String { "no answer in time" }
}

struct Cancelled: Error, CustomStringConvertible {
    var description: String { "given up because the engine ends" }
}

extension EventLoopFuture where Value: Sendable {
    /// The value, unless the deadline or the task's cancellation comes first.
    func get(before deadline: NIODeadline) async throws -> Value {
        let promise = eventLoop.makePromise(of: Value.self)
        cascade(to: promise)
        let timer = eventLoop.scheduleTask(deadline: deadline) { promise.fail(StepTimedOut()) }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.fail(Cancelled())
        }
    }
}

extension NIODeadline {
    /// That many seconds from now.
    static func after(_ seconds: Double) -> NIODeadline {
        .now() + .milliseconds(Int64(min(max(seconds, 0.001), 86_400) * 1000))
    }
}
