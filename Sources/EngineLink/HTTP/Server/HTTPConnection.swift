import BackupModel
import NIOCore
import NIOHTTP1

/// One connection: collects a request within its limits, has it answered, and goes on or closes.
///
/// One request at a time: what a client sends before it has its answer is dropped, and the connection closes after
/// the answer, which HTTP allows and every client that pipelines repeats.
final class HTTPConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Phase {
        /// Between requests, or in the middle of a header.
        case waiting
        case reading(HTTPRequestHead, ByteBuffer)
        case answering(HTTPRequestHead)
        /// The last answer is out; what still comes is dropped.
        case closing
    }

    private let limits: HTTPLimits
    private let isHostChecked: Bool
    private let respond: @Sendable (RawRequest) async -> Response
    private var phase = Phase.waiting
    private var headerBytes = 0
    private var hasExtra = false
    private var timer: Scheduled<Void>?
    private var work: Task<Void, Never>?

    init(limits: HTTPLimits, isHostChecked: Bool, respond: @escaping @Sendable (RawRequest) async -> Response) {
        self.limits = limits
        self.isHostChecked = isHostChecked
        self.respond = respond
    }

    func channelActive(context: ChannelHandlerContext) {
        setTimer(limits.idle, context) { connection, context in connection.close(context) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        phase = .closing
        timer?.cancel()
        work?.cancel()
    }

    // MARK: What comes in

    /// Called with the size of what was read, before it is decoded; false when it shall be dropped.
    func willDecode(_ count: Int, _ context: ChannelHandlerContext) -> Bool {
        switch phase {
        case .closing: return false
        case .waiting:
            if headerBytes == 0 {
                setTimer(limits.arrival, context) { connection, context in
                    connection.refuse(
                        408, "TOO_SLOW", "the request took too long to arrive", "Send it in one piece.", context)
                }
            }
            headerBytes += count
            return true
        case .reading: return true
        case .answering: return !hasExtra
        }
    }

    /// Called after that: a header that never ends is not kept.
    func didDecode(_ context: ChannelHandlerContext) {
        guard case .waiting = phase, headerBytes > limits.header else { return }
        refuseHeader(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (phase, unwrapInboundIn(data)) {
        case (.waiting, .head(let head)): begin(head, context)
        case (.reading(let head, var body), .body(let piece)):
            guard body.readableBytes + piece.readableBytes <= limits.body else { return refuseBody(context) }
            body.writeImmutableBuffer(piece)
            phase = .reading(head, body)
        case (.reading(let head, let body), .end): answer(head, body, context)
        case (.answering, _):
            hasExtra = true
            context.channel.setOption(.autoRead, value: false).whenFailure { _ in }
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .closing = phase { return }
        if let problem = error as? HTTPParserError {
            if problem == .headerOverflow { return refuseHeader(context) }
            if case .answering = phase {
                // What follows a request makes no sense; its answer goes out all the same.
                hasExtra = true
                return
            }
            return refuse(400, "MALFORMED", "this is no HTTP/1.1 request", "", context)
        }
        close(context)
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        headerBytes = 0
        let size = head.headers.reduce(head.uri.utf8.count) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
        if size > limits.header { return refuseHeader(context) }
        if let problem = misdirected(head) { return finish(problem, context) }
        let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        if length > limits.body { return refuseBody(context) }
        phase = .reading(head, ByteBuffer())
        if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
            let goOn = HTTPResponseHead(version: head.version, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(goOn)), promise: nil)
        }
    }

    private func misdirected(_ head: HTTPRequestHead) -> Problem? {
        guard head.version.major == 1 else { return .malformed("only HTTP/1.1 is spoken here") }
        let hosts = head.headers["host"]
        if hosts.count > 1 { return .malformed("more than one Host header") }
        guard let host = hosts.first else {
            return head.version.minor == 0 ? nil : .malformed("no Host header")
        }
        if !isHostChecked || isLoopback(hostHeader: host) { return nil }
        return Problem(
            status: 403, code: "HOST_REFUSED", message: "the Host header does not name this machine",
            hint: "Use 127.0.0.1, [::1] or localhost.")
    }

    // MARK: What goes out

    private func answer(_ head: HTTPRequestHead, _ body: ByteBuffer, _ context: ChannelHandlerContext) {
        phase = .answering(head)
        timer?.cancel()
        var headers: [String: String] = [:]
        for (name, value) in head.headers {
            let key = name.lowercased()
            headers[key] = headers[key].map { $0 + ", " + value } ?? value
        }
        let request = RawRequest(
            method: head.method.rawValue, target: head.uri, headers: headers, body: Array(body.readableBytesView))
        let connection = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let respond = respond
        work = Task {
            let response = await respond(request)
            await HTTPConnection.deliver(response, of: head, to: connection)
        }
    }

    private static func deliver(
        _ response: Response, of head: HTTPRequestHead,
        to connection: NIOLoopBound<(HTTPConnection, ChannelHandlerContext)>
    ) async {
        let loop = connection.eventLoop
        switch response.content {
        case .text(let text):
            loop.execute {
                let (handler, context) = connection.value
                handler.write(response, ByteBuffer(string: text), of: head, context)
            }
        case .stream(let pieces):
            let isBegun = try? await loop.submit {
                let (handler, context) = connection.value
                return handler.beginStream(response, of: head, context)
            }.get()
            if isBegun == true {
                await pieces { text in
                    (try? await loop.flatSubmit {
                        let (handler, context) = connection.value
                        return handler.send(text, context)
                    }.get()) != nil
                }
            }
            loop.execute {
                let (handler, context) = connection.value
                handler.end(isLast: true, context)
            }
        }
    }

    /// A whole answer.
    private func write(
        _ response: Response, _ body: ByteBuffer, of head: HTTPRequestHead, _ context: ChannelHandlerContext
    ) {
        guard case .answering = phase else { return }
        let isLast = hasExtra || !head.isKeepAlive
        var out = responseHead(response, isLast: isLast, version: head.version)
        out.headers.add(name: "Content-Length", value: String(body.readableBytes))
        setTimer(limits.writing, context) { connection, context in connection.close(context) }
        context.write(wrapOutboundOut(.head(out)), promise: nil)
        if head.method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        end(isLast: isLast, context)
    }

    private func beginStream(
        _ response: Response, of head: HTTPRequestHead, _ context: ChannelHandlerContext
    ) -> Bool {
        guard case .answering = phase else { return false }
        let out = responseHead(response, isLast: true, version: head.version)
        context.writeAndFlush(wrapOutboundOut(.head(out)), promise: nil)
        return head.method != .HEAD
    }

    /// Sends a piece; done when the socket has taken it, so a slow reader slows its own stream alone.
    private func send(_ text: String, _ context: ChannelHandlerContext) -> EventLoopFuture<Void> {
        guard case .answering = phase else { return context.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel) }
        setTimer(limits.writing, context) { connection, context in connection.close(context) }
        let promise = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: promise)
        return promise.futureResult.assumeIsolated().map { [self] in timer?.cancel() }.nonisolated()
    }

    private func end(isLast: Bool, _ context: ChannelHandlerContext) {
        guard case .answering = phase else { return }
        let connection = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let promise = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
        promise.futureResult.whenComplete { _ in
            let (handler, context) = connection.value
            handler.answered(isLast: isLast, context)
        }
    }

    private func answered(isLast: Bool, _ context: ChannelHandlerContext) {
        guard case .answering = phase else { return }
        work = nil
        if isLast || hasExtra { return linger(context) }
        phase = .waiting
        headerBytes = 0
        setTimer(limits.idle, context) { connection, context in connection.close(context) }
    }

    // MARK: Ends

    private func refuseHeader(_ context: ChannelHandlerContext) {
        refuse(431, "HEADER_TOO_LARGE", "the header is over \(limits.header) bytes", "", context)
    }

    private func refuseBody(_ context: ChannelHandlerContext) {
        refuse(413, "BODY_TOO_LARGE", "the body is over \(limits.body) bytes", "", context)
    }

    private func refuse(
        _ status: Int, _ code: String, _ message: String, _ hint: String, _ context: ChannelHandlerContext
    ) {
        finish(Problem(status: status, code: code, message: message, hint: hint), context)
    }

    /// Answers a request that was not even read to its end, and closes.
    private func finish(_ problem: Problem, _ context: ChannelHandlerContext) {
        let response = Response.problem(problem)
        guard case .text(let text) = response.content else { return }
        let body = ByteBuffer(string: text)
        var out = responseHead(response, isLast: true, version: .http1_1)
        out.headers.add(name: "Content-Length", value: String(body.readableBytes))
        context.write(wrapOutboundOut(.head(out)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        linger(context)
    }

    /// Closes so that the answer arrives: with unread bytes a plain close would reset the connection before it is read.
    private func linger(_ context: ChannelHandlerContext) {
        phase = .closing
        context.channel.setOption(.autoRead, value: true).whenFailure { _ in }
        context.close(mode: .output, promise: nil)
        setTimer(1, context) { connection, context in connection.close(context) }
    }

    private func close(_ context: ChannelHandlerContext) {
        phase = .closing
        context.close(promise: nil)
    }

    private func responseHead(_ response: Response, isLast: Bool, version: HTTPVersion) -> HTTPResponseHead {
        var headers = HTTPHeaders([
            ("Content-Type", response.type), ("X-Content-Type-Options", "nosniff"),
            ("Connection", isLast ? "close" : "keep-alive"),
        ])
        headers.replaceOrAdd(name: "Cache-Control", value: "no-store")
        for (name, value) in response.headers.sorted(by: { $0.key < $1.key }) {
            headers.replaceOrAdd(name: name, value: value)
        }
        return HTTPResponseHead(
            version: version, status: HTTPResponseStatus(statusCode: response.status), headers: headers)
    }

    private func setTimer(
        _ seconds: Double, _ context: ChannelHandlerContext,
        _ act: @escaping @Sendable (HTTPConnection, ChannelHandlerContext) -> Void
    ) {
        timer?.cancel()
        let connection = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: .milliseconds(Int64(seconds * 1000))) {
            let (handler, context) = connection.value
            if context.channel.isActive { act(handler, context) }
        }
    }
}

/// Stands before the decoder: counts what a header takes before it is one, and drops what nobody wants any more.
final class ByteGuard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: HTTPConnection
    /// The connection writes from its own place in the pipeline, behind the encoder.
    private var behind: ChannelHandlerContext?

    init(_ connection: HTTPConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if behind == nil { behind = try? context.pipeline.syncOperations.context(handler: connection) }
        guard let behind, connection.willDecode(unwrapInboundIn(data).readableBytes, behind) else { return }
        context.fireChannelRead(data)
        connection.didDecode(behind)
    }

    func handlerRemoved(context: ChannelHandlerContext) { behind = nil }
}
