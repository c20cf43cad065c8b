import BackupModel
import Testing

@Suite struct TapeAlertTests {
    @Test func everyFlagHasWordsAndNoOtherNumberDoes() {
        for flag in 1...64 { #expect(TapeAlert(flag)?.words.isEmpty == false) }
        for flag in [Int.min, -1, 0, 65, Int.max] { #expect(TapeAlert(flag) == nil) }
    }

    @Test(
        "F3 F5 F34 what a flag asks for",
        arguments: [
            // flag, stops writing, condemns the cartridge, wants cleaning
            (2, false, false, false), (6, true, true, false), (7, false, false, false), (9, true, false, false),
            (14, true, true, false), (20, false, false, true), (21, false, false, true), (22, false, false, false),
            (30, true, false, false), (50, false, false, false), (64, false, false, false),
        ])
    func consequences(flag: Int, stops: Bool, condemns: Bool, cleaning: Bool) throws {
        let alert = try #require(TapeAlert(flag))
        #expect(alert.stopsWriting == stops)
        #expect(alert.condemnsMedium == condemns)
        #expect(alert.wantsCleaning == cleaning)
    }

    @Test func theGravestComesFirst() {
        #expect(TapeAlert.all([11, 3, 99, 30, 5]).map(\.flag) == [5, 30, 3, 11])
    }
}
