import BackupModel

/// Orders what ends with a report, an enrolment or a dry run, and waits for that.
struct MirrorInquiry {
    var mirror: MirrorOptions

    func findings(_ intent: Intent) async throws -> MirrorFindings {
        let work = try await WorkingEngine.open(mirror.place)
        let signals = EndSignals()
        let name = mirror.name
        signals.onEnd { _ in
            work.hurry()
            Task { _ = await work.port.send(.stopMirror(name: name)) }
        }
        do {
            try await work.check(name)
            try await work.begin(intent)
            let found = try await wait(work)
            await work.close()
            return found
        } catch {
            await work.close()
            if let number = signals.received { throw Ended(number == 15 ? .terminated : .interrupted) }
            throw error
        }
    }

    private func wait(_ work: WorkingEngine) async throws -> MirrorFindings {
        while true {
            switch await work.port.ask(.findings(mirror: mirror.name)) {
            case .findings(.failed(let failure)), .refused(let failure): throw failure
            case .findings(.underWay): try await Task.sleep(for: .milliseconds(100))
            case .findings(let found): return found
            default: return .none
            }
        }
    }
}

extension Failure {
    /// Another order took the place of ours meanwhile, or the engine is of another version.
    static let noFindings = Failure(
        code: "NO_FINDINGS", side: .engine, message: "the engine has no report of it", hint: "Order it again.")
}
