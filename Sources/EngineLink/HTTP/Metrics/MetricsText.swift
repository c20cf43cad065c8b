import BackupModel

/// The metrics of one state at a time, as text.
func metricsText(
    _ state: EngineState, _ counters: MetricsCounters, at now: WallTime, as format: MetricsFormat
) -> String {
    let families =
        engineMetrics(state, at: now) + jobMetrics(state.jobs, counters) + mirrorMetrics(state.copies, counters)
        + tapeMetrics(state.tape) + requestMetrics(state.requests, at: now) + alertMetrics(state.alerts, at: now)
        + setMetrics(state.sets, at: now) + deliveryMetrics(state.delivery, at: now)
    return families.map { $0.text(format) }.joined() + (format == .openMetrics ? "# EOF\n" : "")
}

private typealias Labels = [(name: String, value: String)]

/// A gauge with one sample for each thing that has a value.
private func gauge<Item>(
    _ name: String, _ help: String, _ items: [Item], _ labels: (Item) -> Labels, _ value: (Item) -> Double?
) -> MetricFamily {
    family(name, .gauge, help, items, labels, value)
}

private func family<Item>(
    _ name: String, _ kind: MetricFamily.Kind, _ help: String, _ items: [Item], _ labels: (Item) -> Labels,
    _ value: (Item) -> Double?
) -> MetricFamily {
    MetricFamily(
        name: "holdfast_" + name, kind: kind, help: help,
        samples: items.compactMap { item in value(item).map { .init(labels: labels(item), value: $0) } })
}

private func single(_ name: String, _ help: String, _ value: Double?, _ labels: Labels = []) -> MetricFamily {
    gauge(name, help, [0], { _ in labels }, { _ in value })
}

private func unixSeconds(_ time: WallTime?) -> Double? { time.map { Double($0.milliseconds) / 1000 } }

private func engineMetrics(_ state: EngineState, at now: WallTime) -> [MetricFamily] {
    let hold = state.hold
    let holds = [
        ("maintenance", hold.maintenanceUntil != nil), ("drain", hold.isDraining), ("stop_file", hold.stopFile != nil),
        ("clock", hold.clockFrozen != nil),
    ]
    return [
        family(
            "engine", .info, "The engine's version and host.", [state],
            { [("version", $0.version), ("host", $0.host)] }, { _ in 1 }),
        single("engine_start_time_seconds", "When the engine began, in Unix time.", unixSeconds(state.startedAt)),
        single("engine_uptime_seconds", "How long the engine runs.", max(0, now.seconds(since: state.startedAt))),
        single("engine_state_age_seconds", "Age of the state shown here.", max(0, now.seconds(since: state.at))),
        family(
            "events", .counter, "Events, over all engines of this state folder.", [state], { _ in [] },
            { Double($0.newestEvent) }),
        gauge(
            "hold", "1 while this holds jobs, or for the clock deletions.", holds, { [("reason", $0.0)] },
            { $0.1 ? 1 : 0 }),
        gauge(
            "consoles_attached", "Consoles attached.", [false, true],
            { [("mode", $0 ? "read_only" : "full")] },
            { isReadOnly in Double(state.consoles.count { $0.isReadOnly == isReadOnly }) }),
    ]
}

private func jobMetrics(_ jobs: [JobState], _ counters: MetricsCounters) -> [MetricFamily] {
    let label = { (job: JobState) -> Labels in [("job", job.name)] }
    let results = jobs.flatMap { job in JobResult.allCases.map { (job: job, result: $0) } }
    let both = { (item: (job: JobState, result: JobResult)) -> Labels in
        [("job", item.job.name), ("result", item.result.rawValue)]
    }
    return [
        gauge("job_enabled", "1 when the schedule may start it.", jobs, label) { $0.isEnabled ? 1 : 0 },
        gauge("job_running", "1 while a run has begun and not ended.", jobs, label) { $0.phase.isActive ? 1 : 0 },
        gauge("job_queued", "1 while it wants to run and may not yet.", jobs, label) { job in
            if case .queued = job.phase { 1 } else { 0 }
        },
        gauge("job_waiting_for_request", "1 while it waits for a person.", jobs, label) { job in
            if case .waiting = job.phase { 1 } else { 0 }
        },
        gauge("job_last_result", "1 for how the last run ended.", results, both) { item in
            item.job.lastRun?.result.map { $0 == item.result ? 1 : 0 }
        },
        gauge("job_last_duration_seconds", "How long the last run took.", jobs, label) { $0.lastRun?.seconds },
        gauge("job_last_end_time_seconds", "When the last run ended, in Unix time.", jobs, label) {
            unixSeconds($0.lastRun?.endedAt)
        },
        gauge("job_last_bytes", "Bytes the last run made safe, found or proved.", jobs, label) {
            $0.lastRun.map { Double($0.done.bytes) }
        },
        gauge("job_expected_duration_seconds", "Median of its last good runs.", jobs, label) { $0.expectedSeconds },
        gauge("job_next_start_time_seconds", "Its next planned start, in Unix time.", jobs, label) {
            unixSeconds($0.nextAt)
        },
        family("job_runs", .counter, "Runs that ended since the engine began.", results, both) { item in
            Double(counters.runs[item.job.name]?[item.result] ?? 0)
        },
    ]
}

