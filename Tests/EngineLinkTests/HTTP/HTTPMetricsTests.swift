import BackupModel
import Foundation
import Testing

@testable import EngineLink

@Suite struct HTTPMetricsTests {
    private func lines(_ format: MetricsFormat = .prometheus, counters: MetricsCounters = .init()) -> [String] {
        metricsText(.sample, counters, at: .noon.adding(seconds: 60), as: format).split(separator: "\n").map(
            String.init)
    }

    @Test(
        "one of everything is there, with its value",
        arguments: [
            #"holdfast_engine_info{version="0.4",host="vault"} 1"#, "holdfast_engine_uptime_seconds 3660",
            "holdfast_engine_state_age_seconds 60", "holdfast_events_total 41", #"holdfast_hold{reason="drain"} 0"#,
            #"holdfast_consoles_attached{mode="read_only"} 1"#, #"holdfast_job_running{job="nightly"} 1"#,
            #"holdfast_job_running{job="dump"} 0"#, #"holdfast_job_waiting_for_request{job="nightly"} 1"#,
            #"holdfast_job_last_result{job="nightly",result="ok_with_warnings"} 1"#,
            #"holdfast_job_last_result{job="nightly",result="failed"} 0"#,
            #"holdfast_job_last_duration_seconds{job="nightly"} 100"#,
            #"holdfast_job_next_start_time_seconds{job="nightly"} 1791165600"#,
            #"holdfast_job_runs_total{job="dump",result="ok"} 0"#,
            #"holdfast_mirror_remaining_bytes{mirror="co\"ld\\\n"} 700"#,
            #"holdfast_mirror_rate_bytes_per_second{mirror="co\"ld\\\n"} 12.5"#,
            #"holdfast_mirror_stalled_seconds{mirror="co\"ld\\\n"} 3"#,
            #"holdfast_mirror_volume_free_bytes{mirror="co\"ld\\\n"} 5000"#,
            #"holdfast_requests_open{kind="attach_volume"} 1"#, #"holdfast_requests_open{kind="choose"} 0"#,
            #"holdfast_request_oldest_age_seconds{kind="attach_volume"} 150"#,
            #"holdfast_alerts{severity="error"} 1"#, #"holdfast_alerts_loud{severity="error"} 1"#,
            #"holdfast_set_newest_verified_age_seconds{set="blobs",priority="critical"} 160"#,
            #"holdfast_set_newest_verified_age_seconds{set="never",priority="normal"} +Inf"#,
            #"holdfast_set_goal_seconds{set="blobs",priority="critical"} 93600"#,
            "holdfast_delivery_waiting_messages 0",
        ])
    func sample(line: String) { #expect(lines().contains(line)) }

    @Test func absentValuesHaveNoSample() {
        #expect(!lines().contains { $0.hasPrefix(#"holdfast_job_last_duration_seconds{job="dump"}"#) })
        #expect(!lines().contains { $0.hasPrefix(#"holdfast_set_goal_seconds{set="never""#) })
        #expect(!lines().contains { $0.contains("holdfast_delivery_last_success") })
    }

    @Test func openMetricsNamesCountersWithoutTotalAndEnds() {
        let text = lines(.openMetrics)
        #expect(text.last == "# EOF")
        #expect(text.contains("# TYPE holdfast_job_runs counter"))
        #expect(text.contains(#"holdfast_job_runs_total{job="dump",result="ok"} 0"#))
        #expect(text.contains("# TYPE holdfast_engine info"))
        #expect(lines().contains("# TYPE holdfast_job_runs_total counter"))
        #expect(lines().contains("# TYPE holdfast_engine_info gauge"))
        #expect(!lines().contains("# EOF"))
    }

    @Test func everyFamilyIsDescribedOnceBeforeItsSamples() {
        for format in [MetricsFormat.prometheus, .openMetrics] {
            var described: Set<Substring> = []
            for line in lines(format) where line.hasPrefix("# TYPE ") {
                #expect(described.insert(line.split(separator: " ")[2]).inserted, "\(line)")
            }
            #expect(described.count > 30)
        }
    }

    @Test(arguments: [
        ("", false), ("text/plain", false), ("application/openmetrics-text", true),
        ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3", true),
        ("application/openmetrics-text;q=0.2, text/plain;q=0.3", false),
        ("application/openmetrics-text;q=0", false), ("*/*", false),
        ("APPLICATION/OpenMetrics-Text ; q=1 , text/plain", true), ("application/openmetrics-text;q=x", false),
    ])
    func acceptHeader(accept: String, isOpenMetrics: Bool) {
        #expect(prefersOpenMetrics(accept: accept) == isOpenMetrics)
    }

    @Test(arguments: [
        (Double.infinity, "+Inf"), (-Double.infinity, "-Inf"), (.nan, "NaN"), (1e21, "1e+21"), (0.5, "0.5"),
        (3, "3"), (-0.0, "0"),
    ])
    func numerals(value: Double, text: String) { #expect(metricNumeral(value) == text) }

    @Test("runs are counted once each, and bytes over the runs of a mirror")
    func counters() {
        var counters = MetricsCounters()
        var state = EngineState.sample
        counters.observe(state)
        #expect(counters.runs["nightly"]?[.okWithWarnings] == nil)
        #expect(counters.mirrors["co\"ld\\\n"]?.bytes == 300)
        state.jobs[0].lastRun?.run = RunID(bits: 2)
        counters.observe(state)
        counters.observe(state)
        #expect(counters.runs["nightly"]?[.okWithWarnings] == 1)
        state.copies[0].progress.thisRun.bytes = 450
        counters.observe(state)
        state.copies[0].run = RunID(bits: 9)
        state.copies[0].progress.thisRun = Amount(count: 1, bytes: 50)
        state.copies[0].progress.retries = 2
        counters.observe(state)
        let mirror = counters.mirrors["co\"ld\\\n"]
        #expect(mirror?.bytes == 500)
        #expect(mirror?.blobs == 3)
        #expect(mirror?.retries == 3)
    }

    /// Prometheus' own judge, where it is there: `HOLDFAST_PROMTOOL` or `promtool` of the path.
    @Test(.enabled(if: promtool != nil, "promtool is not there"))
    func promtoolTakesIt() async throws {
        let tool = try #require(promtool)
        let text = metricsText(.sample, .init(), at: .noon, as: .prometheus)
        let (status, output) = try await onThread { () -> Result<(Int32, String), any Error> in
            Result {
                let process = Process()
                let (input, result) = (Pipe(), Pipe())
                process.executableURL = URL(fileURLWithPath: tool)
                process.arguments = ["check", "metrics"]
                (process.standardInput, process.standardOutput, process.standardError) = (input, result, result)
                try process.run()
                try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
                try input.fileHandleForWriting.close()
                let output = String(decoding: result.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                process.waitUntilExit()
                return (process.terminationStatus, output)
            }
        }.get()
        #expect(status == 0, "\(output)")
        #expect(output.isEmpty, "\(output)")
    }
}

private let promtool: String? = {
    let environment = ProcessInfo.processInfo.environment
    let folders = (environment["PATH"] ?? "").split(separator: ":").map { String($0) + "/promtool" }
    return ([environment["HOLDFAST_PROMTOOL"] ?? ""] + folders).first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
}()
