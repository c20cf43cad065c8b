import BackupCatalog
import BackupModel
import Foundation
import Testing
import WorkerKit

@testable import BlobCopier

/// Copies a store given by `HOLDFAST_SPEED_SOURCE` to `HOLDFAST_SPEED_TARGET` and prints what it took; for tuning.
@Suite struct SpeedProbe {
    static let environment = ProcessInfo.processInfo.environment

    @Test(.enabled(if: environment["HOLDFAST_SPEED_SOURCE"] != nil))
    func speed() async throws {
        let source = try #require(Self.environment["HOLDFAST_SPEED_SOURCE"])
        let target = try #require(Self.environment["HOLDFAST_SPEED_TARGET"])
        let state = target + ".state"
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
        let index = try SQLiteBlobIndex(try BlobIndexStore(path: state + "/speed.sqlite"))
        var settings = MirrorSettings(name: "speed", source: source, target: target, keepFree: 0)
        settings.workers = Self.environment["HOLDFAST_SPEED_WORKERS"].flatMap(Int.init) ?? 8
        let copier = Copier(
            settings: settings, index: index, source: LinuxFiles(side: .source),
            target: LinuxFiles(side: .destination), stateFolder: state, events: { print($0.code, $0.message) })
        let clock = ContinuousClock()
        print("enrol", try await clock.measure { _ = try await copier.enrol() })
        // Cold, as after a day.
        try? "3".write(toFile: "/proc/sys/vm/drop_caches", atomically: false, encoding: .utf8)
        let policy: ReadBack = Self.environment["HOLDFAST_SPEED_READBACK"] == "direct" ? .direct : .none
        print(
            "run",
            try await clock.measure {
                let summary = try await copier.run(RunOverrides(readBack: policy))
                #expect(summary.result == .ok)
            })
        print("again", try await clock.measure { _ = try await copier.run() })
        print(copier.gauges.read().shares)
        print(
            try String(contentsOfFile: "/proc/self/status", encoding: .utf8).split(separator: "\n").first {
                $0.hasPrefix("VmHWM")
            } ?? "")
    }
}
