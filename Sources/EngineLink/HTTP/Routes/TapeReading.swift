import BackupModel

/// The routes that look at drives and volumes.
enum TapeReading {
    static func drives(_ call: Call) async throws(Problem) -> Response {
        .json(DriveList(drives: try await call.state().tape?.drives ?? []))
    }

    static func drive(_ call: Call) async throws(Problem) -> Response {
        let name = call.text("name") ?? ""
        guard let drive = try await call.state().tape?.drives.first(where: { $0.name == name }) else {
            throw .unknown("drive", name, hint: "GET /v1/drives lists them.")
        }
        return .json(drive)
    }

    static func volumes(_ call: Call) async throws(Problem) -> Response {
        // Without a drive there are none: a list that is empty, no error.
        guard try await call.state().tape != nil else { return .json(VolumeList(volumes: [], isFull: false)) }
        let limit = Int(call.integer("limit") ?? 100)
        let query = Query.volumes(pool: call.text("pool"), after: call.integer("after"), limit: limit)
        let volumes = try await call.ask(query) { answer in
            if case .volumes(let rows) = answer { rows } else { nil }
        }
        return .json(VolumeList(volumes: volumes, isFull: volumes.count >= limit))
    }

    static func contents(_ call: Call) async throws(Problem) -> Response {
        try await lines(.volumeContents(volume: call.text("label") ?? ""), call)
    }

    static func next(_ call: Call) async throws(Problem) -> Response {
        try await lines(.nextTape(pool: call.text("name") ?? "", drive: call.text("drive")), call)
    }

    private static func lines(_ query: Query, _ call: Call) async throws(Problem) -> Response {
        let lines = try await call.ask(query) { answer in if case .lines(let lines) = answer { lines } else { nil } }
        return .json(LineList(lines: lines))
    }
}
