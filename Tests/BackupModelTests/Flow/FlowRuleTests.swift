import BackupModel
import Testing

@Suite("Flow rules as words")
struct FlowRuleTests {
    @Test(
        "words and back",
        arguments: [
            ("paced", FlowRule.paced), ("adaptive", .adaptive), ("watermark(80, 20)", .watermark(high: 80, low: 20)),
            ("watermark(100, 0)", .watermark(high: 100, low: 0)),
        ])
    func words(text: String, rule: FlowRule) throws {
        #expect(try FlowRule(text) == rule)
        #expect(rule.description == text)
    }

    @Test("blanks inside the brackets are free", arguments: ["watermark(80,20)", "watermark( 80 , 20 )"])
    func blanks(text: String) throws {
        #expect(try FlowRule(text) == .watermark(high: 80, low: 20))
    }

    @Test(
        "anything else is refused with what to write",
        arguments: [
            ("", FlowRuleProblem.unknown), ("Paced", .unknown), ("watermark", .unknown), ("watermark(80, 20", .unknown),
            ("watermark()", .notTwoMarks), ("watermark(80)", .notTwoMarks), ("watermark(80, 20, 3)", .notTwoMarks),
            ("watermark(8O, 20)", .notTwoMarks), ("watermark(-1, 20)", .notTwoMarks),
            ("watermark(8 0, 2)", .notTwoMarks),
            ("watermark(20, 80)", .wrongMarks), ("watermark(50, 50)", .wrongMarks), ("watermark(101, 0)", .wrongMarks),
            ("watermark(0, 0)", .wrongMarks), ("watermark(99999999999999999999999, 0)", .notTwoMarks),
        ])
    func refused(text: String, problem: FlowRuleProblem) {
        #expect(throws: problem) { try FlowRule(text) }
        #expect(problem.message.contains("watermark(80, 20)"))
    }

    @Test("paced is the default where the drive's range is known")
    func standard() {
        #expect(FlowRule.standard(rangeIsKnown: true) == .paced)
        #expect(FlowRule.standard(rangeIsKnown: false) == .adaptive)
    }
}
