import BackupModel
import NIOCore

/// One caller, from the first byte to the last; lives on the hub's event loop.
final class LinkGuest: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase { case greeting, attached, closing, gone }

    let number: Int
    let peer: LinkPeer
    let door: LinkDoor
    private(set) var phase = Phase.greeting
    private(set) var isWatching = false
    /// A command that asks and leaves.
    private(set) var isBrief = false
    private(set) var since = WallTime(milliseconds: 0)
    private let hub: LinkHub
    private let coder = WireCoder()
    private var via = ""
    private var reader = FrameReader(limit: WireCoder.longestHello)
    private var outbox: Outbox
    private var outstanding = 0
    private var orders: AsyncStream<Order>.Continuation?
    private var questions: [(id: String, query: Query)] = []
    private var isAsking = false
    private var context: ChannelHandlerContext?
    private var deadline: Scheduled<Void>?
    private var watch: RepeatedTask?
    /// When the unfinished frame began to arrive.
    private var unfinishedSince: NIODeadline?

    private var loop: any EventLoop { hub.loop }
    private var limits: LinkLimits { hub.settings.limits }

    init(number: Int, peer: LinkPeer, door: LinkDoor, hub: LinkHub) {
        self.number = number
        self.peer = peer
        self.door = door
        self.hub = hub
        outbox = Outbox(keepLimit: hub.settings.limits.keepBytes, now: .now())
    }

    var isReadOnly: Bool { door == .look }
    var person: Person { Person(user: hub.names.name(of: peer.uid), uid: peer.uid, via: via) }
    var console: AttachedConsole { AttachedConsole(person: person, since: since, isReadOnly: isReadOnly) }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let me = NIOLoopBound(self, eventLoop: loop)
        deadline = loop.scheduleTask(in: limits.helloWithin) {
            me.value.cut(linkFailure("NO_HELLO", "said nothing for too long"))
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase == .greeting || phase == .attached else { return }
        reader.append(unwrapInboundIn(data))
        do throws(FrameReader.BadLength) {
            while phase == .greeting || phase == .attached, let frame = try reader.next() { take(frame) }
            unfinishedSince = reader.pendingBytes == 0 ? nil : unfinishedSince ?? .now()
        } catch {
            cut(linkFailure("BAD_FRAME", "a frame of \(error.length) bytes; 1 to \(reader.limit) are taken"))
        }
    }

    func channelInactive(context: ChannelHandlerContext) { leave() }

    /// The other end is gone; there is nothing more to say.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func leave() {
        guard phase != .gone else { return }
        phase = .gone
        isWatching = false
        deadline?.cancel()
        watch?.cancel()
        // What it ordered before is done all the same.
        orders?.finish()
        questions = []
        context = nil
        hub.left(self)
    }

    // MARK: Frames in

    private func take(_ frame: ByteBuffer) {
        switch coder.reading(frame) {
        case .message(let message): take(message)
        case .unknownKind(let kind):
            say(.refused(linkFailure("UNKNOWN_MESSAGE", "this engine knows no \(printable(kind.utf8.prefix(64)))")))
        case .unknownOrder(let id): say(.result(id: id, result: .refused(unknown("order"))))
        case .unknownQuery(let id): say(.answer(id: id, answer: .refused(unknown("query"))))
        case .unreadable(let kind): cut(linkFailure("BAD_MESSAGE", "a \(kind) that cannot be read"))
        case .malformed: cut(linkFailure("BAD_FRAME", "a frame that is no message"))
        }
    }

    private func unknown(_ what: String) -> Failure {
        linkFailure(
            "UNKNOWN_REQUEST", "this engine (\(hub.settings.program)) does not know this \(what)",
            hint: "Engine and console are of different versions; restart the older one.")
    }

    private func take(_ message: WireMessage) {
        switch (message, phase) {
        case (.hello(let hello), .greeting): greet(hello)
        case (_, .greeting): cut(linkFailure("NO_HELLO", "the first message is a hello"))
        case (.watch(let isOn), _): setWatching(isOn)
        case (.order(let id, let intent, let basis), _): order(id, intent, basis)
        case (.query(let id, let query), _): ask(id, query)
        case (.ping, _): say(.pong)
        default: cut(linkFailure("BAD_MESSAGE", "a message that only the engine sends"))
        }
    }

    private func greet(_ hello: Hello) {
        let reply = hub.answer(to: hello, at: door)
        guard case .success(let welcome) = reply else {
            if case .failure(let failure) = reply { cut(failure) }
            return
        }
        deadline?.cancel()
        phase = .attached
        isBrief = hello.isBrief == true
        since = hub.settings.wall()
        via = String(printable(hello.via.utf8.prefix(128)).prefix(256))
        reader.limit = WireCoder.longestFrame
        let me = NIOLoopBound(self, eventLoop: loop)
        let pace = TimeAmount.nanoseconds(max(limits.stuckAfter.nanoseconds / 6, 1_000_000))
        watch = loop.scheduleRepeatedTask(initialDelay: pace, delay: pace) { _ in me.value.checkProgress() }
        say(.welcome(welcome))
    }

    private func setWatching(_ isOn: Bool) {
        guard isOn != isWatching else { return }
        isWatching = isOn
        if !isOn { outbox.dropState() }
        hub.watchingChanged(self)
    }

    private func order(_ id: String, _ intent: Intent, _ basis: UInt64?) {
        let problem = isReadOnly ? readOnly : RequestBounds().problem(id: id, intent: intent) ?? tooMany
        if let problem {
            if problem.code == "READ_ONLY" { hub.report(person, problem) }
            return say(.result(id: String(id.prefix(64)), result: .refused(problem)))
        }
        outstanding += 1
        orderLane().yield(Order(id: id, intent: intent, by: person, basis: basis))
    }

    /// Orders of one console are done one after the other, as they were given.
    private func orderLane() -> AsyncStream<Order>.Continuation {
        if let orders { return orders }
        let (stream, continuation) = AsyncStream.makeStream(of: Order.self)
        orders = continuation
        let me = NIOLoopBound(self, eventLoop: loop)
        Task { [service = hub.service, loop] in
            for await order in stream {
                let result = await service.take(order)
                loop.execute { me.value.reply(.result(id: order.id, result: result)) }
            }
        }
        return continuation
    }

    private func ask(_ id: String, _ query: Query) {
        if let problem = RequestBounds().problem(id: id, query: query) ?? tooMany {
            return say(.answer(id: String(id.prefix(64)), answer: .refused(problem)))
        }
        outstanding += 1
        questions.append((id, query))
        askNext()
    }

    /// One question of a console at a time is with the engine, and none while the console leaves answers unread: who
    /// only asks cannot keep the others waiting, nor fill memory. The answer is put into words off the event loop.
    private func askNext() {
        guard !isAsking, phase == .attached, outbox.keptBytes < limits.unreadBytes, !questions.isEmpty else { return }
        isAsking = true
        let (id, query) = questions.removeFirst()
        let me = NIOLoopBound(self, eventLoop: loop)
        Task { [service = hub.service, loop, coder] in
            let frame = coder.frame(id: id, answer: await service.ask(query))
            loop.execute { me.value.answered(frame) }
        }
    }

    private func answered(_ frame: ByteBuffer?) {
        isAsking = false
        outstanding -= 1
        if let frame, phase == .attached { keep(frame) }
        askNext()
    }

    private var readOnly: Failure {
        linkFailure(
            "READ_ONLY", "this connection only looks",
            hint: "Operate as \(hub.names.name(of: hub.owner)), the engine's user.")
    }

    private var tooMany: Failure? {
        outstanding < limits.outstanding
            ? nil
            : linkFailure(
                "TOO_MANY_REQUESTS", "\(outstanding) orders and queries of this console are under way",
                isTransient: true)
    }

    // MARK: Frames out

    private func reply(_ message: WireMessage) {
        outstanding -= 1
        say(message)
    }

    private func say(_ message: WireMessage) {
        guard phase == .greeting || phase == .attached else { return }
        do throws(Failure) { keep(try coder.frame(message)) } catch {
            switch message {
            case .answer(let id, _): say(.answer(id: id, answer: .refused(error)))
            case .result(let id, _): say(.result(id: id, result: .refused(error)))
            default: break
            }
        }
    }

    private func keep(_ frame: ByteBuffer) {
        guard outbox.keep(frame, now: .now()) else {
            hub.report(person, linkFailure("CONSOLE_CUT", "a console does not read its answers"))
            context?.close(promise: nil)
            return
        }
        pump()
    }

    func show(_ state: ByteBuffer) {
        guard isWatching, phase == .attached else { return }
        outbox.replaceState(state, now: .now())
        pump()
    }

    private func pump() {
        guard let context, phase != .gone else { return }
        guard let frame = outbox.next() else {
            if phase == .closing, outbox.isEmpty { context.close(mode: .output, promise: nil) }
            return
        }
        let me = NIOLoopBound(self, eventLoop: loop)
        context.writeAndFlush(wrapOutboundOut(frame)).whenComplete { result in
            guard case .success = result else { return }
            me.value.outbox.written(now: .now())
            me.value.pump()
            me.value.askNext()
        }
    }

    /// Says why once, takes nothing more and closes; the other end has a moment to read it.
    func cut(_ failure: Failure) {
        guard phase == .greeting || phase == .attached else { return }
        hub.report(person, failure)
        outbox.dropState()
        isWatching = false
        say(.refused(failure))
        guard phase != .gone else { return }
        phase = .closing
        hub.watchingChanged(self)
        let me = NIOLoopBound(self, eventLoop: loop)
        deadline?.cancel()
        deadline = loop.scheduleTask(in: limits.lastWords) { me.value.context?.close(promise: nil) }
        pump()
    }

    /// Like `cut`, and one that is being cut already goes at once.
    func drop(_ failure: Failure) {
        if phase == .closing { context?.close(promise: nil) } else { cut(failure) }
    }

    private func checkProgress() {
        let now = NIODeadline.now()
        let isSlow = unfinishedSince.map { now - $0 > limits.stuckAfter } ?? false
        guard outbox.stuck(at: now) > limits.stuckAfter || isSlow else { return }
        hub.report(person, linkFailure("CONSOLE_CUT", "a console did not read for too long"))
        context?.close(promise: nil)
    }
}
