import BackupModel
import Foundation
import Testing

@testable import EngineLink

@Suite struct HTTPDescriptionTests {
    /// Made again with `HOLDFAST_WRITE_OPENAPI=1`.
    @Test func theKeptDescriptionIsTheServedOne() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Docs/openapi.json").standardizedFileURL
        let text = openAPIDescription()
        if ProcessInfo.processInfo.environment["HOLDFAST_WRITE_OPENAPI"] != nil {
            try Data(text.utf8).write(to: file)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text, "Docs/openapi.json is old")
    }

    @Test func everyObjectIsClosedAndEveryReferenceLeadsSomewhere() throws {
        let root = try #require(
            try JSONSerialization.jsonObject(with: Data(openAPIDescription().utf8)) as? [String: Any])
        let components = try #require(root["components"] as? [String: Any])
        let schemas = try #require(components["schemas"] as? [String: [String: Any]])
        #expect(schemas.count > 30)
        for (name, schema) in schemas {
            #expect(schema["additionalProperties"] as? Bool == false, "\(name) is free-form")
            let properties = try #require(schema["properties"] as? [String: Any], "\(name)")
            for field in properties.keys { #expect(field.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil, "\(name).\(field)") }
        }
        let responses = try #require(components["responses"] as? [String: Any])
        for match in openAPIDescription().matches(of: /"#\/components\/(schemas|responses)\/(\w+)"/) {
            let isThere = match.1 == "schemas" ? schemas[String(match.2)] != nil : responses[String(match.2)] != nil
            #expect(isThere, "\(match.0)")
        }
    }

    @Test func operationsAreNamedOnceAndPathsNeverMeet() {
        #expect(Set(RouteTable.all.map(\.operation)).count == RouteTable.all.count)
        #expect(Set(RouteTable.all.map { $0.method.rawValue + $0.path }).count == RouteTable.all.count)
    }

    @Test(
        "times are read as RFC 3339 has them, and nothing else",
        arguments: [
            ("2026-10-04T14:00:00Z", WallTime.noon.milliseconds),
            ("2026-10-04T16:00:00+02:00", WallTime.noon.milliseconds),
            ("2026-10-04t13:30:00.250-00:30", WallTime.noon.milliseconds + 250), ("1970-01-01T00:00:00Z", 0),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000), ("2023-02-29T00:00:00Z", nil), ("2026-10-04 14:00:00Z", nil),
            ("2026-10-04T14:00:00", nil), ("2026-10-04T24:00:00Z", nil), ("2026-13-04T14:00:00Z", nil),
            ("2026-10-04T14:00:00.Z", nil), ("2026-10-04T14:00:00+2:00", nil), ("2026-10-04T14:00:00Zx", nil),
            ("０026-10-04T14:00:00Z", nil), ("0000-01-01T00:00:00Z", -62_167_219_200_000), ("", nil),
        ] as [(String, Int64?)])
    func times(text: String, milliseconds: Int64?) {
        #expect(WallTime(rfc3339: text)?.milliseconds == milliseconds)
    }

    @Test func timesGoRound() {
        for day in stride(from: Int64(-719_162), to: 2_900_000, by: 997) {
            let time = WallTime(milliseconds: day * 86_400_000 + 86_399_123)
            #expect(WallTime(rfc3339: time.iso8601(milliseconds: true)) == time)
        }
    }

    @Test(arguments: [
        (JSON.string("a\"\\\n\u{1}\u{2028}é"), #""a\"\\\n\u0001\u2028é""#), (.number(.infinity), "0"),
        (.number(2), "2"), (.number(0.25), "0.25"), (.array([]), "[]"), (.members(["a": .null]), #"{"a":null}"#),
    ])
    func jsonText(value: JSON, text: String) { #expect(value.text == text) }
}
