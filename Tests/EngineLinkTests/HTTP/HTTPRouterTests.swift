import BackupModel
import Testing

@testable import EngineLink

@Suite struct HTTPRouterTests {
    private func prepared(
        _ method: String, _ target: String, _ headers: [String: String] = [:], body: String = "", token: String? = "t"
    ) -> Result<(Route, Call), Problem> {
        do throws(Problem) {
            let request = RawRequest(method: method, target: target, headers: headers, body: Array(body.utf8))
            return .success(try router(token: token).prepare(request))
        } catch {
            return .failure(error)
        }
    }

    private func status(_ result: Result<(Route, Call), Problem>) -> Int {
        switch result {
        case .success: 200
        case .failure(let problem): problem.status
        }
    }

    @Test(arguments: [
        ("/metrics", 200), ("/metrics/", 404), ("/", 404), ("//metrics", 404), ("*", 400),
        ("http:\u{2F}/x/metrics", 400),
        ("/v1/jobs/nightly", 200), ("/v1/jobs/", 400), ("/v1/jobs/a%2Fb", 200), ("/v1/jobs/%zz", 400),
        ("/v1/jobs/..", 200), ("/v1/jobs/n%69ghtly/runs?limit=5", 200), ("/v1/jobs/x/runs?limit=0", 400),
        ("/v1/jobs/x/runs?limit=501", 400), ("/v1/jobs/x/runs?limit=5&limit=6", 400), ("/v1/jobs/x/runs?limt=5", 400),
        ("/v1/jobs/x/runs?before=2026-10-04T14:00:00%2B02:00", 200), ("/v1/jobs/x/runs?before=yesterday", 400),
        ("/v1/runs/0000000000000001/log?offset=7", 200), ("/v1/runs/1/log", 400),
        ("/v1/runs/000000000000000G/log", 400),
        ("/v1/events?since=0&wait=60", 200), ("/v1/events?wait=61", 400), ("/v1/events?wait=nan", 400),
        ("/v1/events?since=-1", 400), ("/v1/events?since=+1", 400), ("/v1/events?since=99999999999999999999", 400),
        ("/v1/events/stream", 200), ("/v1/requests?state=closed", 200), ("/v1/requests?state=lost", 400),
        ("/v1/requests/12", 200), ("/v1/requests/0", 400), ("/v1/requests/twelve", 400), ("/v1/schedule?days=367", 400),
        ("/v1/schedule?%ff=1", 400), ("/v1/schedule?", 200), ("/v1/schedule?&&days=1", 200),
    ])
    func targets(target: String, expected: Int) { #expect(status(prepared("GET", target)) == expected) }

    @Test(arguments: [
        ("POST", "/v1/jobs", "GET, HEAD"), ("GET", "/v1/drain", "POST"), ("DELETE", "/v1/jobs/x", "GET, HEAD"),
        ("OPTIONS", "/metrics", "GET, HEAD"), ("HEAD", "/v1/drain", "POST"),
    ])
    func methods(method: String, target: String, allowed: String) {
        guard case .failure(let problem) = prepared(method, target) else {
            Issue.record("taken")
            return
        }
        #expect(problem.status == 405)
        #expect(problem.headers["Allow"] == allowed)
    }

    @Test(
        "the token of the metrics reads them and nothing else; each address serves its own part",
        arguments: [
            (HTTPPart.everything, "GET", "/metrics", "m", 200), (HTTPPart.everything, "GET", "/metrics", "t", 401),
            (HTTPPart.everything, "GET", "/metrics", "", 401), (HTTPPart.everything, "POST", "/v1/drain", "m", 401),
            (HTTPPart.everything, "POST", "/v1/drain", "t", 200), (HTTPPart.everything, "GET", "/v1/state", "", 200),
            ([.metrics], "GET", "/metrics", "m", 200), ([.metrics], "GET", "/v1/state", "t", 404),
            ([.metrics], "POST", "/v1/drain", "t", 404), ([.metrics], "GET", "/v1/openapi.json", "m", 404),
            ([.api], "GET", "/metrics", "m", 404), ([.api], "POST", "/v1/drain", "t", 200),
        ] as [(Set<HTTPPart>, String, String, String, Int)])
    func parts(parts: Set<HTTPPart>, method: String, target: String, token: String, expected: Int) {
        let headers = token.isEmpty ? [:] : ["authorization": "Bearer " + token]
        let request = RawRequest(method: method, target: target, headers: headers, body: [])
        do throws(Problem) {
            _ = try router(token: "t", metricsToken: "m", parts: parts).prepare(request)
            #expect(expected == 200)
        } catch {
            #expect(error.status == expected)
        }
    }

    @Test(
        "what the engine does not know is 404, what it refuses is not",
        arguments: [
            ("JOB_UNKNOWN", 404), ("MIRROR_UNKNOWN", 404), ("RUN_UNKNOWN", 404), ("REQUEST_UNKNOWN", 404),
            ("ALERT_GONE", 404), ("INTENT_UNKNOWN", 409), ("REQUEST_ANSWERED", 409), ("STATE_CHANGED", 409), ("", 409),
        ])
    func refusals(code: String, expected: Int) {
        let failure = Failure(code: code, side: .engine, message: "m", hint: "h")
        #expect(Problem(failure, otherwise: 409) == Problem(status: expected, code: code, message: "m", hint: "h"))
    }

    @Test(arguments: [
        ("", 200, nil), (#"{"is_on":false}"#, 200, false), (#"{"is_on":"false"}"#, 400, nil),
        (#"{"on":true}"#, 400, nil),
        ("[]", 400, nil), ("{", 400, nil), (#"{"is_on":null}"#, 400, nil), (#"{"is_on":{}}"#, 400, nil),
        (#"{"basis":3}"#, 200, nil), (#"{"basis":-3}"#, 400, nil), (#"{"basis":1.5}"#, 400, nil),
        (#"{"basis":1e400}"#, 400, nil), (#"{"basis":9007199254740991}"#, 200, nil),
        (#"{"basis":9007199254740992}"#, 400, nil), (String(repeating: "[", count: 5000), 400, nil),
    ])
    func bodies(body: String, expected: Int, isOn: Bool?) {
        let headers = ["authorization": "Bearer t", "content-type": "application/json; charset=utf-8"]
        let result = prepared("POST", "/v1/drain", headers, body: body)
        #expect(status(result) == expected)
        if case .success((_, let call)) = result { #expect(call.flag("is_on") == isOn) }
    }

    @Test(
        arguments: [
            (nil, "Bearer t", 403), ("", "Bearer ", 403), ("t", nil, 401), ("t", "t", 401), ("t", "Basic t", 401),
            ("t", "Bearer T", 401), ("t", "Bearer tt", 401), ("t", "Bearer ", 401), ("t", "Bearer t", 200),
            ("t", "bearer t", 200), ("t", "Bearer t, Bearer t", 401),
        ] as [(String?, String?, Int)])
    func tokens(token: String?, given: String?, expected: Int) {
        let headers = given.map { ["authorization": $0] } ?? [:]
        #expect(status(prepared("POST", "/v1/drain", headers, token: token)) == expected)
    }

    @Test(arguments: [("text/plain", 415), ("", 415), ("application/json", 200), ("Application/JSON;x=y", 200)])
    func contentTypes(type: String, expected: Int) {
        let headers = ["authorization": "Bearer t", "content-type": type]
        #expect(status(prepared("POST", "/v1/drain", headers, body: "{}")) == expected)
    }

    @Test(arguments: [("a", 200), ("", 400), ("a b", 400), ("é", 400), (String(repeating: "k", count: 65), 400)])
    func idempotencyKeys(key: String, expected: Int) {
        let headers = ["authorization": "Bearer t", "idempotency-key": key]
        #expect(status(prepared("POST", "/v1/drain", headers)) == expected)
    }

    @Test("every intent comes out as it was meant")
    func intents() async {
        let engine = HTTPFakeEngine()
        let table: [(String, String, Intent)] = [
            ("/v1/jobs/nightly/run", "", .runJob(name: "nightly")),
            ("/v1/jobs/nightly/cancel", "", .cancelJob(name: "nightly")),
            ("/v1/jobs/nightly/pause", "{}", .pauseJob(name: "nightly")),
            ("/v1/jobs/nightly/resume", "", .resumeJob(name: "nightly")),
            ("/v1/jobs/nightly/enable", "", .enableJob(name: "nightly", isEnabled: true)),
            ("/v1/jobs/nightly/disable", "", .enableJob(name: "nightly", isEnabled: false)),
            ("/v1/jobs/nightly/skip", "", .skipNext(job: "nightly")),
            ("/v1/requests/12/answer", #"{"word":"attached"}"#, .answer(request: 12, word: "attached")),
            ("/v1/requests/12/claim", "", .claim(request: 12)),
            ("/v1/requests/12/postpone", #"{"seconds":60}"#, .postpone(request: 12, seconds: 60)),
            ("/v1/alerts/4/acknowledge", #"{"note":"mine\u001b"}"#, .acknowledge(alert: 4, note: "mine\\e")),
            ("/v1/alerts/4/snooze", #"{"seconds":1.5}"#, .snooze(alert: 4, seconds: 1.5)),
            ("/v1/maintenance", #"{"until":null}"#, .maintenance(until: nil)),
            (
                "/v1/maintenance", #"{"until":"2026-10-04T15:00:00Z"}"#,
                .maintenance(until: .noon.adding(seconds: 3600))
            ),
            ("/v1/drain", "", .drain(isOn: true)), ("/v1/config/reload", "", .reloadSettings),
        ]
        for (index, (path, body, intent)) in table.enumerated() {
            let headers = [
                "authorization": "Bearer secret", "content-type": "application/json", "idempotency-key": "k\(index)",
            ]
            let request = RawRequest(method: "POST", target: path, headers: headers, body: Array(body.utf8))
            let response = await router(engine: engine).respond(to: request)
            #expect(response.status == (path.hasSuffix("pause") ? 409 : 200))
            #expect(engine.orders.last?.intent == intent)
            #expect(engine.orders.last?.id == "k\(index)")
            #expect(engine.orders.last?.by.via == "api")
        }
    }

    @Test(arguments: [
        ("localhost", true), ("LOCALHOST:80", true), ("127.0.0.1", true), ("127.9.0.1:9464", true), ("[::1]", true),
        ("[::1]:9464", true), ("evil.example", false), ("127.0.0.1.evil.example", false), ("127.0.0.1:x", false),
        ("localhost.evil.example", false), ("127.0.0", false), ("::1", false), ("", false), ("[::1]x", false),
        ("0.0.0.0", false), ("127.0.0.+1", false), ("[::1", false), ("127.0.0.256", false),
    ])
    func hosts(header: String, isOurs: Bool) { #expect(isLoopback(hostHeader: header) == isOurs) }

    @Test(
        arguments: [
            ("127.0.0.1:9464", HTTPAddress.tcp(host: "127.0.0.1", port: 9464)), ("[::1]:1", .tcp(host: "::1", port: 1)),
            ("localhost:0", .tcp(host: "localhost", port: 0)), ("/run/x.sock", .unix(path: "/run/x.sock")),
            ("0.0.0.0:9464", nil), ("192.0.2.1:80", nil), ("127.0.0.1", nil), (":9464", nil), ("127.0.0.1:65536", nil),
        ] as [(String, HTTPAddress?)])
    func addresses(text: String, address: HTTPAddress?) {
        #expect(HTTPAddress(text) == address)
        if let address { #expect(address.description == text && address.isLocal) }
    }

    @Test(arguments: [("a", "a", true), ("a", "b", false), ("", "a", false), ("a", "", false), ("aa", "a", false)])
    func secretsAreCompared(given: String, secret: String, isEqual: Bool) {
        #expect(isEqualInConstantTime(given.utf8, secret.utf8) == isEqual)
    }
}
