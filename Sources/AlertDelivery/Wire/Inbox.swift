import NIOCore
import Synchronization

/// The last handler of a connection: what came in waits here for the one task that reads it.
///
/// Calls come from the event loop and from the reader's task.
final class Inbox<Part: Sendable>: ChannelInboundHandler, Sendable {
    typealias InboundIn = Part

    private struct State {
        var parts: [Part] = []
        var waiting: EventLoopPromise<Part?>?
        var isOver = false
        var error: (any Error)?
    }
    private let state = Mutex(State())

    /// The next part; nil at the end of the stream, the error when it broke. One call at a time.
    func next(on loop: any EventLoop) -> EventLoopFuture<Part?> {
        let promise = loop.makePromise(of: Part?.self)
        let answer: Result<Part?, any Error>? = state.withLock { state in
            if !state.parts.isEmpty { return .success(state.parts.removeFirst()) }
            if let error = state.error { return .failure(error) }
            if state.isOver { return .success(nil) }
            state.waiting = promise
            return nil
        }
        if let answer { promise.completeWith(answer) }
        return promise.futureResult
    }

    /// True when something has come that nobody has read.
    var hasMore: Bool { state.withLock { !$0.parts.isEmpty } }

    /// What broke the connection, if anything.
    var error: (any Error)? { state.withLock { $0.error } }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        let (waiting, isFlood) = state.withLock { state -> (EventLoopPromise<Part?>?, Bool) in
            if let waiting = state.waiting {
                state.waiting = nil
                return (waiting, false)
            }
            state.parts.append(part)
            return (nil, state.parts.count > inboxLimit)
        }
        waiting?.succeed(part)
        if isFlood { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let waiting = state.withLock { state -> EventLoopPromise<Part?>? in
            state.error = state.error ?? error
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        let waiting = state.withLock { state -> EventLoopPromise<Part?>? in
            state.isOver = true
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.succeed(nil)
    }
}

/// Parts that may lie unread; who sends more without being asked is cut off.
private let inboxLimit = 64
