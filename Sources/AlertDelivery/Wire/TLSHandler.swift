import NIOCore

/// Stands next to the network: TLS there, plain bytes towards the conversation. Its calls come from one event loop.
///
/// Nothing may be written before `opened` has its yes.
final class TLSHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case idle, shaking, open, over
    }
    private var phase = Phase.idle
    private let session: TLSSession
    private let promise: EventLoopPromise<Void>

    init(_ trust: TLSTrust, host: String, on loop: any EventLoop) throws {
        session = try TLSSession(trust, host: host)
        promise = loop.makePromise()
    }

    /// Done when the other side is who it should be; failed when it is not, or went away before.
    var opened: EventLoopFuture<Void> { promise.futureResult }

    // MARK: The life of the connection

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        // After the handshake an end without TLS's own goodbye is an end too: each answer says where it ends.
        phase = .over
        promise.fail(closed)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { promise.fail(closed) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.fireErrorCaught(error)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if phase == .open {
            session.end()
            flushDrained(context)
        }
        phase = .over
        context.close(mode: .all, promise: promise)
    }

    // MARK: Bytes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase == .shaking || phase == .open else { return }
        do {
            try session.feed(unwrapInboundIn(data))
            if phase == .shaking { try shakeHands(context) }
            if phase == .open { try readAll(context) }
        } catch {
            fail(context, error)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard phase == .open else {
            promise?.fail(closed)
            return
        }
        do {
            try session.write(unwrapOutboundIn(data))
        } catch {
            promise?.fail(error)
            fail(context, error)
            return
        }
        guard let bytes = session.drained(context.channel.allocator) else {
            promise?.succeed()
            return
        }
        context.write(wrapOutboundOut(bytes), promise: promise)
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard phase == .idle else { return }
        phase = .shaking
        do { try shakeHands(context) } catch { fail(context, error) }
    }

    private func shakeHands(_ context: ChannelHandlerContext) throws {
        let isOpen = try session.shakeHands()
        flushDrained(context)
        guard isOpen else { return }
        phase = .open
        promise.succeed()
    }

    private func readAll(_ context: ChannelHandlerContext) throws {
        // A conversation that closes at what it reads is not read on.
        while phase == .open {
            let decrypted = try session.read(context.channel.allocator)
            // The answer to a new key, or to nothing.
            flushDrained(context)
            switch decrypted {
            case .bytes(let bytes): context.fireChannelRead(wrapInboundOut(bytes))
            case .starved: return
            case .ended: close(context: context, mode: .all, promise: nil)
            }
        }
    }

    private func flushDrained(_ context: ChannelHandlerContext) {
        guard let bytes = session.drained(context.channel.allocator) else { return }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    /// The alert goes out, so that the other side's log knows the reason too.
    private func fail(_ context: ChannelHandlerContext, _ error: any Error) {
        phase = .over
        flushDrained(context)
        promise.fail(error)
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }

    private var closed: TLSFailure { TLSFailure("it closed the connection during the TLS handshake") }
}
