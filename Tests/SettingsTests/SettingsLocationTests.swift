import BackupModel
import Settings
import Testing

@Suite struct SettingsLocationTests {
    struct Case: CustomTestStringConvertible {
        var testDescription: String
        var environment: [String: String]
        var uid: UInt32
        /// Settings, state, runtime.
        var expected: [String]
    }

    static let cases = [
        Case(
            testDescription: "root without variables", environment: ["HOME": "/root"], uid: 0,
            expected: ["/etc/holdfast", "/var/lib/holdfast", "/run/holdfast"]),
        Case(
            testDescription: "the variables win for root too",
            environment: ["XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s/", "XDG_RUNTIME_DIR": "/r", "HOME": "/root"],
            uid: 0, expected: ["/c/holdfast", "/s/holdfast", "/r/holdfast"]),
        Case(
            testDescription: "root's sockets stay where its unit has them",
            environment: ["XDG_STATE_HOME": "/s", "XDG_RUNTIME_DIR": ""], uid: 0,
            expected: ["/etc/holdfast", "/s/holdfast", "/run/holdfast"]),
        Case(
            testDescription: "a user", environment: ["HOME": "/home/ana", "XDG_RUNTIME_DIR": "/run/user/7"], uid: 7,
            expected: ["/home/ana/.config/holdfast", "/home/ana/.local/state/holdfast", "/run/user/7/holdfast"]),
        Case(
            testDescription: "relative and empty variables count as unset",
            environment: ["HOME": "/home/ana", "XDG_CONFIG_HOME": "c", "XDG_STATE_HOME": "", "XDG_RUNTIME_DIR": "~/r"],
            uid: 7,
            expected: [
                "/home/ana/.config/holdfast", "/home/ana/.local/state/holdfast", "/home/ana/.local/state/holdfast/run",
            ]),
    ]

    @Test(arguments: cases) func folders(example: Case) throws {
        let location = try SettingsLocation(environment: example.environment, uid: example.uid)
        #expect([location.settingsFolder, location.stateFolder, location.runtimeFolder] == example.expected)
        #expect(location.settingsFile == example.expected[0] + "/holdfast.toml")
        #expect(location.mirrorIndex("cold") == example.expected[1] + "/mirrors/cold.sqlite")
    }

    @Test(arguments: [[:], ["HOME": "relative"]]) func nowhereToLive(environment: [String: String]) {
        #expect(throws: Failure.self) { try SettingsLocation(environment: environment, uid: 7) }
    }

    @Test func themesByNameOrPath() throws {
        let location = try SettingsLocation(environment: [:], uid: 0)
        #expect(location.themeFile("dark") == "/etc/holdfast/themes/dark.toml")
        #expect(location.themeFile("/srv/dark.toml") == "/srv/dark.toml")
    }
}
