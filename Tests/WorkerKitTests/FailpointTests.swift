import Testing

@testable import WorkerKit

@Suite("Failpoints")
struct FailpointTests {
    @Test(
        "The variable is understood or refused",
        arguments: [
            ("K6:kill", ["K6 kill 1"]), ("K6:kill:37,K9:exit", ["K6 kill 37", "K9 exit 1"]), ("K6", nil),
            ("K6:burn", nil), ("K6:kill:0", nil), ("K6:kill:x", nil), (":kill", nil), ("K6:kill:1:2", nil),
        ] as [(String, [String]?)])
    func parse(text: String, expected: [String]?) {
        #expect(FailpointPlan(text)?.points.map { "\($0.name) \($0.action) \($0.hit)" } == expected)
    }

    @Test("Only the hit asked for strikes")
    func hits() throws {
        let plan = try #require(FailpointPlan("K6:kill:3"))
        #expect((1...5).map { _ in plan.next("K6") } == [nil, nil, .kill, nil, nil])
        #expect(plan.next("K7") == nil)
    }

    @Test("Without the variables nothing happens")
    func inert() {
        Failpoint.hit("K1")
        #expect(!Failpoint.omits("barrier1"))
    }

    @Test("A point kills the process by signal")
    func kills() async {
        await #expect(processExitsWith: .signal(9)) {
            FailpointPlan("K2:kill:2")?.hit("K2")
            FailpointPlan("K1:exit:2")?.hit("K1")
            let plan = FailpointPlan("K2:kill:2")
            plan?.hit("K2")
            plan?.hit("K2")
        }
    }
}
