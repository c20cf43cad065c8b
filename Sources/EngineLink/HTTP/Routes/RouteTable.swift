import BackupModel

/// All routes: the one truth about what the API is.
enum RouteTable {
    static let all: [Route] = overview + jobs + requests + alerts + mirrors + tapes + events + engine

    private static let overview = [
        read(
            "/metrics", "getMetrics", "Metrics for Prometheus; OpenMetrics when asked.", .metrics, [], Reading.metrics),
        read("/v1/openapi.json", "getDescription", "This description.", .description, [], Reading.description),
        read("/v1/state", "getState", "Everything at one moment.", EngineState.self, [], Reading.state),
    ]

    private static let jobs: [Route] =
        [
            read("/v1/jobs", "listJobs", "All jobs.", JobList.self, [], Reading.jobs),
            read("/v1/jobs/{name}", "getJob", "One job.", JobState.self, [jobName], Reading.job),
            read(
                "/v1/jobs/{name}/runs", "listRuns", "Finished runs of a job, newest first.", RunList.self,
                [
                    jobName, .query("before", .time, "Runs begun before then."),
                    limit(500, "Runs at most, 50 unless set; more when the last ones began together."),
                ],
                Reading.jobRuns),
            read(
                "/v1/runs/{run}/log", "getRunLog", "The kept log of one run, in pages of whole lines.",
                JobLogPage.self,
                [
                    .path("run", .run, "The run's id."),
                    .query("offset", .integer(0...Parameter.mostNumber), "The page's first byte."),
                ],
                Reading.runLog),
        ]
        + [
            act("/v1/jobs/{name}/run", "runJob", "Runs a job now.", [jobName], Acting.runJob),
            act("/v1/jobs/{name}/cancel", "cancelJob", "Ends a run in seconds.", [jobName], Acting.cancelJob),
            act("/v1/jobs/{name}/pause", "pauseJob", "Pauses a run.", [jobName], Acting.pauseJob),
            act("/v1/jobs/{name}/resume", "resumeJob", "Goes on with a paused run.", [jobName], Acting.resumeJob),
            act("/v1/jobs/{name}/enable", "enableJob", "Lets its schedule start it.", [jobName], Acting.enableJob),
            act("/v1/jobs/{name}/disable", "disableJob", "Nothing starts it any more.", [jobName], Acting.disableJob),
            act("/v1/jobs/{name}/skip", "skipJob", "Leaves out the next planned start.", [jobName], Acting.skipJob),
        ]

    private static let requests = [
        read(
            "/v1/requests", "listRequests", "Questions to the operator.", RequestList.self,
            [
                .query("state", .words(["open", "closed", "all"]), "Which; the open ones unless set."),
                limit(500, "Closed ones at most; 50 unless set."),
            ], Reading.requests),
        read("/v1/requests/{number}", "getRequest", "One request.", Request.self, [requestNumber], Reading.request),
        act(
            "/v1/requests/{number}/answer", "answerRequest", "Answers it; the first answer wins.",
            [requestNumber, .body("word", .text(maxLength: 200), "One of the request's answers.")], Acting.answer),
        act(
            "/v1/requests/{number}/claim", "claimRequest", "\"I am on my way\": ten minutes without reminders.",
            [requestNumber], Acting.claim),
        act(
            "/v1/requests/{number}/postpone", "postponeRequest", "Moves the reminders; the deadline stays.",
            [requestNumber, seconds], Acting.postpone),
    ]

    private static let alerts = [
        read("/v1/alerts", "listAlerts", "What somebody should know or do.", AlertList.self, [], Reading.alerts),
        act(
            "/v1/alerts/{number}/acknowledge", "acknowledgeAlert", "Somebody has seen it.",
            [alertNumber, .body("note", .text(maxLength: 500), "What is done about it.", isRequired: false)],
            Acting.acknowledge),
        act(
            "/v1/alerts/{number}/snooze", "snoozeAlert", "Silent for that long.", [alertNumber, seconds],
            Acting.snooze),
    ]

    private static let mirrors = [
        read("/v1/sets", "listSets", "How the sets stand against their goals.", SetList.self, [], Reading.sets),
        read("/v1/mirrors", "listMirrors", "All mirrors.", MirrorList.self, [], Reading.mirrors),
        read("/v1/mirrors/{name}", "getMirror", "One mirror.", CopyState.self, [mirrorName], Reading.mirror),
        read(
            "/v1/mirrors/{name}/failures", "listFailures", "Failed blobs of a mirror in order of name.",
            BlobFailureList.self,
            [
                mirrorName, .query("after", .blob, "Names after this one."),
                limit(500, "Blobs at most; 100 unless set."),
            ],
            Reading.mirrorFailures),
    ]

