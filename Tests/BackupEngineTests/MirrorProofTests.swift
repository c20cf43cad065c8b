import BackupCatalog
import BackupModel
import Foundation
import Testing

@testable import BackupEngine

@Suite struct MirrorProofTests {
    private static func hours(_ count: Double) -> WallTime { start.adding(seconds: count * 3600) }

    private static func run(
        _ kind: RunSummary.Kind = .run, _ result: RunResult? = .ok, at hour: Double = 1, bits: UInt64 = 7
    ) -> RunSummary {
        RunSummary(
            run: RunID(bits: bits), kind: kind, startedAt: hours(hour - 0.5), endedAt: hours(hour), result: result)
    }

    private static func tally(_ counts: [BlobState: Int]) -> Tally {
        Tally(counts.mapValues { Amount(count: $0, bytes: Int64($0) * 10) })
    }

    // MARK: What a run proves

    struct End: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var kind = RunSummary.Kind.run
        var result: RunResult? = .ok
        var counts: [BlobState: Int]
        /// Each row's method, result and count of failed blobs.
        var rows: [String]
    }

    @Test(
        "the end of a run leaves rows by what the index holds then",
        arguments: [
            End(
                testDescription: "whole and read back", counts: [.verified: 9],
                rows: ["hashed_in_flight ok 0", "read_back ok 0"]),
            End(
                testDescription: "whole, to be verified later", counts: [.verified: 5, .placed: 4],
                rows: ["hashed_in_flight ok 0"]),
            End(
                testDescription: "an empty source", counts: [:], rows: ["hashed_in_flight ok 0", "read_back ok 0"]),
            End(
                testDescription: "whole but for the source", result: .okWithWarnings,
                counts: [.verified: 9, .sourceCorrupt: 2, .sourceMissing: 1],
                rows: ["hashed_in_flight ok_with_warnings 3", "read_back ok_with_warnings 3"]),
            End(
                testDescription: "ended well at its limit (I5)", counts: [.verified: 9, .pending: 1],
                rows: ["hashed_in_flight interrupted 0"]),
            End(
                testDescription: "interrupted, though nothing is left", result: .interrupted, counts: [.verified: 9],
                rows: ["hashed_in_flight interrupted 0"]),
            End(
                testDescription: "failed", result: .failed, counts: [.verified: 9, .pending: 1],
                rows: ["hashed_in_flight interrupted 0"]),
            End(
                testDescription: "a blob that cannot be written", result: .okWithWarnings,
                counts: [.verified: 9, .blocked: 1, .sourceCorrupt: 1], rows: ["hashed_in_flight failed 2"]),
            End(
                testDescription: "damage on the volume beside damage in the source", result: .okWithWarnings,
                counts: [.verified: 9, .corrupt: 1, .sourceCorrupt: 1], rows: ["hashed_in_flight failed 2"]),
            End(testDescription: "it has no end", result: nil, counts: [.verified: 9], rows: []),
            End(testDescription: "a scan proves no copy", kind: .scan, counts: [.verified: 9], rows: []),
            End(
                testDescription: "verified", kind: .verify, counts: [.verified: 9], rows: ["read_back ok 0"]),
            End(
                testDescription: "verified while new ones wait to be copied", kind: .verify,
                counts: [.verified: 9, .pending: 3], rows: ["read_back ok 0"]),
            End(
                testDescription: "verified in part", kind: .verify, counts: [.verified: 5, .placed: 4],
                rows: ["read_back interrupted 0"]),
            End(
                testDescription: "some could not be judged", kind: .verify, result: .okWithWarnings,
                counts: [.verified: 9], rows: ["read_back interrupted 0"]),
            End(
                testDescription: "verified, the source is damaged", kind: .verify,
                counts: [.verified: 9, .sourceCorrupt: 2], rows: ["read_back ok_with_warnings 2"]),
            End(
                testDescription: "verification finds damage, even when it is ended early", kind: .verify,
                result: .interrupted, counts: [.verified: 6, .corrupt: 1, .unreadable: 1, .lost: 1],
                rows: ["read_back failed 3"]),
        ])
    func rows(_ end: End) {
        let rows = MirrorProof.rows(
            of: Self.run(end.kind, end.result), Self.tally(end.counts), mirror: "cold", volume: "v", by: "job j")
        #expect(rows.map { "\($0.method.rawValue) \($0.result.rawValue) \($0.failed.count)" } == end.rows)
        #expect(rows.allSatisfy { $0.job == "cold" && $0.run == RunID(bits: 7) && $0.at == Self.hours(1) })
    }

    // MARK: How a mirror stands

    private static func whole(at hour: Double, flawed: Int = 0) -> [Evidence] {
        MirrorProof.rows(
            of: run(.run, flawed == 0 ? .ok : .okWithWarnings, at: hour, bits: UInt64(hour)),
            tally([.verified: 9, .sourceCorrupt: flawed]), mirror: "cold", volume: "v", by: "")
    }

    private static func unread(at hour: Double) -> [Evidence] {
        MirrorProof.rows(
            of: run(at: hour, bits: UInt64(hour)), tally([.placed: 9]), mirror: "cold", volume: "v", by: "")
    }

    private static func broken(at hour: Double) -> [Evidence] {
        MirrorProof.rows(
            of: run(.run, .interrupted, at: hour), tally([.verified: 8, .pending: 1]), mirror: "cold", volume: "v",
            by: "")
    }

    private static func verified(at hour: Double, _ counts: [BlobState: Int] = [.verified: 9]) -> [Evidence] {
        MirrorProof.rows(of: run(.verify, at: hour), tally(counts), mirror: "cold", volume: "v", by: "")
    }

    struct Story: CustomTestStringConvertible, Sendable {
        var testDescription: String
        /// The oldest first.
        var evidence: [[Evidence]]
        var provedAt: Double?
        var flawed = 0
        var words: String
    }

    @Test(
        "a mirror is as old as its newest whole copy that was read back since",
        arguments: [
            Story(testDescription: "nothing yet", evidence: [], words: "no whole copy yet"),
            Story(
                testDescription: "read back at once", evidence: [whole(at: 1), whole(at: 3)], provedAt: 3,
                words: "run 0000000000000003 of mirror cold"),
            Story(
                testDescription: "broken runs take nothing away", evidence: [whole(at: 1), broken(at: 2)],
                provedAt: 1, words: "run 0000000000000001"),
            Story(
                testDescription: "not verified yet", evidence: [unread(at: 1)],
                words: "run 0000000000000001 of mirror cold, ended 2025-10-09T09:53:20Z, not verified yet"),
            Story(
                testDescription: "verified later", evidence: [unread(at: 1), verified(at: 2)], provedAt: 1,
                words: "verified 2025-10-09T10:53:20Z"),
            Story(
                testDescription: "a verification counts for what was made before it",
                evidence: [unread(at: 1), verified(at: 2), unread(at: 3)], provedAt: 1, words: "run 0000000000000001"),
            Story(
                testDescription: "a verification alone makes no copy", evidence: [verified(at: 2)],
                words: "no whole copy yet"),
            Story(
                testDescription: "a verification in part proves nothing",
                evidence: [unread(at: 1), verified(at: 2, [.placed: 1, .verified: 8])], words: "not verified yet"),
            Story(
                testDescription: "findings take all older proof away",
                evidence: [whole(at: 1), whole(at: 2), verified(at: 3, [.verified: 7, .corrupt: 2])],
                words: "2 damaged or lost on the volume, found 2025-10-09T11:53:20Z"),
            Story(
                testDescription: "until it is whole again",
                evidence: [whole(at: 1), verified(at: 3, [.verified: 7, .corrupt: 2]), whole(at: 4)], provedAt: 4,
                words: "run 0000000000000004"),
            Story(
                testDescription: "a copy cannot be better than its source", evidence: [whole(at: 5, flawed: 3)],
                provedAt: 5, flawed: 3, words: "; ok but 3 corrupt or gone at the source"),
            Story(
                testDescription: "what was mended is not told any more",
                evidence: [whole(at: 5, flawed: 3), whole(at: 6)], provedAt: 6, words: "run 0000000000000006"),
            Story(
                testDescription: "rows of the future are not believed (I12)",
                evidence: [whole(at: 1), whole(at: 101), verified(at: 90_000, [.corrupt: 1])], provedAt: 1,
                words: "run 0000000000000001"),
        ])
    func standing(_ story: Story) {
        let standing = MirrorStanding(story.evidence.flatMap(\.self).reversed(), now: Self.hours(100))
        #expect(standing.provedAt == story.provedAt.map(Self.hours))
        #expect(standing.flawedAtSource == story.flawed)
        #expect(standing.words.contains(story.words), "\(standing.words)")
    }
}
