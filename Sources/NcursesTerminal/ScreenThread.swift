import CNcurses
import Glibc
import OperatorConsole
import Synchronization
import SystemPackage

/// The one thread that calls curses: waits for keys, signals and the mailbox.
final class ScreenThread {
    struct Opened: Sendable {
        var abilities: TerminalAbilities
    }

    /// What the thread and the rest of the process both see.
    final class Shared: Sendable {
        let stream: AsyncStream<TerminalEvent>
        let events: AsyncStream<TerminalEvent>.Continuation
        private let state = Mutex(State())

        private struct State {
            var size = Size(columns: 0, rows: 0)
            var frames = 0
            var hasEnded = false
            var waiting: [CheckedContinuation<Void, Never>] = []
        }

        /// Keys beyond this many that nobody took are dropped, oldest first.
        init() { (stream, events) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(4096)) }

        var size: Size {
            get { state.withLock { $0.size } }
            set { state.withLock { $0.size = newValue } }
        }

        var framesDrawn: Int { state.withLock { $0.frames } }
        func countFrame() { state.withLock { $0.frames += 1 } }

        /// Returns when the terminal is back as it was, or after a second that it did not take.
        func ended() async {
            let deadline = Task {
                try? await Task.sleep(for: .seconds(1))
                guard !Task.isCancelled else { return }
                cn_restore_modes_now()
                end()
            }
            await withCheckedContinuation { continuation in
                let hasEnded = state.withLock { state in
                    if !state.hasEnded { state.waiting.append(continuation) }
                    return state.hasEnded
                }
                if hasEnded { continuation.resume() }
            }
            deadline.cancel()
        }

        func end() {
            let waiting = state.withLock { state in
                state.hasEnded = true
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
            events.finish()
        }
    }

    private let mailbox: Mailbox
    private let shared: Shared
    private let streams: Streams
    private let signals: Int32
    private var painter: Painter
    private var decoder = KeyDecoder()
    private var latest: Frame?
    /// Between leaving the screen and coming back to it: nothing is read and nothing drawn.
    private var isAway = false
    private var emptyReads = 0
    private var lastReturn = ContinuousClock.now

    private init(mailbox: Mailbox, shared: Shared, streams: Streams, signals: Int32, painter: Painter) {
        self.mailbox = mailbox
        self.shared = shared
        self.streams = streams
        self.signals = signals
        self.painter = painter
    }

    /// Runs until the screen is closed or lost. `opened` is called once, on the thread.
    static func start(
        options: TerminalOptions, mailbox: Mailbox, shared: Shared,
        opened: @escaping @Sendable (Result<Opened, TerminalFailure>) -> Void
    ) {
        let work = Work(options: options, mailbox: mailbox, shared: shared, opened: opened)
        var thread = pthread_t()
        let status = pthread_create(&thread, nil, { Work.take($0).run() }, work.handOver())
        guard status == 0 else {
            mailbox.close()
            return opened(.failure(.system(operation: "pthread_create", errno: status)))
        }
        pthread_detach(thread)
    }

    fileprivate static func run(_ work: Work) {
        let result = open(work)
        work.opened(result.map { $0.opened })
        guard case .success(let (screen, _)) = result else { return }
        screen.loop()
    }

    private static func open(_ work: Work) -> Result<(screen: ScreenThread, opened: Opened), TerminalFailure> {
        let codeset = Int(cn_choose_locale())
        let streams: Streams
        do throws(TerminalFailure) { streams = try Streams(log: work.options.log) } catch {
            work.mailbox.close()
            return .failure(error)
        }
        // Ours first: curses takes only signals that nobody has taken.
        let signals = cn_catch_signals()
        do throws(TerminalFailure) {
            let term = try openScreen(work.options, streams)
            cn_guard_crashes(streams.savedOut.rawValue, streams.savedError.rawValue)
            let painter = Painter(isUTF8: codeset != CN_CODESET_OTHER, attributes: cn_attributes())
            let screen = ScreenThread(
                mailbox: work.mailbox, shared: work.shared, streams: streams, signals: signals, painter: painter)
            screen.updateSize()
            let depth = ColourDepth(colours: work.options.isColourless ? 0 : Int(cn_colours()))
            let glyphs = TerminalAbilities.glyphs(term: term, codeset: codeset)
            return .success((screen, Opened(abilities: .init(term: term, depth: depth, glyphs: glyphs))))
        } catch {
            cn_release_signals()
            streams.release()
            work.mailbox.close()
            return .failure(error)
        }
    }

    private static func openScreen(_ options: TerminalOptions, _ streams: Streams) throws(TerminalFailure) -> String {
        for term in options.candidates {
            let status = cn_open(
                term, streams.input.rawValue, streams.output.rawValue, !options.isColourless,
                TerminalAbilities.hasExtensions(term: term))
            if status == 0 { return term }
            if status == -2 { throw .cannotPlaceCursor(term: term) }
        }
        throw .unknownTerminal(term: options.term ?? "")
    }

    // MARK: The loop

