import BackupModel
import WorkerKit

/// New settings while the engine works.
struct Reloading {
    /// Mirrors as the settings want them, while some of them still work by the old ones.
    var wanted: [MirrorSettings]?
    /// Mirrors that have no worker for a moment.
    var changing: Set<String> = []
    var isTaking = false
}

extension Engine {
    /// Takes the settings as they are now; runs in progress keep theirs (J10), a bad file changes nothing.
    func reload(_ parts: EngineParts) async throws(Failure) -> String {
        guard let reread = configuration.outside.reread else {
            throw .jobRefused("RELOAD_IMPOSSIBLE", "this engine was not started from a settings file", "")
        }
        let fresh = try await reread().get()
        reloading.wanted = fresh.mirrors
        let late = try await takeMirrors()
        try await reloadTape(fresh.tape)
        configuration.jobs = fresh.jobs
        configuration.jobsAtOnce = fresh.jobsAtOnce
        configuration.sets = fresh.sets
        configuration.voice = fresh.voice
        configuration.redaction = fresh.redaction
        configuration.logging = fresh.logging
        configuration.runLogs = fresh.runLogs
        try await tellJobs(parts)
        await parts.log.obey(fresh.logging)
        parts.censor.obey(fresh.redaction)
        configuration.outside.deliver = fresh.outside.deliver
        configuration.outside.ping = fresh.outside.ping
        await parts.voice.obey(
            fresh.voice, redaction: fresh.redaction, send: fresh.outside.deliver, ping: fresh.outside.ping)
        fresh.outside.taken()
        publishing.lookedAt = -.infinity
        let counts = "\(fresh.mirrors.count) mirrors, \(fresh.jobs.count) jobs, \(fresh.sets.count) sets"
        return "settings read: " + counts
            + (late.isEmpty ? "" : "; when its run ends too: " + late.joined(separator: ", "))
    }

    private func tellJobs(_ parts: EngineParts) async throws(Failure) {
        try await parts.jobs.reload(
            configuration.jobs, works: works, atOnce: configuration.jobsAtOnce, retention: configuration.runLogs)
    }

    /// Mirrors that were at work when their settings changed have new ones as soon as they rest.
    func takeLateMirrors(_ parts: EngineParts) async {
        guard reloading.wanted != nil, !reloading.isTaking, !isClosing else { return }
        let before = configuration.mirrors
        do throws(Failure) {
            _ = try await takeMirrors()
            if configuration.mirrors != before { try await tellJobs(parts) }
        } catch {
            // Not tried again four times a second: the next reload does.
            reloading.wanted = nil
            parts.log.post(
                Event(
                    at: time.wall(), severity: .error, component: "engine", code: "MIRROR_NOT_TAKEN",
                    message: "a mirror cannot take its new settings: \(error.message)", failure: error))
        }
    }

    /// Gives every mirror at rest the settings that are wanted; returns the names of those at work.
    private func takeMirrors() async throws(Failure) -> [String] {
        guard !reloading.isTaking, let wanted = reloading.wanted else { return [] }
        reloading.isTaking = true
        defer { reloading.isTaking = false }
        var late: [String] = []
        for name in Set((wanted + configuration.mirrors).map(\.name)).sorted() {
            let new = wanted.first { $0.name == name }
            let isTaken = configuration.mirrors.first { $0.name == name } == new
            let isThere = desks[name] != nil || closedMirrors[name] != nil
            if isTaken, isThere == (new != nil) { continue }
            if desks[name]?.isBusy == true || mirrorJobs[name] != nil {
                late.append(name)
            } else {
                try await replace(name, by: new)
            }
        }
        let order = wanted.map(\.name)
        configuration.mirrors.sort {
            (order.firstIndex(of: $0.name) ?? .max, $0.name) < (order.firstIndex(of: $1.name) ?? .max, $1.name)
        }
        // Another reload may have come meanwhile.
        if late.isEmpty, reloading.wanted == wanted { reloading.wanted = nil }
        return late
    }

    private func replace(_ name: String, by new: MirrorSettings?) async throws(Failure) {
        reloading.changing.insert(name)
        defer { reloading.changing.remove(name) }
        let gone = desks.removeValue(forKey: name)
        closedMirrors[name] = nil
        configuration.mirrors.removeAll { $0.name == name }
        if let new { configuration.mirrors.append(new) }
        await gone?.close()
        if let new { try await openOrClose(new) }
    }
}
