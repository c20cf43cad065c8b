import BackupModel

/// Drives and volumes; nothing where no drive is configured.
func tapeMetrics(_ tape: TapeState?) -> [MetricFamily] {
    guard let tape else { return [] }
    return driveGauges(tape.drives) + driveCounters(tape.drives) + [
        volumes(tape.tally),
        MetricFamily(
            name: "holdfast_tape_needs", kind: .gauge, help: "Jobs of the next 24 hours that miss a tape.",
            samples: [.init(labels: [], value: Double(tape.needs.count))]),
    ]
}

private func driveGauges(_ drives: [DriveState]) -> [MetricFamily] {
    [
        family("active", "1 while it is written or read.", drives) {
            $0.standing == .writing || $0.standing == .reading ? 1 : 0
        },
        family("waiting", "1 while it waits for a tape.", drives) { $0.standing == .waiting ? 1 : 0 },
        family("trouble", "1 while it cannot be used.", drives) { drive in
            if case .trouble = drive.standing { 1 } else { 0 }
        },
        family("buffer_fill_bytes", "Bytes in the buffer.", drives) { $0.stream.map { Double($0.fill) } },
        family("buffer_size_bytes", "Bytes the buffer holds.", drives) { $0.stream.map { Double($0.size) } },
        family("source_rate_bytes_per_second", "What the source gives.", drives) { $0.stream?.sourceRate },
        family("drive_rate_bytes_per_second", "What the drive takes.", drives) { $0.stream?.driveRate },
        family("medium_used_bytes", "Bytes on the cartridge in it.", drives) { $0.medium.map { Double($0.used) } },
        family("medium_size_bytes", "Bytes the cartridge in it holds.", drives) {
            $0.medium?.capacity.map { Double($0) }
        },
        family("alerts", "TapeAlert flags that stand.", drives) { Double($0.health.alerts.count) },
    ]
}

/// Gauges by their kind: they begin anew with each archive, and with each cartridge.
private func driveCounters(_ drives: [DriveState]) -> [MetricFamily] {
    [
        family("stream_stops", "Times the drive was not fed, in this archive.", drives) {
            $0.stream.map { Double($0.counts.stops) }
        },
        family("stream_under_runs", "Of these, for want of data.", drives) {
            $0.stream.map { Double($0.counts.underRuns) }
        },
        family("stream_back_hitches", "Of these, so long that the tape wound back.", drives) {
            $0.stream.map { Double($0.counts.backHitches) }
        },
        family("write_retries", "Write errors that the drive corrected, since the cartridge was loaded.", drives) {
            Double($0.health.softWriteErrors)
        },
        family("write_errors", "Write errors that it could not correct.", drives) { Double($0.health.hardWriteErrors) },
        family("read_retries", "Read errors that the drive corrected.", drives) { Double($0.health.softReadErrors) },
        family("read_errors", "Read errors that it could not correct.", drives) { Double($0.health.hardReadErrors) },
    ]
}

private func family(
    _ name: String, _ help: String, _ drives: [DriveState], _ value: (DriveState) -> Double?
) -> MetricFamily {
    MetricFamily(
        name: "holdfast_tape_" + name, kind: .gauge, help: help,
        samples: drives.compactMap { drive in
            value(drive).map { .init(labels: [("drive", drive.name)], value: $0) }
        })
}

private func volumes(_ tally: VolumeTally) -> MetricFamily {
    let counts = [
        ("scratch", tally.scratch), ("appendable", tally.appendable), ("full", tally.full), ("suspect", tally.suspect),
        ("retired", tally.retired),
    ]
    return MetricFamily(
        name: "holdfast_tape_volumes", kind: .gauge, help: "Volumes by what can be done with them.",
        samples: counts.map { .init(labels: [("state", $0.0)], value: Double($0.1)) })
}
