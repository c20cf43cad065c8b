import BackupModel
import WorkerKit

/// Why a run cannot simply go on with the next blob.
enum Trouble: Error, Sendable {
    /// The volume is gone: wait for the same one (A10).
    case lost(Failure)
    /// A barrier failed: everything since the last good one is dropped and copied again (A16).
    case barrier(Failure)
    /// No room: stop at the first (A6).
    case full(Failure)
    /// Stop and say why.
    case fatal(Failure)

    var failure: Failure {
        switch self {
        case .lost(let failure), .barrier(let failure), .full(let failure), .fatal(let failure): failure
        }
    }

    /// What was written so far can still be made durable.
    var allowsCommit: Bool {
        switch self {
        case .full: true
        case .fatal(let failure): failure.side == .source
        case .lost, .barrier: false
        }
    }
}

/// Whose errors are whose: a blob's, or the whole run's.
enum ErrorClass: Hashable, Sendable {
    /// Try this blob again after a pause.
    case transient
    /// This blob fails with this reason.
    case blob
    case full, readOnly, lost, suspect

    init(_ error: FileError) {
        guard error.side == .destination else {
            self = error.failure.isTransient ? .transient : .blob
            return
        }
        if error.blocksVolume {
            self = error.failure.code == "DESTINATION_READONLY" ? .readOnly : .full
        } else if error.suggestsLostVolume {
            // EIO may come from one bad block: the guard tells whether the volume still answers.
            self = error.errno == 5 ? .suspect : .lost
        } else {
            self = error.failure.isTransient ? .transient : .blob
        }
    }
}

extension Trouble {
    /// The trouble of a destination error, or nil when it concerns one blob only. Looks at the volume where needed, so
    /// it may block.
    static func of(_ error: FileError, gate: VolumeGuard) -> Trouble? {
        switch ErrorClass(error) {
        case .transient, .blob: return nil
        case .full: return .full(error.failure)
        case .readOnly: return .fatal(error.failure)
        case .lost: return .lost(.lost(error.failure))
        case .suspect:
            do throws(Failure) { try gate.check() } catch { return of(error) }
            return gate.mediumAnswers() ? nil : .lost(.lost(error.failure))
        }
    }

    /// The trouble of a refusal by the guard.
    static func of(_ failure: Failure) -> Trouble {
        switch failure.code {
        case "DESTINATION_LOST", "VOLUME_NOT_MOUNTED": .lost(.lost(failure))
        default: failure.isLoss ? .lost(.lost(failure)) : .fatal(failure)
        }
    }
}

extension Failure {
    /// Errors of a device that went away, as `FailureWords` has them.
    fileprivate var isLoss: Bool { side == .destination && code == "DESTINATION_LOST" }

    /// One event for the volume, not one for each blob (A10).
    static func lost(_ cause: Failure) -> Failure {
        var failure = cause
        failure.code = "DESTINATION_LOST"
        failure.side = .destination
        failure.isTransient = true
        failure.hint = "Check cable, power and mount; the run goes on by itself when the same volume is back."
        return failure
    }

    static func noThread(_ error: ThreadError) -> Failure {
        Failure(
            code: "NO_THREAD", side: .engine, message: "the system gives no more threads", errno: error.errno,
            operation: "pthread_create", hint: "Raise the limit of processes, or use fewer workers.",
            isTransient: true)
    }
}

/// Runs calls that block on a thread of their own.
func blocking<T: Sendable>(_ name: String, _ body: @escaping @Sendable () -> T) async throws(Failure) -> T {
    do {
        return try await runBlocking(name: name, body)
    } catch {
        throw (error as? ThreadError).map(Failure.noThread)
            ?? Failure(code: "NO_THREAD", side: .engine, message: "a thread ended without an answer")
    }
}

/// The same for calls that fail.
func blockingThrowing<T: Sendable>(
    _ name: String, _ body: @escaping @Sendable () throws(Failure) -> T
) async throws(Failure) -> T {
    let result: Result<T, Failure> = try await blocking(name) { () -> Result<T, Failure> in
        do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
    }
    return try result.get()
}