private func mirrorMetrics(_ copies: [CopyState], _ counters: MetricsCounters) -> [MetricFamily] {
    let label = { (copy: CopyState) -> Labels in [("mirror", copy.name)] }
    func counter(
        _ name: String, _ help: String, _ value: @escaping (MetricsCounters.Mirror) -> Double
    ) -> MetricFamily {
        family(name, .counter, help, copies, label) { value(counters.mirrors[$0.name] ?? .init()) }
    }
    return [
        counter("mirror_copied_bytes", "Bytes made safe since the engine began.") { Double($0.bytes) },
        counter("mirror_copied_blobs", "Blobs made safe since the engine began.") { Double($0.blobs) },
        counter("mirror_retries", "Tries after a first one since the engine began.") { Double($0.retries) },
    ] + mirrorGauges(copies, label)
}

private func mirrorGauges(_ copies: [CopyState], _ label: (CopyState) -> Labels) -> [MetricFamily] {
    [
        gauge("mirror_active", "1 while it scans, copies or verifies.", copies, label) { copy in
            switch copy.phase {
            case .scanning, .reconciling, .copying, .verifying: 1
            case .idle, .paused, .waiting, .finished: 0
            }
        },
        gauge("mirror_remaining_bytes", "Bytes not yet safe.", copies, label) { Double($0.progress.remaining.bytes) },
        gauge("mirror_remaining_blobs", "Blobs not yet safe.", copies, label) { Double($0.progress.remaining.count) },
        gauge("mirror_failed_bytes", "Bytes that need a person.", copies, label) { Double($0.progress.failed.bytes) },
        gauge("mirror_failed_blobs", "Blobs that need a person.", copies, label) { Double($0.progress.failed.count) },
        gauge("mirror_rate_bytes_per_second", "Bytes a second over the last minute.", copies, label) {
            $0.rates.oneMinute
        },
        gauge("mirror_stalled_seconds", "Time without progress while there is work.", copies, label) {
            $0.rates.stalledFor
        },
        gauge("mirror_volume_present", "1 while the volume is there.", copies, label) { $0.volume.isPresent ? 1 : 0 },
        gauge("mirror_volume_free_bytes", "Bytes free on the volume.", copies, label) {
            $0.volume.isPresent ? Double($0.volume.free) : nil
        },
        gauge("mirror_volume_size_bytes", "Bytes the volume holds.", copies, label) {
            $0.volume.isPresent ? Double($0.volume.capacity) : nil
        },
    ]
}

private func requestMetrics(_ requests: [Request], at now: WallTime) -> [MetricFamily] {
    let label = { (kind: RequestKind) -> Labels in [("kind", kind.rawValue)] }
    return [
        gauge("requests_open", "Questions to the operator.", RequestKind.allCases, label) { kind in
            Double(requests.count { $0.isOpen && $0.kind == kind })
        },
        gauge("request_oldest_age_seconds", "Age of the oldest open one; 0: none.", RequestKind.allCases, label) {
            kind in
            requests.filter { $0.isOpen && $0.kind == kind }.map { max(0, now.seconds(since: $0.raisedAt)) }.max() ?? 0
        },
    ]
}

private func alertMetrics(_ alerts: [Alert], at now: WallTime) -> [MetricFamily] {
    let label = { (severity: Severity) -> Labels in [("severity", severity.lowerWord)] }
    return [
        gauge("alerts", "Alerts raised and not cleared.", Severity.allCases, label) { severity in
            Double(alerts.count { $0.severity == severity })
        },
        gauge("alerts_loud", "Of these, neither acknowledged nor snoozed.", Severity.allCases, label) { severity in
            Double(alerts.count { $0.severity == severity && $0.isLoud(at: now) })
        },
    ]
}

private func setMetrics(_ sets: [RecoverySetState], at now: WallTime) -> [MetricFamily] {
    let label = { (set: RecoverySetState) -> Labels in [("set", set.name), ("priority", set.priority.rawValue)] }
    return [
        gauge(
            "set_newest_verified_age_seconds", "Age of the newest verified copy; +Inf: there is none.", sets, label
        ) { set in set.newestVerifiedAt.map { now.seconds(since: $0) } ?? .infinity },
        gauge("set_goal_seconds", "How old the newest verified copy may be.", sets, label) { $0.goal },
        gauge("set_restore_goal_seconds", "Within which it must be possible to restore.", sets, label) {
            $0.restoreWithin
        },
        gauge("set_late", "1 while the goal is missed.", sets, label) { $0.isLate(at: now) ? 1 : 0 },
    ]
}

private func deliveryMetrics(_ delivery: DeliveryState, at now: WallTime) -> [MetricFamily] {
    [
        single(
            "delivery_waiting_messages", "Messages that could not be told to anybody yet.", Double(delivery.waiting)),
        single(
            "delivery_oldest_age_seconds", "Age of the oldest waiting message; 0: none.",
            delivery.oldestWaitingAt.map { max(0, now.seconds(since: $0)) } ?? 0),
        single(
            "delivery_last_success_time_seconds", "When a message last went out, in Unix time.",
            unixSeconds(delivery.lastDeliveredAt)),
    ]
}