    private func loop() {
        var descriptors = [
            pollfd(fd: streams.input.rawValue, events: Int16(POLLIN), revents: 0),
            pollfd(fd: mailbox.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
        ]
        var end: TerminalEvent?
        var isClosing = false
        while end == nil, !isClosing {
            // Away from the screen the keyboard belongs to someone else.
            descriptors[0].events = isAway ? 0 : Int16(POLLIN)
            for index in descriptors.indices { descriptors[index].revents = 0 }
            let count = poll(&descriptors, 3, timeout)
            if count < 0, errno != EINTR { break }
            if count == 0 { idle() }
            if count > 0, descriptors[2].revents != 0 { end = takeSignals() }
            if end == nil, count > 0, descriptors[0].revents != 0 { end = takeInput(descriptors[0].revents) }
            if end == nil, count > 0, descriptors[1].revents != 0 { isClosing = takeMail() }
        }
        finish(end)
    }

    /// Milliseconds: as long as what was begun may take to go on, a second for the foreground to come back, or for ever.
    private var timeout: Int32 { isAway ? 1000 : decoder.patience.map(Int32.init) ?? -1 }

    private func idle() {
        if isAway { comeBack() } else { send(decoder.idle()) }
    }

    private func finish(_ event: TerminalEvent?) {
        cn_close()
        cn_release_crashes()
        cn_release_signals()
        streams.release()
        mailbox.close()
        if let event { send([event]) }
        shared.end()
    }

    private func send(_ events: [TerminalEvent]) { for event in events { shared.events.yield(event) } }

    private func updateSize() {
        var columns: Int32 = 0
        var rows: Int32 = 0
        cn_update_size(&columns, &rows)
        shared.size = Size(columns: Int(columns), rows: Int(rows))
    }

    // MARK: What comes

    private func takeInput(_ revents: Int16) -> TerminalEvent? {
        if revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 { return .hangUp }
        var value: UInt32 = 0
        var reads = 0
        while reads < 65_536 {
            let kind = Int(cn_read(&value))
            if kind == CN_INPUT_NONE { break }
            reads += 1
            send(decoder.take(kind == CN_INPUT_CODE ? .code(value) : .byte(UInt8(truncatingIfNeeded: value))))
        }
        // Readable with nothing to read, again and again, is a terminal that is gone without saying so.
        emptyReads = reads > 0 || hasBytes ? 0 : emptyReads + 1
        return emptyReads > 100 ? .hangUp : nil
    }

    private var hasBytes: Bool {
        var count: Int32 = 0
        return ioctl(streams.input.rawValue, UInt(FIONREAD), &count) == 0 && count > 0
    }

    private func takeSignals() -> TerminalEvent? {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(signals, &bytes, bytes.count)
        guard count > 0 else { return nil }
        for number in bytes[..<count].map(Int32.init) {
            switch number {
            case SIGWINCH: resize()
            case SIGTSTP: goAway()
            // The one that ended our own stop has been answered.
            case SIGCONT: if isAway || ContinuousClock.now - lastReturn > .milliseconds(200) { comeBack() }
            default: return .signal(number)
            }
        }
        return nil
    }

    private func resize() {
        guard !isAway else { return }
        updateSize()
        painter.forget()
        send([.resized(shared.size)])
    }

    /// - Returns: true when it is time to close.
    private func takeMail() -> Bool {
        let mail = mailbox.takeAll()
        if let frame = mail.frame { latest = frame }
        if mail.closes { return true }
        if mail.suspends { goAway() }
        // A shell that brings a running job to the foreground sends it no signal.
        if isAway, cn_in_foreground() { comeBack() }
        guard !isAway else { return false }
        if mail.redraws {
            painter.forget()
            cn_redraw()
        }
        paint()
        for bytes in mail.bytes { bytes.withUnsafeBufferPointer { _ = cn_write($0.baseAddress, Int32($0.count)) } }
        if mail.rings { cn_bell() }
        return false
    }

    private func paint() {
        guard let latest, painter.paint(latest.grid, theme: latest.theme) else { return }
        shared.countFrame()
    }

    // MARK: Stop and continue

    private func goAway() {
        guard !isAway else { return }
        isAway = true
        cn_leave()
        cn_stop()
        comeBack()
    }

    /// Also after a stop that nobody announced. In the background the terminal is not ours to touch.
    private func comeBack() {
        guard cn_in_foreground() else {
            isAway = true
            return
        }
        isAway = false
        lastReturn = .now
        cn_return()
        updateSize()
        painter.forget()
        cn_redraw()
        paint()
        send([.resumed, .resized(shared.size)])
    }
}

/// What the new thread starts with, handed over as a C pointer.
private final class Work: Sendable {
    let options: TerminalOptions
    let mailbox: Mailbox
    let shared: ScreenThread.Shared
    let opened: @Sendable (Result<ScreenThread.Opened, TerminalFailure>) -> Void

    init(
        options: TerminalOptions, mailbox: Mailbox, shared: ScreenThread.Shared,
        opened: @escaping @Sendable (Result<ScreenThread.Opened, TerminalFailure>) -> Void
    ) {
        self.options = options
        self.mailbox = mailbox
        self.shared = shared
        self.opened = opened
    }

    func run() -> UnsafeMutableRawPointer? {
        ScreenThread.run(self)
        return nil
    }

    func handOver() -> UnsafeMutableRawPointer { Unmanaged.passRetained(self).toOpaque() }

    static func take(_ pointer: UnsafeMutableRawPointer?) -> Work {
        // pthread_create gives back exactly what handOver gave it, once.
        guard let pointer else { preconditionFailure("a thread without work") }
        return Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue()
    }
}