    private static let tapes = [
        read("/v1/drives", "listDrives", "All tape drives.", DriveList.self, [], TapeReading.drives),
        read("/v1/drives/{name}", "getDrive", "One tape drive.", DriveState.self, [driveName], TapeReading.drive),
        read(
            "/v1/volumes", "listVolumes", "Volumes in order of label.", VolumeList.self,
            [
                .query("pool", .name, "Of that pool; of all unless set."),
                .query("after", .integer(0...Parameter.mostNumber), "After the volume with this id."),
                limit(200, "Volumes at most; 100 unless set."),
            ], TapeReading.volumes),
        read(
            "/v1/volumes/{label}/contents", "getVolumeContents", "What lies on a volume, a line each.", LineList.self,
            [.path("label", .name, "Its label or barcode.")], TapeReading.contents),
        read(
            "/v1/pools/{name}/next", "getNextTape", "Which tape comes next, and why no other does.", LineList.self,
            [
                .path("name", .name, "The pool's name."), .query("drive", .name, "In that drive; any unless set."),
            ], TapeReading.next),
    ]

    private static let events = [
        read(
            "/v1/events", "listEvents", "Events after a number, oldest first; waits for one when asked.",
            EventList.self,
            [
                since, .query("wait", .number(0...60), "Seconds to wait for the first; 0 unless set."),
                limit(500, "Events at most; 100 unless set."),
            ], EventReading.events),
        read(
            "/v1/events/stream", "streamEvents",
            "Server-sent events without end, each with its number as id; goes on after Last-Event-ID.",
            .serverSentEvents, [since, lastEventID], EventReading.stream),
    ]

    private static let engine = [
        read(
            "/v1/schedule", "getSchedule", "Planned starts.", FiringList.self,
            [.query("days", .integer(1...366), "Of that many days; 14 unless set.")], Reading.schedule),
        read(
            "/v1/audit", "listAudit", "Who ordered what, newest first.", AuditList.self,
            [
                .query("before", .integer(0...Parameter.mostNumber), "Entries before this number."),
                limit(500, "Entries at most; 100 unless set."),
            ], Reading.audit),
        act(
            "/v1/maintenance", "setMaintenance", "Holds jobs and mutes alerts until then; null ends it.",
            [.body("until", .time, "The end.", isNullable: true)], Acting.maintenance),
        act(
            "/v1/drain", "setDrain", "What runs ends, nothing begins.",
            [.body("is_on", .flag, "On unless set.", isRequired: false)], Acting.drain),
        act("/v1/config/reload", "reloadSettings", "Reads the settings again.", [], Acting.reload),
    ]
}

extension RouteTable {
    private static let jobName = Parameter.path("name", .name, "The job's name.")
    private static let mirrorName = Parameter.path("name", .name, "The mirror's name.")
    private static let driveName = Parameter.path("name", .name, "The drive's name.")
    private static let requestNumber = Parameter.path(
        "number", .integer(1...Parameter.mostNumber), "The request's number.")
    private static let alertNumber = Parameter.path("number", .integer(1...Parameter.mostNumber), "The alert's id.")
    private static let since = Parameter.query("since", .integer(0...Parameter.mostNumber), "Events after this number.")
    /// Snoozing and postponing end within a month: nothing is silenced for ever.
    private static let seconds = Parameter.body("seconds", .number(1...2_678_400), "For that long.")
    private static let lastEventID = Parameter(
        name: "Last-Event-ID", place: .header, kind: .integer(0...Parameter.mostNumber), about: "The last event seen.",
        isRequired: false)

    /// Every route that acts takes these.
    private static let ordering = [
        Parameter.body(
            "basis", .integer(0...Parameter.mostNumber), "The state's sequence it was decided on.", isRequired: false),
        Parameter(
            name: "Idempotency-Key", place: .header, kind: .key,
            about: "The order's id: sent twice, it is done once.", isRequired: false),
    ]

    private static func limit(_ most: Int64, _ about: String) -> Parameter {
        .query("limit", .integer(1...most), about)
    }

    private typealias Answering = @Sendable (Call) async throws(Problem) -> Response

    private static func read(
        _ path: String, _ operation: String, _ summary: String, _ type: (some JSONValue).Type,
        _ parameters: [Parameter], _ act: @escaping Answering
    ) -> Route {
        read(path, operation, summary, .json(type.schema), parameters, act)
    }

    private static func read(
        _ path: String, _ operation: String, _ summary: String, _ reply: Route.Reply, _ parameters: [Parameter],
        _ act: @escaping Answering
    ) -> Route {
        Route(
            method: .get, path: path, operation: operation, summary: summary, parameters: parameters, reply: reply,
            act: act)
    }

    private static func act(
        _ path: String, _ operation: String, _ summary: String, _ parameters: [Parameter],
        _ intent: @escaping @Sendable (Call) throws(Problem) -> Intent
    ) -> Route {
        Route(
            method: .post, path: path, operation: operation, summary: summary, parameters: parameters + ordering,
            reply: .json(Accepted.schema)
        ) { call async throws(Problem) -> Response in
            try await Acting.send(intent(call), call)
        }
    }
}
