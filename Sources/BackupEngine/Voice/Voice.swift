package import BackupCatalog
package import BackupModel
package import WorkerKit

/// The voice of the engine: tells people what they should know, at least once, whatever fails meanwhile.
///
/// What is to be told lies in the catalog before anything is sent, and leaves it when the other side has said yes.
/// Each channel has a lane of its own: one that hangs delays nobody else. No job waits for it or fails by it (L5, L6).
package actor Voice {
    /// Tries once to deliver over mail or webhook; the channel is named in the message. It runs off this actor.
    package typealias Sending = @concurrent @Sendable (Message) async -> DeliveryResult

    /// What the voice needs of the world.
    package struct Parts: Sendable {
        package var send: Sending
        /// Asks the address of the dead man's switch.
        package var ping: @Sendable (PingSettings) async -> DeliveryResult
        /// Runs that ended since a time, newest first, for the digest.
        package var runs: @Sendable (WallTime) async -> [JobRun]
        /// What happened to messages, for the log.
        package var events: @Sendable (Event) -> Void

        package init(
            send: @escaping Sending,
            ping: @escaping @Sendable (PingSettings) async -> DeliveryResult = { _ in .delivered },
            runs: @escaping @Sendable (WallTime) async -> [JobRun] = { _ in [] },
            events: @escaping @Sendable (Event) -> Void = { _ in }
        ) {
            self.send = send
            self.ping = ping
            self.runs = runs
            self.events = events
        }
    }

    private nonisolated let executor: ThreadExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let catalog: Catalog
    let time: SystemTime
    var parts: Parts
    let host: String
    let startedAt: WallTime
    var settings: VoiceSettings
    var escalation: Escalation
    var wording: Wording
    var coalescer: Coalescer

    /// The newest state of the engine.
    var latest: EngineState?
    /// By key of the alert.
    var told: [String: ToldAlert] = [:]
    /// Since when a told alert is gone.
    var goneSince: [String: WallTime] = [:]

    /// By channel, oldest first.
    var waiting: [String: [Message]] = [:]
    var sent: [SentMessage] = []
    /// Lanes with a delivery under way.
    var lanes: [String: Task<Void, Never>] = [:]
    var lastDigest: WallTime?
    var isMakingDigest = false
    var deadMan: DeadMan?
    var problems: [String: String] = [:]
    var delivery = DeliveryState()
    var isClosed = false
    var forgotAt: Int64?

    /// Reads what was not told yet; sending begins with the first `tick`.
    package static func open(
        catalog: Catalog, settings: VoiceSettings, host: String, redaction: Redaction = Redaction(),
        time: SystemTime = .live, parts: Parts
    ) async throws(Failure) -> Voice {
        let voice = try Voice(catalog, settings, host, redaction, time, parts)
        try await voice.begin()
        return voice
    }

    /// The short form, for a sender alone.
    package static func open(
        catalog: Catalog, settings: VoiceSettings, time: SystemTime = .live, send: @escaping Sending
    ) async throws(Failure) -> Voice {
        try await open(catalog: catalog, settings: settings, host: "localhost", time: time, parts: Parts(send: send))
    }

    private init(
        _ catalog: Catalog, _ settings: VoiceSettings, _ host: String, _ redaction: Redaction, _ time: SystemTime,
        _ parts: Parts
    ) throws(Failure) {
        do throws(ThreadError) { executor = try ThreadExecutor(name: "voice") } catch { throw .noThread(error) }
        self.catalog = catalog
        self.time = time
        self.parts = parts
        self.host = host
        self.settings = settings
        startedAt = time.wall()
        escalation = Escalation(settings)
        wording = Wording(host: host, redaction: redaction)
        coalescer = Coalescer(gather: settings.gather)
        deadMan = settings.ping.map { DeadMan(every: $0.every) }
    }

    private func begin() throws(Failure) {
        for message in try catalog.waitingMessages() { waiting[message.channel, default: []].append(message) }
        sent = try catalog.sentMessages(since: time.wall().adding(seconds: -3600))
        for one in try catalog.toldAlerts() { told[one.key] = one }
        lastDigest = try catalog.newestDigest()
        delivery.lastDeliveredAt = sent.map(\.at).max()
        dropUnknownChannels()
        refreshDelivery()
    }

    /// Takes new settings: what waits for a channel that is gone ends, and the log says so.
    ///
    /// `send` and `ping` know the new channels and their secrets; what is under way goes on as it began.
    package func obey(
        _ settings: VoiceSettings, redaction: Redaction, send: @escaping Sending,
        ping: @escaping @Sendable (PingSettings) async -> DeliveryResult
    ) {
        self.settings = settings
        parts.send = send
        parts.ping = ping
        escalation = Escalation(settings)
        wording.redaction = redaction
        coalescer = Coalescer(gather: settings.gather)
        if deadMan?.every != settings.ping?.every { deadMan = settings.ping.map { DeadMan(every: $0.every) } }
        dropUnknownChannels()
        refreshDelivery()
    }

    /// Ends sending: what is under way gets some seconds, what waits stays in the catalog.
    package func close(patience: Duration = .seconds(5)) async {
        isClosed = true
        let under = Array(lanes.values)
        guard !under.isEmpty else { return }
        let limit = Task {
            try? await Task.sleep(for: patience)
            for lane in under { lane.cancel() }
        }
        // A sender that obeys cancellation ends soon after; one that does not is left behind.
        let done = AsyncStream<Void>.makeStream()
        Task {
            for lane in under { await lane.value }
            done.continuation.finish()
        }
        Task {
            await limit.value
            try? await Task.sleep(for: .seconds(1))
            done.continuation.finish()
        }
        for await _ in done.stream {}
        limit.cancel()
    }

    /// How the voice stands, for the engine's state.
    package var state: DeliveryState { delivery }

    /// Who is told next and when, if nobody acts.
    package func escalation(for alert: Alert) -> [EscalationStep] {
        settings.on.contains(.error)
            ? escalation.ahead(of: alert, told: told[Escalation.key(of: alert)]?.messages ?? []) : []
    }

    /// The reason why the last message over each channel did not go out, by channel.
    package var problemsByChannel: [String: String] { problems }

    func refreshDelivery() {
        let all = waiting.values.joined()
        delivery.waiting = all.count
        delivery.oldestWaitingAt = all.map(\.createdAt).min()
    }

    func log(_ severity: Severity, _ code: String, _ words: String) {
        parts.events(
            Event(
                at: time.wall(), severity: severity, component: "voice", code: code,
                message: wording.redaction.clean(words)))
    }

    private func dropUnknownChannels() {
        let known = Set(settings.channels.map(\.name))
        for (channel, messages) in waiting where !known.contains(channel) && lanes[channel] == nil {
            for message in messages {
                try? catalog.end(message.id, .refused, at: time.wall(), problem: "the channel is gone")
                log(.warn, "MESSAGE_DROPPED", "no channel is named \(channel) any more: \(message.subject)")
            }
            waiting[channel] = nil
        }
    }
}
