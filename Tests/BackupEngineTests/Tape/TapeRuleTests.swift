import BackupModel
import Testing

@testable import BackupEngine

private func row(_ label: String, id: Int64 = 1, state: Volume.State = .appendable, archives: Int = 1) -> VolumeRow {
    var row = VolumeRow(id: id, volume: Volume(label: label, nonce: "n", pool: "archive", state: state))
    row.archives = archives
    row.volume.lastWrittenAt = start
    row.volume.generation = .lto6
    return row
}

@Suite struct VerifyChoiceTests {
    @Test("read back is what never was, then what was longest ago; what is empty, foreign or fresh is not")
    func due() {
        var never = row("NEVER", id: 5)
        never.verifiedAt = nil
        var old = row("OLD", id: 1)
        old.verifiedAt = start.adding(seconds: 60)
        var changed = row("CHANGED", id: 2)
        changed.verifiedAt = start.adding(seconds: -60)
        var fresh = row("FRESH", id: 3)
        fresh.verifiedAt = start.adding(seconds: 200 * 86_400)
        let rows = [
            fresh, old, changed, never, row("NOTHING", archives: 0), row("FOREIGN", state: .foreign),
            row("", state: .unlabelled),
        ]
        #expect(VerifyChoice.due(rows, now: start.adding(seconds: 200 * 86_400)) == ["NEVER", "CHANGED", "OLD"])
        #expect(VerifyChoice.due(rows, now: start.adding(seconds: 86_400)) == ["NEVER", "CHANGED"])
    }
}

@Suite struct TapeNeedsTests {
    private let pool = Pool(name: "archive")

    private func lines(_ volumes: [VolumeRow], sizes: [Int64], enabled: Bool = true, hours: Double = 2) -> [String] {
        var job = JobSettings(name: "films", kind: .tapeArchive)
        job.tape.pool = "archive"
        var state = JobState(name: "films", kind: .tapeArchive)
        (state.sizes, state.isEnabled) = (sizes, enabled)
        let firing = Firing(job: "films", at: start.adding(seconds: hours * 3600))
        var drive = DriveState(name: "lto6", at: start)
        drive.generation = "LTO-6"
        return TapeNeeds.lines(
            [job], states: [state], firings: [firing], supplies: PoolSupply.byPool([pool], volumes, drives: [drive]),
            now: start)
    }

    private func volume(_ label: String, free: Int64, place: VolumePlace = .slot(library: "shelf", number: 1))
        -> VolumeRow
    {
        var row = row(label)
        row.volume.capacity = 1000
        row.volume.used = 1000 - free
        row.volume.place = place
        return row
    }

    @Test("tonight is short when what lies in reach is less than what the job wrote of late")
    func short() throws {
        #expect(lines([volume("A", free: 500)], sizes: [400]) == [])
        #expect(lines([volume("A", free: 300), volume("B", free: 300)], sizes: [100, 400]) == [])
        let line = try #require(
            lines([volume("A", free: 300), volume("B", free: 900, place: .shelf(""))], sizes: [400]).first)
        #expect(line.contains("films at") && line.contains("short in pool archive") && line.hasSuffix("put in B"))
        #expect(lines([], sizes: []).first?.hasSuffix("no tape in pool archive; put in a blank one") == true)
    }

    @Test("jobs that do not run tonight, and tapes that cannot be written, do not count")
    func others() {
        #expect(lines([], sizes: [400], enabled: false) == [])
        #expect(lines([], sizes: [400], hours: 30) == [])
        var full = volume("A", free: 900)
        full.volume.state = .full
        var worn = volume("B", free: 900)
        worn.volume.isWorn = true
        var newer = volume("C", free: 900)
        newer.volume.generation = .lto9
        var other = volume("D", free: 900)
        other.volume.pool = "nightly"
        #expect(lines([full, worn, newer, other], sizes: [400]).count == 1)
    }

    @Test("a volume of unknown size may be enough: nobody is sent for a tape that is not missing")
    func unknown() {
        var unknown = volume("A", free: 0)
        (unknown.volume.capacity, unknown.volume.generation) = (nil, nil)
        #expect(lines([unknown], sizes: [400]) == [])
    }
}

@Suite struct TapeAlertRuleTests {
    private func judge(_ change: (inout DriveState) -> Void, needs: [String] = []) -> [String: BackupModel.Severity] {
        var drive = DriveState(name: "lto9", at: start)
        change(&drive)
        var state = EngineState(host: "h", version: "0", startedAt: start, at: start)
        state.tape = TapeState()
        state.tape?.drives = [drive]
        state.tape?.needs = needs
        let met = AlertRules().judge(state, facts: AlertFacts(), now: start).met
        return Dictionary(met.map { ($0.failure.code, $0.severity) }) { $1 }
    }

    @Test("what a drive is an alert for, and how loud")
    func alerts() {
        #expect(judge { _ in } == [:])
        #expect(judge { $0.health.alerts = [3] } == ["TAPE_ALERT": .warn])
        #expect(judge { $0.health.alerts = [3, 4] } == ["TAPE_ALERT": .error])
        // Information only: nobody is woken for it.
        #expect(judge { $0.health.alerts = [10, 11] } == [:])
        // F5: no failure.
        #expect(judge { $0.health.alerts = [20] } == ["TAPE_CLEANING": .warn])
        #expect(
            judge {
                $0.health.alerts = [20]
                $0.standing = .cleaning
            } == [:])
        #expect(judge { $0.standing = .trouble("it does not answer") } == ["DRIVE_TROUBLE": .error])
        #expect(judge({ _ in }, needs: ["films at night: no tape"]) == ["TAPE_SHORT": .warn])
        #expect(
            judge {
                $0.stream = StreamState(archive: "", since: start, blockSize: 1)
                $0.stream?.counts.backHitches = 101
            } == ["TAPE_UNDERRUN": .warn])
    }

    @Test("an alert read from a drive ends with its cause, and stands while nobody can look")
    func ends() {
        var state = EngineState(host: "h", version: "0", startedAt: start, at: start)
        state.tape = TapeState()
        var drive = DriveState(name: "lto9", at: start)
        drive.health.alerts = [4]
        state.tape?.drives = [drive]
        var board = AlertBoard()
        _ = board.judge(state, now: start)
        #expect(board.open.map(\.failure.code) == ["TAPE_ALERT"])
        drive.health.alerts = []
        drive.standing = .held(by: "mt (4711)")
        state.tape?.drives = [drive]
        _ = board.judge(state, now: start)
        #expect(board.open.map(\.failure.code) == ["TAPE_ALERT"])
        drive.standing = .empty
        state.tape?.drives = [drive]
        _ = board.judge(state, now: start)
        #expect(board.open == [])
    }
}
