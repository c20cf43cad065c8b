import BackupModel
import Glibc
import WorkerKit

/// What the demo breaks on purpose, at the seam of the file calls: the program has to find out by itself.
struct DemoFaults {
    /// Its bytes are not those its name promises.
    let corrupt: BlobID
    /// Listed, and gone when its turn comes.
    let missing: BlobID
    /// Seconds in which the target takes nothing.
    let stall: Double
    private let plan = FaultPlan()

    init(ids: [BlobID], stall: Double) {
        corrupt = ids[ids.count / 3]
        missing = ids[ids.count * 2 / 3]
        self.stall = stall
    }

    /// The demo's two sides: real files under the plan.
    func files() -> (source: any FileCalls, target: any FileCalls) {
        (FaultyFiles(LinuxFiles(side: .source), plan), FaultyFiles(LinuxFiles(side: .destination), plan))
    }

    /// Begins to break things; called when the store has been listed.
    func begin(workers: Int, blobs: Int) {
        plan.add(FaultRule(.flip, [.read], side: .source, times: nil, path: isFile(corrupt)))
        plan.add(FaultRule(.fail(ENOENT), [.open, .status], side: .source, times: nil, path: isFile(missing)))
        guard stall > 0 else { return }
        let turn = max(1, blobs * 2 / 5)
        plan.add(FaultRule(.delay(seconds: stall), [.write], side: .destination, from: turn, times: workers))
    }

    private func isFile(_ id: BlobID) -> @Sendable (PathBytes) -> Bool {
        let name = id.hex
        return { $0.bytes.suffix(64).elementsEqual(name) }
    }

    /// What is wrong with the failures that were reported: nothing, when each planted fault is there once, on the
    /// right side, and nothing else is.
    func complaints(about failures: [BlobFailure]) -> [String] {
        var complaints: [String] = []
        for (id, state) in [(corrupt, BlobState.sourceCorrupt), (missing, .sourceMissing)] {
            let found = failures.filter { $0.id == id }
            if found.count != 1 { complaints.append("\(id) was reported \(found.count) times, not once") }
            for failure in found where failure.state != state || failure.failure.side != .source {
                complaints.append("\(id) was reported as \(failure.state.word) (\(failure.failure.side.rawValue))")
            }
        }
        complaints += failures.filter { $0.id != corrupt && $0.id != missing }
            .map { "\($0.id) was reported as \($0.state.word) and nothing is wrong with it" }
        return complaints
    }
}
