import BackupModel

/// The routes that look.
enum Reading {
    static let mostEvents = 500

    static func state(_ call: Call) async throws(Problem) -> Response { .json(try await call.state()) }

    static func jobs(_ call: Call) async throws(Problem) -> Response {
        .json(JobList(jobs: try await call.state().jobs))
    }

    static func job(_ call: Call) async throws(Problem) -> Response {
        let name = call.text("name") ?? ""
        guard let job = try await call.state().jobs.first(where: { $0.name == name }) else {
            throw .unknown("job", name, hint: "GET /v1/jobs lists them.")
        }
        return .json(job)
    }

    static func jobRuns(_ call: Call) async throws(Problem) -> Response {
        let name = call.text("name") ?? ""
        let limit = Int(call.integer("limit") ?? 50)
        guard try await call.state().jobs.contains(where: { $0.name == name }) else {
            throw .unknown("job", name, hint: "GET /v1/jobs lists them.")
        }
        let runs = try await call.ask(.jobRuns(job: name, before: call.time("before"), limit: limit)) { answer in
            if case .jobRuns(let runs) = answer { runs } else { nil }
        }
        return .json(RunList(runs: runs, isFull: runs.count >= limit))
    }

    static func runLog(_ call: Call) async throws(Problem) -> Response {
        guard let run = RunID(call.text("run") ?? "") else { throw .malformed("no run id") }
        return .json(
            try await call.ask(.jobLog(run: run, offset: call.integer("offset") ?? 0)) { answer in
                if case .jobLog(let page) = answer { page } else { nil }
            })
    }

    static func requests(_ call: Call) async throws(Problem) -> Response {
        let which = call.text("state") ?? "open"
        var requests: [Request] = which == "closed" ? [] : try await call.state().requests
        if which != "open" { requests += try await closed(call, limit: Int(call.integer("limit") ?? 50)) }
        return .json(RequestList(requests: requests))
    }

    static func request(_ call: Call) async throws(Problem) -> Response {
        let number = Int(call.integer("number") ?? 0)
        if let open = try await call.state().requests.first(where: { $0.number == number }) { return .json(open) }
        guard let found = try await closed(call, limit: 1000).first(where: { $0.number == number }) else {
            throw .unknown("request", "\(number)", hint: "GET /v1/requests?state=all lists them.")
        }
        return .json(found)
    }

    private static func closed(_ call: Call, limit: Int) async throws(Problem) -> [Request] {
        try await call.ask(.requestHistory(limit: limit)) { answer in
            if case .requestHistory(let requests) = answer { requests } else { nil }
        }
    }

    static func alerts(_ call: Call) async throws(Problem) -> Response {
        .json(AlertList(alerts: try await call.state().alerts))
    }

    static func sets(_ call: Call) async throws(Problem) -> Response {
        let now = call.context.now()
        return .json(SetList(sets: try await call.state().sets.map { SetShape(set: $0, now: now) }))
    }

    static func mirrors(_ call: Call) async throws(Problem) -> Response {
        .json(MirrorList(mirrors: try await call.state().copies))
    }

    static func mirror(_ call: Call) async throws(Problem) -> Response { .json(try await namedMirror(call)) }

    static func mirrorFailures(_ call: Call) async throws(Problem) -> Response {
        let name = try await namedMirror(call).name
        let limit = Int(call.integer("limit") ?? 100)
        let after = call.text("after").flatMap { BlobID($0) }
        let failures = try await call.ask(.failures(mirror: name, after: after, limit: limit)) { answer in
            if case .failures(let failures) = answer { failures } else { nil }
        }
        return .json(BlobFailureList(failures: failures, isFull: failures.count >= limit))
    }

    private static func namedMirror(_ call: Call) async throws(Problem) -> CopyState {
        let name = call.text("name") ?? ""
        guard let mirror = try await call.state().copies.first(where: { $0.name == name }) else {
            throw .unknown("mirror", name, hint: "GET /v1/mirrors lists them.")
        }
        return mirror
    }

    static func schedule(_ call: Call) async throws(Problem) -> Response {
        let firings = try await call.ask(.firings(days: Int(call.integer("days") ?? 14))) { answer in
            if case .firings(let firings) = answer { firings } else { nil }
        }
        return .json(FiringList(firings: firings))
    }

    static func audit(_ call: Call) async throws(Problem) -> Response {
        let limit = Int(call.integer("limit") ?? 100)
        let entries = try await call.ask(.audit(before: call.integer("before"), limit: limit)) { answer in
            if case .audit(let entries) = answer { entries } else { nil }
        }
        return .json(AuditList(entries: entries, isFull: entries.count >= limit))
    }

    static func metrics(_ call: Call) async throws(Problem) -> Response {
        let format: MetricsFormat = prefersOpenMetrics(accept: call.accept) ? .openMetrics : .prometheus
        let state = try await call.state()
        let text = metricsText(state, await call.context.watch.counters, at: call.context.now(), as: format)
        return Response(type: format.contentType, content: .text(text))
    }

    static func description(_ call: Call) async throws(Problem) -> Response {
        Response(type: "application/json", content: .text(openAPIDescription()))
    }
}
