import BackupModel
import NIOCore
import NIOPosix

/// Where to connect, and whether by TLS from the first byte.
struct Endpoint: Sendable {
    var host: String
    var port: Int
    var tls: TLSTrust?

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
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(deadline - .now())
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls = endpoint.tls { _ = try addTLS(tls, to: channel, host: endpoint.host) }
                    try handlers(channel)
                    try channel.pipeline.syncOperations.addHandler(Inbox<Part>())
                }
            }
        let connected = bootstrap.connect(host: endpoint.host, port: endpoint.port)
        // A name may have several addresses, each tried on a channel of its own: only the winner's handlers count.
        let found = connected.flatMapThrowing { channel in
            let handlers = channel.pipeline.syncOperations
            let opened = endpoint.tls == nil ? nil : try handlers.handler(type: TLSHandler.self).opened
            return (
                Wire(channel: channel, inbox: try handlers.handler(type: Inbox<Part>.self), endpoint: endpoint), opened
            )
        }
        let (wire, opened): (Wire, EventLoopFuture<Void>?)
        do {
            (wire, opened) = try await found.get(before: deadline)
        } catch {
            // The attempt may still succeed later, and nobody would close it.
            connected.whenSuccess { $0.close(promise: nil) }
            throw .again("cannot connect to \(endpoint.name): \(words(of: error))")
        }
        if let opened { try await wire.awaitHandshake(opened, before: deadline) }
        return wire
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
            // What broke the connection shows in the inbox; the write only finds it closed.
            throw trouble(inbox.error ?? error, step)
        }
    }

    /// Everything after this goes by TLS. What came in plain text and nobody read must not be taken for what the server
    /// says by TLS (CVE-2011-0411).
    func startTLS(_ trust: TLSTrust, before deadline: NIODeadline) async throws(Trouble) {
        let opened = channel.eventLoop.flatSubmit { [self] in
            channel.eventLoop.makeCompletedFuture {
                let opened = try addTLS(trust, to: channel, host: endpoint.host)
                // Bytes come on this event loop only: from here on none gets past the handler.
                guard !inbox.hasMore else {
                    throw TLSFailure("it sent more than its answer to STARTTLS; somebody may stand between")
                }
                return opened
            }.flatMap { $0 }
        }
        try await awaitHandshake(opened, before: deadline)
    }

    private func awaitHandshake(_ opened: EventLoopFuture<Void>, before deadline: NIODeadline) async throws(Trouble) {
        do {
            try await opened.get(before: deadline)
        } catch {
            close()
            throw trouble(error, "TLS handshake")
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

/// On the channel's event loop.
private func addTLS(_ trust: TLSTrust, to channel: any Channel, host: String) throws -> EventLoopFuture<Void> {
    let handler = try TLSHandler(trust, host: host, on: channel.eventLoop)
    try channel.pipeline.syncOperations.addHandler(handler, position: .first)
    return handler.opened
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
