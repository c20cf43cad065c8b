import Glibc
import Synchronization

/// Places where a test may end the process, and barriers that a test may take out. Inert without their variables.
///
/// `HOLDFAST_FAILPOINT` is a comma-separated list of `NAME:kill`, `NAME:kill:HIT` and `NAME:exit[:HIT]`: the HIT-th
/// time (counted from 1) the point is reached the process dies by SIGKILL, or ends with status 1 without cleaning up.
/// `HOLDFAST_OMIT` is a comma-separated list of barriers left out, which makes data loss possible: the auditor's tests
/// must turn red with each. Both are read once.
package enum Failpoint {
    private static let points = FailpointPlan.atStart
    private static let omitted = Set(environment("HOLDFAST_OMIT").split(separator: ",").map(String.init))

    @inline(__always)
    package static func hit(_ name: StaticString) {
        if let points { points.hit(name.description) }
    }

    package static func omits(_ barrier: StaticString) -> Bool {
        !omitted.isEmpty && omitted.contains(barrier.description)
    }
}

/// What `HOLDFAST_FAILPOINT` asks for.
final class FailpointPlan: Sendable {
    enum Action: String { case kill, exit }
    struct Point: Hashable {
        var name: String
        var action: Action
        var hit: Int
    }

    let points: [Point]
    private let hits = Mutex<[String: Int]>([:])

    /// Nil when the text is not understood: a mistyped failpoint makes a test that cannot fail.
    init?(_ text: String) {
        var points: [Point] = []
        for item in text.split(separator: ",") {
            let parts = item.split(separator: ":", omittingEmptySubsequences: false)
            guard (2...3).contains(parts.count), !parts[0].isEmpty, let action = Action(rawValue: String(parts[1])),
                let hit = parts.count == 3 ? Int(parts[2]) : 1, hit > 0
            else { return nil }
            points.append(Point(name: String(parts[0]), action: action, hit: hit))
        }
        self.points = points
    }

    static let atStart: FailpointPlan? = {
        let text = environment("HOLDFAST_FAILPOINT")
        if text.isEmpty { return nil }
        guard let plan = FailpointPlan(text) else {
            let message = "holdfast: HOLDFAST_FAILPOINT is not understood\n"
            _ = write(STDERR_FILENO, message, message.utf8.count)
            exit(2)
        }
        return plan
    }()

    /// What the next hit of a point does.
    func next(_ name: String) -> Action? {
        let number = hits.withLock { hits in
            hits[name, default: 0] += 1
            return hits[name]
        }
        return points.first { $0.name == name && $0.hit == number }?.action
    }

    func hit(_ name: String) {
        switch next(name) {
        case .kill:
            kill(getpid(), SIGKILL)
            while true { pause() }
        case .exit: _exit(1)
        case nil: return
        }
    }
}

private func environment(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
