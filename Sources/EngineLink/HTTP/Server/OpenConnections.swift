import NIOCore
import Synchronization

/// The connections there are, counted and closed together.
final class OpenConnections: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])
    private let most: Int

    init(most: Int) { self.most = most }

    /// Takes a connection in until it closes; false when there are too many.
    func admit(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let isAdmitted = channels.withLock { channels in
            guard channels.count < most else { return false }
            channels[id] = channel
            return true
        }
        if isAdmitted {
            channel.closeFuture.whenComplete { [self] _ in channels.withLock { $0[id] = nil } }
        }
        return isAdmitted
    }

    func closeAll() {
        for channel in channels.withLock({ Array($0.values) }) { channel.close(mode: .all, promise: nil) }
    }
}

/// Tells one connection too many so, and closes it.
final class TooManyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        let body = Problem(
            status: 503, code: "TOO_MANY_CONNECTIONS", message: "too many connections", hint: "Close one."
        ).json.text
        let text =
            "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n" + body
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}
}
