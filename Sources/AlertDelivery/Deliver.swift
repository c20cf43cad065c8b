package import BackupModel

/// Tries once to deliver one message over one channel; every step has an end. Mail and webhooks only: what runs a
/// program is delivered where programs are run.
package func deliver(_ message: Message, over channel: ResolvedChannel) async -> DeliveryResult {
    let redaction = Redaction(channel.secret.map { [$0] } ?? [])
    do throws(Trouble) {
        switch channel.settings.kind {
        case .mail(let settings):
            return redaction.clean(try await sendMail(message, settings, channel))
        case .webhook(let settings):
            let request = try WebRequest(message, settings, token: channel.secret, host: channel.host)
            try await exchange(request, caFile: settings.caFile, timeout: settings.timeout)
            return .delivered
        case .command, .desktop:
            throw .refused("a channel of kind \(channel.settings.kind.word) does not go over the network")
        }
    } catch {
        return redaction.clean(error.result)
    }
}

/// Asks the address of the dead man's switch once. A file is written by the engine itself.
package func ping(_ settings: PingSettings, token: Secret?) async -> DeliveryResult {
    guard case .url(let url) = settings.target else {
        return .refused(reason: "the sign of life goes to a file")
    }
    do throws(Trouble) {
        try await exchange(try WebRequest(asking: url, token: token), caFile: settings.caFile, timeout: 30)
        return .delivered
    } catch {
        return Redaction(token.map { [$0] } ?? []).clean(error.result)
    }
}

extension Redaction {
    fileprivate func clean(_ result: DeliveryResult) -> DeliveryResult {
        switch result {
        case .delivered: .delivered
        case .deliveredPartly(let reason): .deliveredPartly(reason: clean(reason))
        case .again(let reason, let after): .again(reason: clean(reason), after: after)
        case .refused(let reason): .refused(reason: clean(reason))
        }
    }
}
